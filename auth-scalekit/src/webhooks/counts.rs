//! [`WebhookCounts`]: how many requests a [`WebhookService`](super::WebhookService) has answered.

use std::sync::atomic::{AtomicU64, Ordering};

/// How many requests the service has answered, since it was built. For health checks and metrics: strangers can
/// increase `refused` alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct WebhookCounts {
    /// Events whose effects were stored, or that have none: 201.
    pub stored: u64,
    /// Events that had been processed before: 201.
    pub repeated: u64,
    /// Requests that are no webhooks of the sender: 400, 401, 405, 408, 413; and those whose body found no room: 503.
    pub refused: u64,
    /// Signed webhooks that cannot be read: 400.
    pub malformed: u64,
    /// Signed webhooks that could not be processed: 503.
    pub failed: u64,
}

#[derive(Default)]
pub(super) struct Counts {
    pub(super) stored: Count,
    pub(super) repeated: Count,
    pub(super) refused: Count,
    pub(super) malformed: Count,
    pub(super) failed: Count,
}

#[derive(Default)]
pub(super) struct Count(AtomicU64);

impl Count {
    pub(super) fn increment(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Counts {
    pub(super) fn read(&self) -> WebhookCounts {
        WebhookCounts {
            stored: self.stored.get(),
            repeated: self.repeated.get(),
            refused: self.refused.get(),
            malformed: self.malformed.get(),
            failed: self.failed.get(),
        }
    }
}
