//! [`Document`]: a cached answer, and the fetches that renew it, one at a time.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use auth_core::support::Clock;
use auth_core::verifier::Unavailable;
use bytes::Bytes;
use tokio::sync::watch;
use tokio::time::timeout;

use super::attempts::{Attempts, LIMIT, Outcome, PATIENCE, Reason, Slot, TooEarly};
use super::fetch::{FetchError, Fetcher};
use super::freshness::Freshness;
use super::latest::Latest;
use super::place::Places;
use super::renewal::{Renew, Renewal, Renewer, Step};
use super::snapshot::{Answers, Snapshot};

/// Parses a body.
pub(super) type Read<T> =
    dyn Fn(Bytes) -> Result<T, Box<dyn std::error::Error + Send + Sync>> + Send + Sync;

/// What all clones of a [`Source`](super::Source) share.
pub(super) struct Document<T> {
    places: Places,
    fetcher: Fetcher,
    read: Box<Read<T>>,
    freshness: Freshness,
    clock: Arc<dyn Clock>,
    answers: Answers<T>,
    /// The key of this document's answer.
    key: Arc<str>,
    latest: Latest,
    attempts: Mutex<Attempts>,
    renewer: Renewer,
}

/// The result of [`Document::usable_or_fetch`] and [`Document::fetch`].
pub(super) enum Fetch<T> {
    /// There is an answer already.
    Done(Arc<Snapshot<T>>),
    /// A fetch is in flight.
    InFlight(watch::Receiver<Outcome>),
    /// The next fetch is not due yet.
    NotBefore(TooEarly),
}

