//! [`Waiters`]: the streams that wait for a revocation of their token.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use smallvec::SmallVec;
use tokio::sync::oneshot;

use crate::support::Sleep;

/// The hashes of the keys that one stream waits for.
pub(super) type Hashes = SmallVec<[u64; 8]>;

/// Who waits for which revocation. By the hash of the key alone: a collision wakes a stream for nothing, which then
/// checks its token and waits again.
#[derive(Debug, Default)]
pub(super) struct Waiters(Arc<Mutex<Waiting>>);

#[derive(Debug, Default)]
struct Waiting {
    by_hash: HashMap<u64, HashSet<u64>>,
    by_id: HashMap<u64, Waiter>,
    next_id: u64,
}

#[derive(Debug)]
struct Waiter {
    hashes: Hashes,
    wake: oneshot::Sender<()>,
}

impl Waiters {
    /// Completes at the next [`wake`](Self::wake) with one of these hashes after this call.
    pub(super) fn wait(&self, hashes: Hashes) -> Sleep {
        let (wake, woken) = oneshot::channel();
        let mut waiting = lock(&self.0);
        let id = waiting.next_id;
        waiting.next_id = id.wrapping_add(1);
        for hash in &hashes {
            waiting.by_hash.entry(*hash).or_default().insert(id);
        }
        waiting.by_id.insert(id, Waiter { hashes, wake });
        drop(waiting);
        let place = Place {
            waiters: Arc::clone(&self.0),
            id,
        };
        Box::pin(async move {
            let _place = place;
            if woken.await.is_err() {
                // It was woken, or there are no more revocations.
                std::future::pending::<()>().await;
            }
        })
    }

    /// Wakes those who wait for this hash.
    pub(super) fn wake(&self, hash: u64) {
        let mut waiting = lock(&self.0);
        let ids = waiting.by_hash.remove(&hash).unwrap_or_default();
        let woken: Vec<_> = ids
            .into_iter()
            .filter_map(|id| waiting.remove(id))
            .collect();
        drop(waiting);
        // Without the lock, since a waker is code of others.
        for waiter in woken {
            // Its stream may be gone already.
            let _ = waiter.wake.send(());
        }
    }

    #[cfg(test)]
    fn sizes(&self) -> (usize, usize) {
        let waiting = lock(&self.0);
        (waiting.by_hash.len(), waiting.by_id.len())
    }
}

impl Waiting {
    fn remove(&mut self, id: u64) -> Option<Waiter> {
        let waiter = self.by_id.remove(&id)?;
        for hash in &waiter.hashes {
            if let Some(ids) = self.by_hash.get_mut(hash) {
                ids.remove(&id);
                if ids.is_empty() {
                    self.by_hash.remove(hash);
                }
            }
        }
        Some(waiter)
    }
}

fn lock(waiting: &Mutex<Waiting>) -> MutexGuard<'_, Waiting> {
    // No update under this lock can be left incomplete by a panic.
    waiting.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The place of a waiter, which is free again once its future is dropped.
struct Place {
    waiters: Arc<Mutex<Waiting>>,
    id: u64,
}

impl Drop for Place {
    fn drop(&mut self) {
        lock(&self.waiters).remove(self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    #[test]
    fn only_those_who_wait_for_a_hash_are_woken() {
        let waiters = Waiters::default();
        let mut one = waiters.wait(Hashes::from_slice(&[1, 2]));
        let mut other = waiters.wait(Hashes::from_slice(&[2, 3]));
        waiters.wake(4);
        assert!((&mut one).now_or_never().is_none() && (&mut other).now_or_never().is_none());
        waiters.wake(1);
        assert!((&mut one).now_or_never().is_some());
        assert!((&mut other).now_or_never().is_none());
        waiters.wake(2);
        assert!((&mut other).now_or_never().is_some());
        assert_eq!(waiters.sizes(), (0, 0));
    }

    #[test]
    fn who_waits_no_longer_takes_no_room() {
        let waiters = Waiters::default();
        let many: Vec<_> = (0..100)
            .map(|id| waiters.wait(Hashes::from_slice(&[7, 100 + id])))
            .collect();
        assert_eq!(waiters.sizes(), (101, 100), "the control");
        drop(many);
        assert_eq!(waiters.sizes(), (0, 0));
    }

    /// Each of many streams waits for any role: their number must not count twice.
    #[test]
    fn a_wake_up_of_many_takes_time_for_each_once() {
        let time = |count: u64| {
            let waiters = Waiters::default();
            let many: Vec<_> = (0..count)
                .map(|id| waiters.wait(Hashes::from_slice(&[1, 2, 100 + id])))
                .collect();
            let begun = std::time::Instant::now();
            waiters.wake(1);
            drop(many);
            begun.elapsed()
        };
        time(1000);
        let (few, many) = (time(2000), time(32_000));
        // Sixteen times as many; quadratic would be 256 times as long.
        assert!(many < few * 100, "{few:?} {many:?}");
    }
}
