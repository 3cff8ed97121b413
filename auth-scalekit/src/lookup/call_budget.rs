//! [`CallBudget`]: how many calls of the endpoint run concurrently, and for which tokens.
//!
//! Every token costs a call, forged or not. So the places for calls are split, and each class of tokens
//! has a separate queue:
//!
//! | class | places | queue |
//! |---|---|---|
//! | accepted before | a half | 32 for each place |
//! | turned away before, without a place | a quarter | 4 for each place |
//! | never seen | a quarter | 4 for each place |
//!
//! A class may also use places of lower classes that are free at that moment, never those of higher
//! classes. So tokens that were accepted before always have the places of their half, whatever other
//! callers send; and a new token that found no place is sent again after `Retry-After` and then
//! competes only with tokens that are sent again, too.
//!
//! No caller waits for longer than [`LONGEST_WAIT`], by the injected clock.

use std::sync::Arc;
use std::time::Duration;

use auth_core::support::Clock;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// With fewer places a class would have none.
pub(crate) const MIN_CALLS: usize = 4;
/// More concurrent calls would overload an issuer.
pub(crate) const MAX_CALLS: usize = 4096;
/// How long a token waits for a place.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// What is known about a token before the call, the most trusted first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// The issuer has accepted it before. Only the issuer can make such a token.
    Known,
    /// It found no place before, and is sent again. A flood of ever new tokens does not do that.
    Returning,
    /// Not remembered.
    New,
}

/// The places of one class.
#[derive(Debug, Clone)]
struct Share {
    places: Arc<Semaphore>,
    /// One for each place and one for each entry of the queue.
    entries: Arc<Semaphore>,
}

/// The places for calls, by class; see the module documentation.
pub(crate) struct CallBudget {
    clock: Arc<dyn Clock>,
    known: Share,
    returning: Share,
    new: Share,
}

/// The right to wait for a place.
pub(crate) struct Entry {
    clock: Arc<dyn Clock>,
    /// Of its class, then of the classes below.
    places: Vec<Arc<Semaphore>>,
    entry: OwnedSemaphorePermit,
}

/// The right to make one call, until it is dropped.
pub(crate) struct Place {
    _place: OwnedSemaphorePermit,
    _entry: OwnedSemaphorePermit,
}

impl Share {
    fn new(places: usize, queue_for_each: usize) -> Self {
        let entries = places.saturating_mul(queue_for_each.saturating_add(1));
        Self {
            places: Arc::new(Semaphore::new(places)),
            entries: Arc::new(Semaphore::new(entries)),
        }
    }
}

impl CallBudget {
    /// Splits `calls` places, [`MIN_CALLS`] to [`MAX_CALLS`].
    pub(crate) fn new(calls: usize, clock: Arc<dyn Clock>) -> Self {
        let (half, quarter) = (calls / 2, calls / 4);
        let rest = calls.saturating_sub(half).saturating_sub(quarter);
        Self {
            clock,
            known: Share::new(half, 32),
            returning: Share::new(quarter, 4),
            new: Share::new(rest, 4),
        }
    }

    /// Enters the queue of a class; `None` when it is full.
    pub(crate) fn enter(&self, class: Class) -> Option<Entry> {
        let shares: &[&Share] = match class {
            Class::Known => &[&self.known, &self.returning, &self.new],
            Class::Returning => &[&self.returning, &self.new],
            Class::New => &[&self.new],
        };
        let own = shares.first()?;
        let entry = Arc::clone(&own.entries).try_acquire_owned().ok()?;
        Some(Entry {
            clock: Arc::clone(&self.clock),
            places: shares
                .iter()
                .map(|share| Arc::clone(&share.places))
                .collect(),
            entry,
        })
    }
}

