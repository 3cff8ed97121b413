//! [`Backoff`]: exponential delays after failures; [`KeyedBackoff`]: the same per key, in bounded memory.

use std::hash::Hash;
use std::time::Duration;

use moka::sync::Cache;

/// Delays that double from the first to the longest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Backoff {
    first: Duration,
    longest: Duration,
}

impl Default for Backoff {
    /// From 1 s to 30 s.
    fn default() -> Self {
        Self {
            first: Duration::from_secs(1),
            longest: Duration::from_secs(30),
        }
    }
}

impl Backoff {
    /// The delay after this number of failures in a row.
    pub(crate) fn wait_after(self, failures: u32) -> Duration {
        let doublings = failures.saturating_sub(1).min(16);
        self.first.saturating_mul(1 << doublings).min(self.longest)
    }

    /// The same if the server requests a delay (`Retry-After`): the longer of both, up to the longest.
    pub(crate) fn wait_at_least(self, failures: u32, asked_for: Option<Duration>) -> Duration {
        let asked_for = asked_for.unwrap_or_default();
        self.wait_after(failures).max(asked_for).min(self.longest)
    }
}

/// A back-off per key: a failure with one key does not delay another. When the table is full, the least used keys
/// are forgotten, and may be tried again at once.
pub(crate) struct KeyedBackoff<K, E> {
    backoff: Backoff,
    failures: Cache<K, Failure<E>>,
}

#[derive(Clone)]
struct Failure<E> {
    /// Failures in a row.
    count: u32,
    /// Not again before this time, by the monotonic clock.
    retry_at: Duration,
    error: E,
}

impl<K, E> KeyedBackoff<K, E>
where
    K: Hash + Eq + Send + Sync + 'static,
    E: Clone + Send + Sync + 'static,
{
    /// At most `max_keys` are remembered.
    pub(crate) fn new(backoff: Backoff, max_keys: u64) -> Self {
        // By then the longest delay is over: the expiry in moka only frees memory.
        let kept = backoff.longest.saturating_mul(4);
        Self {
            backoff,
            failures: Cache::builder()
                .max_capacity(max_keys)
                .time_to_live(kept)
                .build(),
        }
    }

    /// The remaining delay of `key` and its cause; `None` when it may be tried.
    pub(crate) fn remaining(&self, key: &K, now: Duration) -> Option<(Duration, E)> {
        let failure = self.failures.get(key)?;
        let remaining = failure.retry_at.saturating_sub(now);
        (!remaining.is_zero()).then_some((remaining, failure.error))
    }

    /// Counts a failure; returns the delay of `key`.
    pub(crate) fn failed(
        &self,
        key: K,
        error: E,
        asked_for: Option<Duration>,
        now: Duration,
    ) -> Duration {
        let before = self.failures.get(&key).map_or(0, |failure| failure.count);
        let count = before.saturating_add(1);
        let wait = self.backoff.wait_at_least(count, asked_for);
        let failure = Failure {
            count,
            retry_at: now.saturating_add(wait),
            error,
        };
        self.failures.insert(key, failure);
        wait
    }

    /// Forgets the failures of `key`, which has succeeded.
    pub(crate) fn succeeded(&self, key: &K) {
        self.failures.invalidate(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn waits_double_and_end() {
        let waits = [0, 1, 2, 3, 5, 6, 1000, u32::MAX];
        let waits = waits.map(|n| Backoff::default().wait_after(n).as_secs());
        assert_eq!(waits, [1, 1, 2, 4, 16, 30, 30, 30]);
    }

    #[test]
    fn the_longer_wait_counts_up_to_the_longest() {
        for (failures, asked_for, wait) in [
            (1, None, 1),
            (1, Some(0), 1),
            (1, Some(7), 7),
            (4, Some(7), 8),
            (1, Some(31), 30),
            (1, Some(u64::MAX), 30),
        ] {
            let wait_at_least = Backoff::default().wait_at_least(failures, asked_for.map(seconds));
            assert_eq!(wait_at_least, seconds(wait), "{failures} {asked_for:?}");
        }
    }

    #[test]
    fn each_key_waits_for_itself() {
        let table = KeyedBackoff::new(Backoff::default(), 10);
        let remaining = |key, now| table.remaining(&key, seconds(now));
        assert_eq!(remaining("a", 0), None);
        assert_eq!(table.failed("a", 'x', None, seconds(0)), seconds(1));
        assert_eq!(remaining("a", 0), Some((seconds(1), 'x')));
        assert_eq!(remaining("b", 0), None, "another key");
        assert_eq!(remaining("a", 1), None, "it is over");
        assert_eq!(table.failed("a", 'y', None, seconds(1)), seconds(2));
        assert_eq!(remaining("a", 2), Some((seconds(1), 'y')), "twice as long");
        table.succeeded(&"a");
        assert_eq!(remaining("a", 2), None);
        let wait = table.failed("a", 'z', Some(seconds(5)), seconds(2));
        assert_eq!(wait, seconds(5), "from the start, but as asked for");
        assert_eq!(remaining("a", 6), Some((seconds(1), 'z')));
    }

    #[test]
    fn the_number_of_keys_is_bounded() {
        let table = KeyedBackoff::new(Backoff::default(), 10);
        for key in 0..1000 {
            table.failed(key, (), None, Duration::ZERO);
        }
        table.failures.run_pending_tasks();
        assert!((1..=10).contains(&table.failures.entry_count()));
    }
}
