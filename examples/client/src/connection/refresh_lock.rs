//! Many requests may be refused at once; one of them gets the new token for all.

use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::{Mutex, MutexGuard};

/// How often the token has been replaced by a login, and whose turn it is to do so.
#[derive(Debug, Default)]
pub(crate) struct Renewals {
    count: AtomicU64,
    turn: Mutex<()>,
}

/// A moment between two renewals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Renewal(u64);

/// The right to renew the token, while everybody else waits.
#[must_use]
pub(crate) struct Turn<'a> {
    count: &'a AtomicU64,
    _held: MutexGuard<'a, ()>,
}

impl Renewals {
    /// To be noted before a request is sent.
    pub(crate) fn so_far(&self) -> Renewal {
        Renewal(self.count.load(Ordering::SeqCst))
    }

    /// None: the token has been renewed since then, perhaps while we waited for our turn.
    pub(crate) async fn turn(&self, before: Renewal) -> Option<Turn<'_>> {
        let held = self.turn.lock().await;
        (self.so_far() == before).then_some(Turn {
            count: &self.count,
            _held: held,
        })
    }
}

impl Turn<'_> {
    /// There is a new token. A turn that ends without this leaves the next one to try.
    pub(crate) fn done(self) {
        self.count.fetch_add(1, Ordering::SeqCst);
    }
}
