//! [`Snapshot`]: a parsed answer with its times; [`Answers`]: the last good ones of several documents.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use moka::sync::Cache;

/// A parsed answer.
#[derive(Debug)]
pub(crate) struct Snapshot<T> {
    pub(crate) content: T,
    /// Increases with each good answer.
    pub(crate) generation: u64,
    /// When it was requested, by the wall clock: it contains nothing that is newer.
    pub(crate) requested_at: SystemTime,
    /// The same by the monotonic clock.
    pub(super) requested_since: Duration,
    /// When it arrived, by the monotonic clock.
    pub(super) fetched_at: Duration,
    /// How long it is fresh.
    pub(super) ttl: Duration,
}

/// The last good answers of several documents, each by the key of its location: one cache for all key sets of a
/// verifier. moka bounds and shares the map. It does not expire the entries: that would delete the last good
/// answer, so their age is compared with the injected clock instead.
pub(crate) struct Answers<T>(Cache<Arc<str>, Arc<Snapshot<T>>>);

impl<T: Send + Sync + 'static> Answers<T> {
    /// A cache with room for each of `documents`, so that none evicts another.
    pub(crate) fn of(documents: usize) -> Self {
        Self(Cache::new(u64::try_from(documents).unwrap_or(u64::MAX)))
    }

    pub(super) fn get(&self, key: &Arc<str>) -> Option<Arc<Snapshot<T>>> {
        self.0.get(key)
    }

    pub(super) fn insert(&self, key: Arc<str>, snapshot: Snapshot<T>) {
        self.0.insert(key, Arc::new(snapshot));
    }
}

impl<T> Clone for Answers<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}
