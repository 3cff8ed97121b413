//! Callers with the same token share one request. It runs in a task of its own: a caller that goes
//! away does not end it for the others.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::token_hash::TokenHash;

/// The requests that are under way, each with an answer of type `T` to come.
pub(super) struct Flights<T> {
    under_way: Mutex<HashMap<TokenHash, Flight<T>>>,
    limit: usize,
}

/// A request that is under way.
pub(super) struct Flight<T>(watch::Receiver<Option<T>>);

/// What came of wanting an answer.
pub(super) enum Boarding<T> {
    /// It will come.
    Flight(Flight<T>),
    /// It is known without a request.
    Known(T),
    /// As many requests as are allowed are under way.
    Full,
}

impl<T: Clone + Send + Sync + 'static> Flights<T> {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            under_way: Mutex::default(),
            limit,
        }
    }

    /// Joins the request about `token`, or starts it. `start` makes the request, or says with
    /// `Err` that none is needed; it is called under a lock, so that between its looking and the
    /// request nobody else starts the same one.
    pub(super) fn board<F>(
        self: &Arc<Self>,
        token: TokenHash,
        start: impl FnOnce() -> Result<F, T>,
    ) -> Boarding<T>
    where
        F: Future<Output = T> + Send + 'static,
    {
        let mut under_way = self.under_way();
        if let Some(flight) = under_way.get(&token) {
            return Boarding::Flight(flight.clone());
        }
        if under_way.len() >= self.limit {
            return Boarding::Full;
        }
        let request = match start() {
            Ok(request) => request,
            Err(known) => return Boarding::Known(known),
        };
        let (done, outcome) = watch::channel(None);
        under_way.insert(token, Flight(outcome.clone()));
        // A runtime that is ending drops the task at once, and with it the landing, which takes
        // the lock.
        drop(under_way);
        let landing = Landing {
            flights: Arc::clone(self),
            token,
        };
        tokio::spawn(async move {
            // Dropped at the end, also when the request panics or the runtime ends.
            let _landing = landing;
            let answer = request.await;
            // Nobody may be waiting, which is fine.
            let _ = done.send(Some(answer));
        });
        Boarding::Flight(Flight(outcome))
    }

    fn under_way(&self) -> MutexGuard<'_, HashMap<TokenHash, Flight<T>>> {
        // Nothing is left half-done under this lock, so a panic elsewhere spoils nothing.
        self.under_way
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Clone> Flight<T> {
    /// The answer, once it is there; `None` when the task died without one.
    pub(super) async fn landed(mut self) -> Option<T> {
        let answer = self.0.wait_for(Option::is_some).await.ok()?;
        answer.clone()
    }
}

impl<T> Clone for Flight<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

/// Takes a flight off the list when its task ends, however it ends.
struct Landing<T: Clone + Send + Sync + 'static> {
    flights: Arc<Flights<T>>,
    token: TokenHash,
}

impl<T: Clone + Send + Sync + 'static> Drop for Landing<T> {
    fn drop(&mut self) {
        self.flights.under_way().remove(&self.token);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::{pending, ready};

    fn board<F: Future<Output = u8> + Send + 'static>(
        flights: &Arc<Flights<u8>>,
        token: &str,
        request: F,
    ) -> Boarding<u8> {
        flights.board(TokenHash::of(token), || Ok(request))
    }

    async fn landed(boarding: Boarding<u8>) -> Option<u8> {
        match boarding {
            Boarding::Flight(flight) => flight.landed().await,
            Boarding::Known(known) => Some(known),
            Boarding::Full => None,
        }
    }

    #[tokio::test]
    async fn the_second_caller_joins_the_first() {
        let flights = Arc::new(Flights::new(8));
        let first = board(&flights, "a", ready(1));
        let second = board(&flights, "a", ready(2));
        let other = board(&flights, "b", ready(3));
        assert_eq!(landed(first).await, Some(1));
        assert_eq!(landed(second).await, Some(1));
        assert_eq!(landed(other).await, Some(3));
        let later = board(&flights, "a", ready(4));
        assert_eq!(landed(later).await, Some(4), "the first has landed");
    }

    #[tokio::test]
    async fn the_limit_is_for_starting_not_for_joining() {
        let flights = Arc::new(Flights::new(1));
        assert!(matches!(
            board(&flights, "a", pending()),
            Boarding::Flight(_)
        ));
        assert!(matches!(board(&flights, "b", ready(1)), Boarding::Full));
        assert!(matches!(
            board(&flights, "a", ready(1)),
            Boarding::Flight(_)
        ));
    }

    #[test]
    fn a_task_that_cannot_start_leaves_nothing_behind() {
        let flights = Arc::new(Flights::new(1));
        let outside = std::panic::catch_unwind({
            let flights = std::panic::AssertUnwindSafe(Arc::clone(&flights));
            move || board(&flights, "a", ready(1))
        });
        assert!(outside.is_err(), "there is no runtime here");
        assert!(flights.under_way().is_empty());
    }

    #[tokio::test]
    async fn a_panic_leaves_nothing_behind() {
        let flights = Arc::new(Flights::new(1));
        let doomed = board(&flights, "a", async { panic!("in a test") });
        assert_eq!(landed(doomed).await, None);
        assert_eq!(landed(board(&flights, "b", ready(1))).await, Some(1));
    }
}
