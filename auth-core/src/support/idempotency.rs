//! [`IdempotencyStore`]: what must have an effect once, however often it arrives.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

use super::{Clock, SystemClock};
use crate::verifier::Unavailable;

/// The answer of [`IdempotencyStore::begin`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begin {
    /// This is the first time. The caller must [complete](IdempotencyStore::complete) or
    /// [abandon](IdempotencyStore::abandon) it; otherwise it counts as abandoned after the lease.
    First,
    /// Another process or task is at it.
    InProgress,
    /// It had its effect already.
    Done,
}

/// Remembers the keys of what must have an effect once, such as the ids of webhook events, for all
/// processes that share it.
///
/// Keys must come from a verified party: a stranger could fill the store otherwise.
#[async_trait]
pub trait IdempotencyStore: fmt::Debug + Send + Sync + 'static {
    /// Begins the work for `key`, unless it has been done or is in progress. After `lease` without
    /// an end it counts as abandoned: the process has died.
    ///
    /// # Errors
    ///
    /// [`Unavailable`] if that cannot be determined now.
    async fn begin(&self, key: &str, lease: Duration) -> Result<Begin, Unavailable>;

    /// Records that the work for `key` is done, for `keep`.
    ///
    /// # Errors
    ///
    /// [`Unavailable`] if it was not recorded.
    async fn complete(&self, key: &str, keep: Duration) -> Result<(), Unavailable>;

    /// Records that the work for `key` failed, so that the next attempt is the first again.
    ///
    /// # Errors
    ///
    /// [`Unavailable`] if it was not recorded; then the lease has to end.
    async fn abandon(&self, key: &str) -> Result<(), Unavailable>;
}

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
    }

    /// Forgets what is over, and the oldest beyond the limit.
    fn forget(&mut self, now: Duration) {
        while let Some((change, key)) = self.order.front() {
            let entry = self.by_key.get(key).copied();
            let current = entry.filter(|entry| entry.change == *change);
            let over = current.is_none_or(|entry| entry.until <= now);
            if !over && self.by_key.len() <= MemoryIdempotency::MAX_KEYS {
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
        let until = self.clock.monotonic().saturating_add(keep);
        self.keys().set(key, true, until);
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
