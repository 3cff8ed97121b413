//! [`Latest`]: the generation of the latest answer, without a look at the cache.
//!
//! Every request with a cached token reads it. A lookup in the shared map of answers would cost more than the
//! rest of such a request.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The generation of the latest answer, until that answer is due for renewal.
#[derive(Debug, Default)]
pub(super) struct Latest {
    generation: AtomicU64,
    /// In nanoseconds of the monotonic clock.
    fresh_until: AtomicU64,
}

impl Latest {
    /// Records an answer that is already in the cache.
    pub(super) fn set(&self, generation: u64, fresh_until: Duration) {
        let nanoseconds = u64::try_from(fresh_until.as_nanos()).unwrap_or(u64::MAX);
        self.generation.store(generation, Ordering::Release);
        // Last: a reader that sees the new time sees the new generation, too.
        self.fresh_until.store(nanoseconds, Ordering::Release);
    }

    /// The generation of an answer that is not due for renewal; `None` when the caller must look up the
    /// answer.
    pub(super) fn fresh(&self, now: Duration) -> Option<u64> {
        let fresh_until = self.fresh_until.load(Ordering::Acquire);
        let is_fresh = now.as_nanos() < u128::from(fresh_until);
        is_fresh.then(|| self.generation.load(Ordering::Acquire))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fresh_until_its_time_and_not_at_it() {
        let latest = Latest::default();
        assert_eq!(latest.fresh(Duration::ZERO), None, "there is none");
        for (generation, until) in [(1, 10), (2, 20), (3, 5)] {
            let until = Duration::from_secs(until);
            latest.set(generation, until);
            let before = until.saturating_sub(Duration::from_nanos(1));
            assert_eq!(latest.fresh(before), Some(generation));
            assert_eq!(latest.fresh(until), None);
        }
        latest.set(4, Duration::MAX);
        let long = Duration::from_secs(500 * 365 * 86_400);
        assert_eq!(latest.fresh(long), Some(4), "584 years are enough");
        assert_eq!(latest.fresh(Duration::MAX), None);
    }
}
