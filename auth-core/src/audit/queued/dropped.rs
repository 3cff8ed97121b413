//! [`DroppedEvents`].

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// How many events a [`Queued`](super::Queued) has dropped so far, to keep and read later.
#[derive(Debug, Clone, Default)]
pub struct DroppedEvents(Arc<Counters>);

#[derive(Debug, Default)]
struct Counters {
    verified: AtomicU64,
    unverified: AtomicU64,
}

impl DroppedEvents {
    /// With a verified caller.
    #[must_use]
    pub fn verified(&self) -> u64 {
        self.0.verified.load(Ordering::Relaxed)
    }

    /// Without a verified caller.
    #[must_use]
    pub fn unverified(&self) -> u64 {
        self.0.unverified.load(Ordering::Relaxed)
    }

    pub(super) fn count(&self, verified: bool, events: u64) {
        let counter = if verified {
            &self.0.verified
        } else {
            &self.0.unverified
        };
        counter.fetch_add(events, Ordering::Relaxed);
    }
}