impl Entry {
    /// Waits for a place of its class; a free place of a lower class is taken at once. `None` when none
    /// became free in time.
    pub(crate) async fn place(self) -> Option<Place> {
        let free = self
            .places
            .iter()
            .find_map(|places| Arc::clone(places).try_acquire_owned().ok());
        let place = match free {
            Some(place) => place,
            None => {
                let own = Arc::clone(self.places.first()?);
                tokio::select! {
                    // A place that has become free is taken even at the deadline.
                    biased;
                    place = own.acquire_owned() => place.ok()?,
                    () = self.clock.sleep(LONGEST_WAIT) => return None,
                }
            }
        };
        Some(Place {
            _place: place,
            _entry: self.entry,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use auth_testkit::TestClock;
    use std::task::Poll;
    use tokio::task::JoinHandle;

    fn budget(calls: usize) -> (CallBudget, TestClock) {
        let clock = TestClock::new();
        (CallBudget::new(calls, Arc::new(clock.clone())), clock)
    }

    /// Takes places of a class until one would have to wait.
    async fn take_all(budget: &CallBudget, class: Class) -> Vec<Place> {
        let mut taken = Vec::new();
        while let Some(entry) = budget.enter(class) {
            let mut place = Box::pin(entry.place());
            match std::future::poll_fn(|context| Poll::Ready(place.as_mut().poll(context))).await {
                Poll::Ready(place) => taken.push(place.unwrap()),
                Poll::Pending => break,
            }
        }
        taken
    }

    /// Waits for a place in a task.
    async fn wait(budget: &CallBudget, class: Class) -> JoinHandle<Option<Place>> {
        let waiting = tokio::spawn(budget.enter(class).unwrap().place());
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished(), "{class:?} has to wait");
        waiting
    }

    #[tokio::test]
    async fn a_class_uses_its_own_places_and_free_ones_below() {
        use Class::{Known, New, Returning};
        for (calls, known, returning, new) in [(4, 2, 1, 1), (7, 3, 1, 3), (64, 32, 16, 16)] {
            let (budget, _) = budget(calls);
            let below_first = [
                take_all(&budget, New).await,
                take_all(&budget, Returning).await,
                take_all(&budget, Known).await,
            ];
            let taken = below_first.each_ref().map(Vec::len);
            assert_eq!(taken, [new, returning, known], "{calls}");
            drop(below_first);

            let all = take_all(&budget, Known).await;
            assert_eq!(all.len(), calls, "{calls}: all of them are free");
            drop(all);
            let returned = take_all(&budget, Returning).await;
            assert_eq!(returned.len(), returning + new, "{calls}");
            assert_eq!(take_all(&budget, New).await.len(), 0, "{calls}: lent");
            assert_eq!(take_all(&budget, Known).await.len(), known, "{calls}");
        }
    }

    #[tokio::test]
    async fn queues_are_bounded_and_those_of_others_stay_open() {
        for (class, places, seats) in [
            (Class::New, 1, 4),
            (Class::Returning, 1, 4),
            (Class::Known, 2, 64),
        ] {
            let (budget, _) = budget(4);
            // Nothing is free below.
            let others = [Class::New, Class::Returning, Class::Known].map(|other| {
                let entries = if other == class { 0 } else { 1 };
                (0..entries).map(move |_| other)
            });
            let mut held = Vec::new();
            for other in others.into_iter().flatten() {
                held.extend(take_all(&budget, other).await);
            }
            let entries: Vec<_> = std::iter::from_fn(|| budget.enter(class)).collect();
            assert_eq!(entries.len(), places + seats, "{class:?}");
            for other in [Class::New, Class::Returning, Class::Known] {
                let open = budget.enter(other).is_some();
                assert_eq!(open, other != class, "{class:?} is full: {other:?}");
            }
            drop(entries);
            assert!(budget.enter(class).is_some(), "{class:?}: seats come back");
        }
    }

    #[tokio::test]
    async fn a_place_that_comes_free_goes_to_the_first_in_its_queue() {
        for class in [Class::New, Class::Returning, Class::Known] {
            let (budget, _clock) = budget(4);
            let mut held = take_all(&budget, class).await;
            let first = wait(&budget, class).await;
            let second = wait(&budget, class).await;
            // Its own place, not one that was lent to it: no waiter is woken for those.
            held.remove(0);
            let place = first.await.unwrap();
            assert!(place.is_some(), "{class:?}");
            tokio::task::yield_now().await;
            assert!(!second.is_finished(), "{class:?}");
            drop(place);
            assert!(second.await.unwrap().is_some(), "{class:?}");
        }
    }

    #[tokio::test]
    async fn no_caller_waits_for_longer_than_a_second() {
        let (budget, clock) = budget(4);
        let held = take_all(&budget, Class::New).await;
        let waiting = wait(&budget, Class::New).await;
        clock.advance(LONGEST_WAIT.saturating_sub(Duration::from_millis(1)));
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished(), "not yet");
        clock.advance(Duration::from_millis(1));
        assert!(waiting.await.unwrap().is_none());
        drop(held);
        assert_eq!(
            take_all(&budget, Class::New).await.len(),
            1,
            "nothing is lost"
        );
    }
}
