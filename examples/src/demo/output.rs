//! Prints what happens, and keeps count of what did not.

use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Instant;

/// The demo's output. Shared by the parts of the demo and the client's reporter.
pub struct Script {
    started: Instant,
    bold: bool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    kept: usize,
    broken: Vec<String>,
}

impl Script {
    /// A script that has begun now.
    #[must_use]
    pub fn new() -> Self {
        Self {
            started: Instant::now(),
            bold: io::stdout().is_terminal(),
            state: Mutex::default(),
        }
    }

    /// A heading: a step, or a group of refusals.
    pub fn heading(&self, text: &str) {
        if self.bold {
            self.line(&format!("\n\x1b[1m{text}\x1b[0m"));
        } else {
            self.line(&format!("\n{text}"));
        }
    }

    /// Lines as they are.
    pub fn line(&self, text: &str) {
        // A closed pipe is no reason to panic.
        let _ = writeln!(io::stdout().lock(), "{text}");
    }

    /// Says whether what was promised has happened.
    pub fn check(&self, promise: &str, kept: bool) {
        self.line(&format!(
            "  {} {promise}",
            if kept { "ok  " } else { "FAIL" }
        ));
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if kept {
            state.kept += 1;
        } else {
            state.broken.push(promise.into());
        }
    }

    /// Sums up; returns whether every promise was kept, and there was one.
    #[must_use]
    pub fn finish(&self) -> bool {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let seconds = self.started.elapsed().as_secs_f64();
        self.heading(&format!(
            "{} of {} checks passed in {seconds:.2} s",
            state.kept,
            state.kept + state.broken.len()
        ));
        for promise in &state.broken {
            self.line(&format!("  FAIL {promise}"));
        }
        state.broken.is_empty() && state.kept > 0
    }
}

impl Default for Script {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Script").finish_non_exhaustive()
    }
}
