//! [`Latest`]: which answer is the latest, for those who need nothing else of it.
//!
//! Every request with a known token asks this. The answers themselves stand in a map that many
//! look into, which costs more than all else that such a request needs.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The generation of the latest answer, for as long as that answer is not to be renewed.
#[derive(Debug, Default)]
pub(super) struct Latest {
    generation: AtomicU64,
    /// In nanoseconds of the monotonic clock.
    fresh_until: AtomicU64,
}

impl Latest {
    /// An answer of this generation has come, and stands where it can be found.
    pub(super) fn set(&self, generation: u64, fresh_until: Duration) {
        let nanoseconds = u64::try_from(fresh_until.as_nanos()).unwrap_or(u64::MAX);
        self.generation.store(generation, Ordering::Release);
        // Last: whoever sees the new time sees the new generation too.
        self.fresh_until.store(nanoseconds, Ordering::Release);
    }

    /// The generation of an answer that needs no renewal; `None` when one must take a look at the
    /// answer itself, if there is any.
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
