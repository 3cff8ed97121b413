//! [`CatchUpBuilder`]: the settings of [`CatchUp`].

use std::sync::Arc;
use std::time::Duration;

use auth_core::error::{ConfigError, ConfigErrors};

use super::runner::{CatchUp, Settings};
use super::source::EventSource;
use crate::webhooks::processor::EventProcessor;

/// The longest lifetime of an access token at Scalekit.
const LONGEST_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

const OVERLAP: Duration = Duration::from_secs(10 * 60);

/// Settings of [`CatchUp`].
#[derive(Debug)]
#[must_use = "call build() to get it"]
pub struct CatchUpBuilder {
    source: Arc<dyn EventSource>,
    processor: EventProcessor,
    interval: Duration,
    overlap: Duration,
    lookback: Duration,
    max_pages: usize,
}

impl CatchUpBuilder {
    pub(super) fn new(source: Arc<dyn EventSource>, processor: EventProcessor) -> Self {
        Self {
            source,
            processor,
            interval: Duration::from_secs(5 * 60),
            overlap: OVERLAP,
            lookback: LONGEST_LIFETIME + OVERLAP,
            max_pages: 1000,
        }
    }

    /// How often events are read: 1 s to 24 h, default 5 min.
    pub fn every(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self
    }

    /// How long before the start of the last successful pass the next one begins, up to 24 h, default 10 min: for
    /// events that are listed late, and for clocks that differ.
    pub fn overlap(mut self, time: Duration) -> Self {
        self.overlap = time;
        self
    }

    /// How far back the first pass of a process begins: 1 s to 30 days, default 24 h and 10 min: the longest lifetime
    /// of an access token, and clocks that differ. Earlier events revoke nothing that is still valid; a handler may
    /// need more.
    pub fn lookback(mut self, time: Duration) -> Self {
        self.lookback = time;
        self
    }

    /// How many pages a pass may read: 1 to 100,000, default 1000. The next pass continues after them.
    pub fn max_pages(mut self, pages: usize) -> Self {
        self.max_pages = pages;
        self
    }

    /// Validates the settings.
    ///
    /// # Errors
    ///
    /// [`ConfigErrors`] with every setting that is out of range.
    pub fn build(self) -> Result<CatchUp, ConfigErrors> {
        let (second, day) = (Duration::from_secs(1), LONGEST_LIFETIME);
        let mut errors = ConfigErrors::default();
        let mut vet = |setting, is_valid: bool, range| {
            if !is_valid {
                let problem = format!("is out of range: choose {range}");
                errors.push(ConfigError::new(setting, problem));
            }
        };
        vet(
            "every",
            (second..=day).contains(&self.interval),
            "1 s to 24 h",
        );
        vet("overlap", self.overlap <= day, "up to 24 h");
        let is_valid = (second..=30 * day).contains(&self.lookback);
        vet("lookback", is_valid, "1 s to 30 days");
        let is_valid = (1..=100_000).contains(&self.max_pages);
        vet("max_pages", is_valid, "1 to 100000");
        errors.into_result()?;
        Ok(CatchUp::from_settings(Settings {
            source: self.source,
            processor: self.processor,
            interval: self.interval,
            overlap: self.overlap,
            lookback: self.lookback,
            max_pages: self.max_pages,
        }))
    }
}
