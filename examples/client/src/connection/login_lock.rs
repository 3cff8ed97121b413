//! One login at a time: when several requests are refused at once, one of them replaces the token for all.

use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::{Mutex, MutexGuard};

/// Counts the logins of this connection, and admits one at a time.
#[derive(Debug, Default)]
pub(crate) struct LoginLock {
    completed: AtomicU64,
    lock: Mutex<()>,
}

/// The number of logins that were complete when a request was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Generation(u64);

/// The right to replace the token; the requests that were refused meanwhile wait for it.
#[must_use]
pub(crate) struct LoginGuard<'a> {
    completed: &'a AtomicU64,
    _held: MutexGuard<'a, ()>,
}

impl LoginLock {
    /// The current generation, to be read before a request is sent.
    pub(crate) fn generation(&self) -> Generation {
        Generation(self.completed.load(Ordering::SeqCst))
    }

    /// Waits for the lock. None when the token was replaced since `sent_at`: the request only has to be sent again.
    pub(crate) async fn acquire(&self, sent_at: Generation) -> Option<LoginGuard<'_>> {
        let held = self.lock.lock().await;
        (self.generation() == sent_at).then_some(LoginGuard {
            completed: &self.completed,
            _held: held,
        })
    }
}

impl LoginGuard<'_> {
    /// Records that the token was replaced. A guard dropped without this leaves the login to the next request.
    pub(crate) fn complete(self) {
        self.completed.fetch_add(1, Ordering::SeqCst);
    }
}
