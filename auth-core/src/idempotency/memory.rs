//! [`MemoryIdempotency`]: the keys, in the memory of one process.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

use super::{Begin, IdempotencyStore};
use crate::support::{Clock, SystemClock};
use crate::verifier::Unavailable;

/// The keys, in the memory of one process: at most 100,000, of which the oldest are forgotten
/// first.
pub struct MemoryIdempotency {
    keys: Mutex<Keys>,
    clock: Arc<dyn Clock>,
}

#[derive(Default)]
struct Keys {
    by_key: HashMap<Arc<str>, Entry>,
    /// In the order of their last change. A key may be here more than once: only its last place
    /// counts.
    order: VecDeque<(u64, Arc<str>)>,
    changes: u64,
}

#[derive(Clone, Copy)]
struct Entry {
    done: bool,
    /// By the monotonic clock.
    until: Duration,
    change: u64,
}

impl MemoryIdempotency {
    const MAX_KEYS: usize = 100_000;

    /// No keys yet.
    #[must_use]
    pub fn new() -> Self {
        Self::with_clock(SystemClock::new())
    }

    /// The same, with this clock.
    #[must_use]
    pub fn with_clock(clock: impl Clock) -> Self {
        Self {
            keys: Mutex::default(),
            clock: Arc::new(clock),
        }
    }

    fn keys(&self) -> MutexGuard<'_, Keys> {
        // No update under this lock can be left incomplete by a panic.
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Keys {
    fn set(&mut self, key: &str, done: bool, until: Duration) {
        self.changes = self.changes.wrapping_add(1);
        let key: Arc<str> = key.into();
        let change = self.changes;
        self.order.push_back((change, Arc::clone(&key)));
        let entry = Entry {
            done,
            until,
            change,
        };
        self.by_key.insert(key, entry);
        if self.order.len() > 2 * self.by_key.len() + 1000 {
            let by_key = &self.by_key;
            self.order
                .retain(|(change, key)| by_key.get(key).is_some_and(|it| it.change == *change));
        }
    }

    /// Forgets what is over, and the oldest beyond the limit.
    fn forget(&mut self, now: Duration) {
        while let Some((change, key)) = self.order.front() {
            let entry = self.by_key.get(key).copied();
            let current = entry.filter(|entry| entry.change == *change);
            let is_over = current.is_none_or(|entry| entry.until <= now);
            if !is_over && self.order.len() <= MemoryIdempotency::MAX_KEYS {
                return;
            }
            if current.is_some() {
                self.by_key.remove(key);
            }
            self.order.pop_front();
        }
    }
}

impl Default for MemoryIdempotency {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl IdempotencyStore for MemoryIdempotency {
    async fn begin(&self, key: &str, lease: Duration) -> Result<Begin, Unavailable> {
        let now = self.clock.monotonic();
        let mut keys = self.keys();
        keys.forget(now);
        match keys.by_key.get(key) {
            Some(entry) if entry.until > now && entry.done => Ok(Begin::Done),
            Some(entry) if entry.until > now => Ok(Begin::InProgress),
            _ => {
                keys.set(key, false, now.saturating_add(lease));
                Ok(Begin::First)
            }
        }
    }

    async fn complete(&self, key: &str, keep: Duration) -> Result<(), Unavailable> {
        let now = self.clock.monotonic();
        let mut keys = self.keys();
        keys.set(key, true, now.saturating_add(keep));
        keys.forget(now);
        Ok(())
    }

    async fn abandon(&self, key: &str) -> Result<(), Unavailable> {
        self.keys().by_key.remove(key);
        Ok(())
    }
}

/// Shows the number alone.
impl fmt::Debug for MemoryIdempotency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryIdempotency")
            .field("keys", &self.keys().by_key.len())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::SystemTime;

    use super::*;

    #[derive(Debug, Clone, Default)]
    struct Seconds(Arc<AtomicU64>);

    impl Clock for Seconds {
        fn now(&self) -> SystemTime {
            SystemTime::UNIX_EPOCH + self.monotonic()
        }

        fn monotonic(&self) -> Duration {
            Duration::from_secs(self.0.load(Ordering::Relaxed))
        }
    }

    const MINUTE: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn a_key_is_done_once() {
        let clock = Seconds::default();
        let store = MemoryIdempotency::with_clock(clock.clone());
        assert_eq!(store.begin("1", MINUTE).await.unwrap(), Begin::First);
        assert_eq!(store.begin("1", MINUTE).await.unwrap(), Begin::InProgress);
        assert_eq!(store.begin("2", MINUTE).await.unwrap(), Begin::First);
        store.abandon("2").await.unwrap();
        assert_eq!(store.begin("2", MINUTE).await.unwrap(), Begin::First);
        store.complete("1", MINUTE * 2).await.unwrap();
        assert_eq!(store.begin("1", MINUTE).await.unwrap(), Begin::Done);
        // The lease of the second ends, and then what is remembered of the first.
        clock.0.store(60, Ordering::Relaxed);
        assert_eq!(store.begin("2", MINUTE).await.unwrap(), Begin::First);
        assert_eq!(store.begin("1", MINUTE).await.unwrap(), Begin::Done);
        clock.0.store(120, Ordering::Relaxed);
        assert_eq!(store.begin("1", MINUTE).await.unwrap(), Begin::First);
    }

    #[tokio::test]
    async fn the_oldest_are_forgotten_first() {
        let store = MemoryIdempotency::with_clock(Seconds::default());
        for key in 0..MemoryIdempotency::MAX_KEYS + 10 {
            store.complete(&key.to_string(), MINUTE).await.unwrap();
        }
        assert_eq!(store.begin("0", MINUTE).await.unwrap(), Begin::First);
        let last = (MemoryIdempotency::MAX_KEYS + 9).to_string();
        assert_eq!(store.begin(&last, MINUTE).await.unwrap(), Begin::Done);
        let keys = store.keys();
        assert!(keys.by_key.len() <= MemoryIdempotency::MAX_KEYS + 1);
        assert!(keys.order.len() <= MemoryIdempotency::MAX_KEYS + 1);
    }
}
