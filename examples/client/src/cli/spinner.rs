//! A line on the terminal while the client waits for the login in the browser.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressStyle};

use super::terminal;
use crate::events::Progress;

const TICK: Duration = Duration::from_millis(120);

/// The line; without a terminal nothing is shown.
pub(crate) struct Spinner {
    limit: Duration,
    bar: Mutex<Option<ProgressBar>>,
}

impl Spinner {
    pub(crate) fn new(limit: Duration) -> Self {
        Self {
            limit,
            bar: Mutex::default(),
        }
    }

    /// Prints a message above the line.
    pub(crate) fn note(&self, text: &str) {
        let bar = self.bar.lock().unwrap_or_else(PoisonError::into_inner);
        match &*bar {
            Some(bar) => bar.suspend(|| terminal::note(text)),
            None => terminal::note(text),
        }
    }

    /// Shows the line from the authorization URL until the redirect.
    pub(crate) fn follow(&self, event: &Progress) {
        match event {
            Progress::Authorization(authorize) if authorize.by_hand() => self.begin(),
            Progress::Callback { .. } => self.end(),
            _ => {}
        }
    }

    fn begin(&self) {
        let seconds = self.limit.as_secs();
        let template = format!(
            "{{spinner}} waiting for the login in the browser, {{elapsed}} of {seconds}s; ctrl-c ends it"
        );
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template(&template) {
            bar.set_style(style);
        }
        bar.enable_steady_tick(TICK);
        *self.bar.lock().unwrap_or_else(PoisonError::into_inner) = Some(bar);
    }

    fn end(&self) {
        let bar = self
            .bar
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(bar) = bar {
            bar.finish_and_clear();
        }
    }
}

impl Drop for Spinner {
    fn drop(&mut self) {
        self.end();
    }
}
