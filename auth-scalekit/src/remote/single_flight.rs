//! [`SingleFlight`]: concurrent callers with the same key share one request. It runs in a separate task: a
//! caller that is cancelled does not end it for the others.

use std::collections::HashMap;
use std::future::Future;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

/// The requests in flight, each with a result of type `T`.
pub(crate) struct SingleFlight<K, T> {
    under_way: Mutex<HashMap<K, Pending<T>>>,
}

/// A request in flight.
pub(crate) struct Pending<T>(watch::Receiver<Option<T>>);

/// How a caller gets its result.
pub(crate) enum Joined<T> {
    /// From a request in flight.
    Pending(Pending<T>),
    /// Without a request.
    Ready(T),
}

impl<K, T> SingleFlight<K, T>
where
    K: Hash + Eq + Clone + Send + 'static,
    T: Clone + Send + Sync + 'static,
{
    pub(crate) fn new() -> Self {
        Self {
            under_way: Mutex::default(),
        }
    }

    /// Joins the request for `key`, or starts it. `start` makes the request, or returns `Err` with
    /// a result that needs none. It is called under a lock, so that no other caller starts the same
    /// request in between.
    pub(crate) fn join_or_start<F>(
        self: &Arc<Self>,
        key: K,
        start: impl FnOnce() -> Result<F, T>,
    ) -> Joined<T>
    where
        F: Future<Output = T> + Send + 'static,
    {
        let mut under_way = self.under_way();
        if let Some(pending) = under_way.get(&key) {
            return Joined::Pending(pending.clone());
        }
        let request = match start() {
            Ok(request) => request,
            Err(answer) => return Joined::Ready(answer),
        };
        let (done, outcome) = watch::channel(None);
        under_way.insert(key.clone(), Pending(outcome.clone()));
        // A runtime that is shutting down drops the task at once, and with it `removal`, which takes
        // the lock.
        drop(under_way);
        let removal = Removal {
            requests: Arc::clone(self),
            key,
        };
        tokio::spawn(async move {
            // Dropped at the end, also when the request panics or the runtime ends.
            let _removal = removal;
            let answer = request.await;
            // It is fine when no caller waits.
            let _ = done.send(Some(answer));
        });
        Joined::Pending(Pending(outcome))
    }
}

impl<K, T> SingleFlight<K, T> {
    fn under_way(&self) -> MutexGuard<'_, HashMap<K, Pending<T>>> {
        // No update under this lock can panic halfway, so a poisoned value is consistent.
        self.under_way
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Clone> Pending<T> {
    /// Waits for the result; `None` when the task ended without one.
    pub(crate) async fn wait(mut self) -> Option<T> {
        let answer = self.0.wait_for(Option::is_some).await.ok()?;
        answer.clone()
    }
}

impl<T> Clone for Pending<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

/// Removes a request when its task ends, however it ends.
struct Removal<K: Hash + Eq, T> {
    requests: Arc<SingleFlight<K, T>>,
    key: K,
}

impl<K: Hash + Eq, T> Drop for Removal<K, T> {
    fn drop(&mut self) {
        self.requests.under_way().remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::ready;

    type Requests = Arc<SingleFlight<&'static str, u8>>;

    fn requests() -> Requests {
        Arc::new(SingleFlight::new())
    }

    fn join<F: Future<Output = u8> + Send + 'static>(
        requests: &Requests,
        key: &'static str,
        request: F,
    ) -> Joined<u8> {
        requests.join_or_start(key, || Ok(request))
    }

    async fn answer(joined: Joined<u8>) -> Option<u8> {
        match joined {
            Joined::Pending(pending) => pending.wait().await,
            Joined::Ready(answer) => Some(answer),
        }
    }

    #[tokio::test]
    async fn the_second_caller_joins_the_first() {
        let requests = requests();
        let first = join(&requests, "a", ready(1));
        let second = join(&requests, "a", ready(2));
        let other = join(&requests, "b", ready(3));
        assert_eq!(answer(first).await, Some(1));
        assert_eq!(answer(second).await, Some(1));
        assert_eq!(answer(other).await, Some(3));
        let later = join(&requests, "a", ready(4));
        assert_eq!(answer(later).await, Some(4), "the first has ended");
    }

    #[tokio::test]
    async fn an_answer_that_needs_no_request_starts_none() {
        let requests = requests();
        let ready = requests.join_or_start("a", || Err::<std::future::Ready<u8>, _>(7));
        assert!(matches!(ready, Joined::Ready(7)));
        assert!(requests.under_way().is_empty());
    }

    #[test]
    fn a_task_that_cannot_start_leaves_nothing_behind() {
        let requests = requests();
        let outside = std::panic::catch_unwind({
            let requests = std::panic::AssertUnwindSafe(Arc::clone(&requests));
            move || join(&requests, "a", ready(1))
        });
        assert!(outside.is_err(), "there is no runtime here");
        assert!(requests.under_way().is_empty());
    }

    #[tokio::test]
    async fn a_panic_leaves_nothing_behind() {
        let requests = requests();
        let doomed = join(&requests, "a", async { panic!("in a test") });
        assert_eq!(answer(doomed).await, None);
        assert_eq!(answer(join(&requests, "a", ready(1))).await, Some(1));
    }
}
