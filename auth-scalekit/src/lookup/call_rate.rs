//! [`CallRate`]: how many calls a minute are made for tokens that the issuer has not accepted before.
//!
//! An issuer may limit all calls of this server together. Without a separate limit, strangers would use it up, and
//! tokens that were accepted before could not be verified again.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A budget of calls that fills up evenly, by the monotonic clock.
pub(crate) struct CallRate {
    /// The time in which one call more becomes available.
    every: Duration,
    /// The time in which the empty budget fills up.
    full: Duration,
    /// When the budget is full. A call moves it on by `every`.
    full_at: Mutex<Duration>,
}

impl CallRate {
    const MINUTE: Duration = Duration::from_secs(60);

    /// At most `calls` at once, and as many in every minute after that; at least one.
    pub(crate) fn per_minute(calls: u32) -> Self {
        Self {
            every: Self::MINUTE / calls.max(1),
            full: Self::MINUTE,
            full_at: Mutex::default(),
        }
    }

    /// Takes one call.
    ///
    /// # Errors
    ///
    /// How long there is none.
    pub(super) fn take(&self, now: Duration) -> Result<(), Duration> {
        let mut full_at = self.full_at();
        *full_at = self.after_one_more(*full_at, now)?;
        Ok(())
    }

    /// Whether there is one, without taking it.
    ///
    /// # Errors
    ///
    /// How long there is none.
    pub(super) fn check(&self, now: Duration) -> Result<(), Duration> {
        self.after_one_more(*self.full_at(), now).map(|_| ())
    }

    fn after_one_more(&self, full_at: Duration, now: Duration) -> Result<Duration, Duration> {
        let next = full_at.max(now).saturating_add(self.every);
        match next.checked_sub(now.saturating_add(self.full)) {
            Some(wait) if !wait.is_zero() => Err(wait),
            _ => Ok(next),
        }
    }

    fn full_at(&self) -> MutexGuard<'_, Duration> {
        self.full_at.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_fills_up_evenly() {
        let seconds = Duration::from_secs;
        let rate = CallRate::per_minute(3);
        for _ in 0..3 {
            assert_eq!(rate.check(seconds(5)), Ok(()), "it takes none");
            assert_eq!(rate.take(seconds(5)), Ok(()));
        }
        assert_eq!(rate.check(seconds(5)), Err(seconds(20)));
        assert_eq!(rate.take(seconds(5)), Err(seconds(20)));
        assert_eq!(rate.take(seconds(24)), Err(seconds(1)));
        assert_eq!(rate.take(seconds(25)), Ok(()));
        assert_eq!(rate.take(seconds(25)), Err(seconds(20)));
        // It does not get fuller than full.
        for _ in 0..3 {
            assert_eq!(rate.take(seconds(1000)), Ok(()));
        }
        assert_eq!(rate.take(seconds(1000)), Err(seconds(20)));
    }

    #[test]
    fn what_is_refused_takes_nothing() {
        let rate = CallRate::per_minute(1);
        assert_eq!(rate.take(Duration::ZERO), Ok(()));
        for _ in 0..100 {
            assert!(rate.take(Duration::ZERO).is_err());
        }
        assert_eq!(rate.take(CallRate::MINUTE), Ok(()));
    }
}