impl<T: Send + Sync + 'static> Document<T> {
    pub(super) fn new(
        answers: Answers<T>,
        places: Places,
        fetcher: Fetcher,
        freshness: Freshness,
        renewal: Renewal,
        clock: Arc<dyn Clock>,
        read: Box<Read<T>>,
    ) -> Arc<Self> {
        let document = Arc::new(Self {
            answers,
            key: places.key().into(),
            latest: Latest::default(),
            places,
            fetcher,
            read,
            freshness,
            clock,
            attempts: Mutex::default(),
            renewer: Renewer::new(renewal),
        });
        document.renewer.start(&document);
        document
    }

    /// Whether this is the document at these places.
    pub(super) fn is_at(&self, places: &Places) -> bool {
        *self.key == *places.key()
    }

    /// The first location, as far as it is known.
    pub(super) fn first_place(&self) -> Option<String> {
        self.places.first()
    }

    pub(super) fn monotonic(&self) -> Duration {
        self.clock.monotonic()
    }

    /// The cached answer, however old.
    pub(super) fn answer(&self) -> Option<Arc<Snapshot<T>>> {
        self.answers.get(&self.key)
    }

    /// The number of failed fetches since the last good one, and the last error.
    pub(super) fn failures(&self) -> (u32, Option<FetchError>) {
        let attempts = self.attempts();
        (attempts.failures, attempts.last_error.clone())
    }

    /// The generation of the cached answer, if it may be used. Starts a fetch when the answer is due
    /// for renewal.
    pub(super) fn usable_generation(self: &Arc<Self>) -> Option<u64> {
        self.latest.fresh(self.clock.monotonic()).or_else(|| {
            let answer = self.answer()?;
            self.use_or_renew(&answer).then_some(answer.generation)
        })
    }

    /// The cached answer, if it may be used, or else the fetch of a newer one.
    pub(super) fn usable_or_fetch(self: &Arc<Self>) -> Fetch<T> {
        let known = self.answer();
        // 0 when there is none: any answer that arrives from here on is newer, and is used as it is.
        let seen = known.as_ref().map_or(0, |answer| answer.generation);
        match known.filter(|answer| self.use_or_renew(answer)) {
            Some(snapshot) => Fetch::Done(snapshot),
            None => self.fetch(Reason::Age, seen),
        }
    }

    pub(super) fn age(&self, snapshot: &Snapshot<T>) -> Duration {
        let now = self.clock.monotonic();
        now.saturating_sub(snapshot.fetched_at)
    }

    /// Whether an answer of this age may still be used.
    pub(super) fn is_usable(&self, snapshot: &Snapshot<T>, age: Duration) -> bool {
        age < snapshot.ttl.saturating_add(self.freshness.stale)
    }

    /// Whether the answer may still be used. Starts a fetch when it is due for renewal.
    fn use_or_renew(self: &Arc<Self>, snapshot: &Snapshot<T>) -> bool {
        let age = self.age(snapshot);
        let usable = self.is_usable(snapshot, age);
        if usable && age >= Freshness::refresh_after(snapshot.ttl) {
            // No caller waits for this fetch; if it fails, the cached answer stays in use.
            let _ = self.fetch(Reason::Age, snapshot.generation);
        }
        usable
    }

    /// The answer that has arrived since generation `seen`; otherwise joins the fetch that is in
    /// flight, or starts one if it is due. All of it under one lock, so that a fetch that ends
    /// meanwhile is neither missed nor repeated.
    pub(super) fn fetch(self: &Arc<Self>, reason: Reason, seen: u64) -> Fetch<T> {
        let mut attempts = self.attempts();
        if let Some(snapshot) = self.answer().filter(|answer| answer.generation > seen) {
            return Fetch::Done(snapshot);
        }
        match attempts.want(reason, self.clock.monotonic(), &self.freshness) {
            Slot::InFlight(outcome) => Fetch::InFlight(outcome),
            Slot::NotBefore(too_early) => Fetch::NotBefore(too_early),
            Slot::Free {
                number,
                done,
                outcome,
            } => {
                self.renewer.start(self);
                let shared = Arc::clone(self);
                tokio::spawn(async move {
                    let result = shared.run(reason, number).await;
                    // It is fine when no caller waits.
                    let _ = done.send(Some(result));
                });
                Fetch::InFlight(outcome)
            }
        }
    }

    async fn run(&self, reason: Reason, number: u64) -> Result<(), FetchError> {
        let (requested_at, requested_since) = (self.clock.now(), self.clock.monotonic());
        let result = match timeout(LIMIT, self.request(reason)).await {
            Ok(result) => result,
            Err(_) => Err(FetchError::timed_out(self.places.name())),
        };
        let now = self.clock.monotonic();
        let mut attempts = self.attempts();
        if !attempts.end(number) {
            return Err(FetchError::abandoned(self.places.name()));
        }
        match result {
            Ok((content, ttl)) => {
                let generation = attempts.succeeded();
                let snapshot = Snapshot {
                    content,
                    generation,
                    requested_at,
                    requested_since,
                    fetched_at: now,
                    ttl,
                };
                let fresh_until = now.saturating_add(Freshness::refresh_after(ttl));
                self.answers.insert(Arc::clone(&self.key), snapshot);
                self.latest.set(generation, fresh_until);
                Ok(())
            }
            Err(error) => {
                attempts.failed(error.clone(), now, &self.freshness);
                error.log(attempts.failures);
                Err(error)
            }
        }
    }

    /// Requests the document at each place in turn until one does not answer with a 4xx status.
    async fn request(&self, reason: Reason) -> Result<(T, Duration), FetchError> {
        let places = self.places.find().await;
        let urls = places.map_err(|error| FetchError::no_place(self.places.name(), &error))?;
        let mut last = None;
        for url in &urls {
            match self.fetcher.get(url, reason == Reason::Forced).await {
                Ok(fetched) => {
                    let ttl = self.freshness.ttl(fetched.max_age);
                    let content = (self.read)(fetched.json)
                        .map_err(|problem| FetchError::content(url, &*problem))?;
                    return Ok((content, ttl));
                }
                Err(error) if error.is_not_here() => last = Some(error),
                Err(error) => return Err(error),
            }
        }
        Err(last.unwrap_or_else(|| FetchError::abandoned(self.places.name())))
    }

    /// Waits for the end of a fetch.
    pub(super) async fn finished(
        &self,
        mut outcome: watch::Receiver<Outcome>,
    ) -> Result<(), Unavailable> {
        let result = match timeout(PATIENCE, outcome.wait_for(Option::is_some)).await {
            Ok(Ok(result)) => result.clone().unwrap_or(Ok(())),
            Ok(Err(_)) | Err(_) => Err(FetchError::abandoned(self.places.name())),
        };
        result.map_err(|error| self.failed(error))
    }

    /// The error after a failed fetch, with the time to wait before the next.
    fn failed(&self, error: FetchError) -> Unavailable {
        let now = self.clock.monotonic();
        let wait = self.attempts().retry_at.saturating_sub(now);
        Unavailable::new(wait).because(error)
    }

    /// The error when the next fetch is not due before `wait` has passed, because of the last failure.
    pub(super) fn not_before(&self, wait: Duration) -> Unavailable {
        let unavailable = Unavailable::new(wait);
        match self.attempts().last_error.clone() {
            Some(error) => unavailable.because(error),
            None => unavailable,
        }
    }

    fn attempts(&self) -> MutexGuard<'_, Attempts> {
        // No update under this lock can panic halfway, so a poisoned value is consistent.
        self.attempts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Send + Sync + 'static> Renew for Document<T> {
    /// Starts the same fetch that a request would start in the background.
    fn renew(self: Arc<Self>) -> Step {
        let now = self.clock.monotonic();
        let answer = self.answer();
        let due = answer.as_ref().map_or(Duration::ZERO, |answer| {
            let fresh_for = Freshness::refresh_after(answer.ttl);
            answer.fetched_at.saturating_add(fresh_for)
        });
        if now < due {
            return Step::Wait(self.clock.sleep(due.saturating_sub(now)));
        }
        let seen = answer.map_or(0, |answer| answer.generation);
        match self.fetch(Reason::Age, seen) {
            // One that has just arrived.
            Fetch::Done(_) => Step::Wait(self.clock.sleep(Duration::ZERO)),
            Fetch::NotBefore(too_early) => Step::Wait(self.clock.sleep(too_early.wait)),
            Fetch::InFlight(outcome) => {
                let pause = self.clock.sleep(self.freshness.wait_after(1));
                Step::InFlight(outcome, pause)
            }
        }
    }
}

impl<T> fmt::Debug for Document<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Document")
            .field("places", &self.places)
            .finish_non_exhaustive()
    }
}
