//! [`StreamRules`]: the settings of open streams.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// The limits of open streams.
#[derive(Debug)]
pub(super) struct StreamRules {
    /// How long a stream may stay open after its token has expired.
    pub(super) leeway: Duration,
    /// How often its token is verified again.
    pub(super) recheck_every: Duration,
    /// How many streams were opened so far.
    begun: AtomicU32,
}

impl Default for StreamRules {
    /// 60 s each: the leeway of `exp` itself, and how long verifiers cache a token.
    fn default() -> Self {
        Self {
            leeway: Duration::from_secs(60),
            recheck_every: Duration::from_secs(60),
            begun: AtomicU32::new(0),
        }
    }
}

impl StreamRules {
    /// More often than a verifier learns anything new.
    pub(super) const MIN_RECHECK: Duration = Duration::from_secs(1);

    /// The wait before the first verification: between half of the interval and all of it,
    /// different for each stream, so that streams that were opened together are not verified
    /// together.
    pub(super) fn first_wait(&self) -> Duration {
        // Multiples of the golden ratio are spread evenly, for any number of streams.
        const GOLDEN: u32 = 0x9e37_79b9;
        let begun = self.begun.fetch_add(1, Ordering::Relaxed);
        let share = f64::from(begun.wrapping_mul(GOLDEN)) / f64::from(u32::MAX);
        // Halved first, so that the product cannot overflow.
        let half = self.recheck_every / 2;
        self.recheck_every.saturating_sub(half.mul_f64(share))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_of_any_length_has_a_first_wait() {
        for recheck_every in [Duration::from_secs(1), Duration::MAX, Duration::MAX / 2] {
            let rules = StreamRules {
                recheck_every,
                ..StreamRules::default()
            };
            for _ in 0..100 {
                let wait = rules.first_wait();
                assert!(
                    wait <= recheck_every && wait >= recheck_every / 3,
                    "{wait:?}"
                );
            }
        }
    }

    #[test]
    fn streams_that_were_opened_together_are_verified_at_different_times() {
        let rules = StreamRules::default();
        let mut waits: Vec<_> = (0..1000).map(|_| rules.first_wait()).collect();
        assert_eq!(waits[0], Duration::from_secs(60));
        waits.sort();
        assert!(waits[0] >= Duration::from_secs(30), "{:?}", waits[0]);
        assert_eq!(waits.last(), Some(&Duration::from_secs(60)));
        // 30 s for 1,000 of them: one every 30 ms, give or take.
        for pair in waits.windows(2) {
            let apart = pair[1] - pair[0];
            assert!(apart > Duration::from_millis(10), "{apart:?}");
            assert!(apart < Duration::from_millis(100), "{apart:?}");
        }
    }
}
