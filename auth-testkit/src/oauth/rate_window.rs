//! How many calls there were in the current minute.

use std::time::{Duration, SystemTime};

const MINUTE: Duration = Duration::from_secs(60);

/// A minute that begins with its first call.
#[derive(Debug, Default)]
pub(crate) struct RateWindow {
    /// When it has begun, and the calls since then.
    current: Option<(SystemTime, u32)>,
}

impl RateWindow {
    /// Counts a call.
    ///
    /// # Errors
    ///
    /// When there were this number of calls before: the time until the minute ends.
    pub(crate) fn enter(&mut self, limit: u32, now: SystemTime) -> Result<(), Duration> {
        let (begun, calls) = match self.current {
            // A clock that was set back begins another.
            Some((begun, calls)) if now >= begun && now < begun + MINUTE => (begun, calls),
            _ => (now, 0),
        };
        self.current = Some((begun, calls.saturating_add(1)));
        match calls < limit {
            true => Ok(()),
            false => Err((begun + MINUTE).duration_since(now).unwrap_or_default()),
        }
    }
}
