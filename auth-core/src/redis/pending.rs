//! [`Pending`]: revocations of this replica that it has not read from the log yet.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use crate::revocation::{Revocation, RevocationTarget};

/// Revocations that were added here, until the log returns them: an acknowledgement by a Redis that is then replaced,
/// or a caller that goes away in the middle, must not leave one unknown to the others.
#[derive(Debug, Default)]
pub(super) struct Pending {
    by_target: Mutex<HashMap<(Box<str>, RevocationTarget), Since>>,
    /// For a look without the lock: usually none.
    len: AtomicUsize,
}

#[derive(Debug, Clone, Copy)]
struct Since {
    at: SystemTime,
    /// By the monotonic clock.
    added: Duration,
}

impl Pending {
    pub(super) fn add(&self, revocations: &[Revocation], now: Duration) {
        let mut pending = self.lock();
        for revocation in revocations {
            let since = pending.entry(key(revocation)).or_insert(Since {
                at: revocation.at(),
                added: now,
            });
            since.at = since.at.max(revocation.at());
        }
        self.len.store(pending.len(), Ordering::Release);
    }

    /// The log has returned this one.
    pub(super) fn returned(&self, revocation: &Revocation) {
        if self.is_empty() {
            return;
        }
        let mut pending = self.lock();
        let key = key(revocation);
        if pending
            .get(&key)
            .is_some_and(|since| since.at <= revocation.at())
        {
            pending.remove(&key);
        }
        self.len.store(pending.len(), Ordering::Release);
    }

    /// Those that were added before this time.
    pub(super) fn older_than(&self, time: Duration) -> Vec<Revocation> {
        let pending = self.lock();
        let older = pending.iter().filter(|(_, since)| since.added < time);
        older
            .map(|((issuer, target), since)| {
                Revocation::new(issuer.clone(), target.clone(), since.at)
            })
            .collect()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len.load(Ordering::Acquire) == 0
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(Box<str>, RevocationTarget), Since>> {
        // No update under this lock can be left incomplete by a panic.
        self.by_target
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

fn key(revocation: &Revocation) -> (Box<str>, RevocationTarget) {
    (revocation.issuer().into(), revocation.target().clone())
}
