//! A document that is always at hand: fetched once for all who ask, kept while its server is ill.
//!
//! What a request that needs the document does, in this order:
//!
//! 1. A fresh answer is used. Past 80 % of its time, a fetch is started beside.
//! 2. A stale answer is used for a bounded time, and a fetch is started beside.
//! 3. Otherwise the request waits for the fetch that is under way, or starts it.
//! 4. After a failed fetch nobody fetches for a while; those who would have to wait are told how
//!    long.
//!
//! A fetch runs in a task of its own: a caller that goes away does not end it for the others. A
//! bad answer never replaces a good one. Where the document is kept fresh in the background, the same
//! fetches are made, at the same times, without a request ([`renewal`](super::renewal)).

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use auth_core::{Clock, Unavailable};
use bytes::Bytes;
use moka::sync::Cache;
use tokio::sync::watch;
use tokio::time::timeout;

use super::attempts::{Attempts, LIMIT, Outcome, PATIENCE, Reason, Slot, TooEarly};
use super::fetch::{FetchError, Fetcher};
use super::freshness::Freshness;
use super::latest::Latest;
use super::place::Places;
use super::renewal::{Renewal, Renewer, Step};

/// An answer, read.
#[derive(Debug)]
pub(crate) struct Snapshot<T> {
    pub(crate) content: T,
    /// Grows with each good answer.
    pub(crate) generation: u64,
    /// When it was asked for, by the wall clock: it holds nothing that was made later.
    pub(crate) asked_at: SystemTime,
    /// The same by the monotonic clock.
    asked_since: Duration,
    /// When it came, by the monotonic clock.
    fetched_at: Duration,
    ttl: Duration,
}

/// How a source stands.
#[derive(Debug)]
pub(crate) struct State<T> {
    /// The last good answer, however old.
    pub(crate) answer: Option<Arc<Snapshot<T>>>,
    /// Its age.
    pub(crate) age: Option<Duration>,
    /// Whether it may still be used.
    pub(crate) usable: bool,
    /// How many fetches have failed since.
    pub(crate) failures: u32,
    pub(crate) last_error: Option<FetchError>,
}

/// Whether there is a newer answer than the one somebody has.
#[derive(Debug)]
pub(crate) enum Newer<T> {
    /// There is.
    Found {
        /// The newer answer.
        snapshot: Arc<Snapshot<T>>,
        /// Whether it was asked for after this question came up, so that it has the last word.
        last_word: bool,
    },
    /// It cannot be asked for yet.
    NotBefore {
        too_early: TooEarly,
        /// The last fetch failed.
        outage: Option<Unavailable>,
    },
    /// It was asked for in vain.
    Failed(Unavailable),
}

/// The last good answers of several documents, each by the key of its place: one cache for all key sets of a
/// verifier. moka bounds and shares the map; how old an answer is, our own clock says, since moka's expiry would
/// delete the last good one.
pub(crate) struct Answers<T>(Cache<Arc<str>, Arc<Snapshot<T>>>);

impl<T: Send + Sync + 'static> Answers<T> {
    /// A cache with room for each of `documents`, so that none evicts another.
    pub(crate) fn of(documents: usize) -> Self {
        Self(Cache::new(u64::try_from(documents).unwrap_or(u64::MAX)))
    }
}

impl<T> Clone for Answers<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

/// Reads a body; the error says what is wrong with it.
type Read<T> = dyn Fn(Bytes) -> Result<T, Box<dyn std::error::Error + Send + Sync>> + Send + Sync;

/// See the module's text. Cheap to clone.
pub(crate) struct Source<T>(Arc<Shared<T>>);

pub(super) struct Shared<T> {
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

impl<T: Send + Sync + 'static> Source<T> {
    /// A source of the document at one of `places`. In the background it is kept fresh from here on
    /// where there is a runtime, else from the first fetch on.
    pub(crate) fn new<E>(
        answers: &Answers<T>,
        places: Places,
        fetcher: Fetcher,
        freshness: Freshness,
        renewal: Renewal,
        clock: Arc<dyn Clock>,
        read: impl Fn(Bytes) -> Result<T, E> + Send + Sync + 'static,
    ) -> Self
    where
        E: std::error::Error + Send + Sync + 'static,
    {
        let shared = Arc::new(Shared {
            answers: answers.clone(),
            key: places.key().into(),
            latest: Latest::default(),
            places,
            fetcher,
            read: Box::new(move |body| read(body).map_err(Into::into)),
            freshness,
            clock,
            attempts: Mutex::default(),
            renewer: Renewer::new(renewal),
        });
        shared.renewer.start(&shared);
        Self(shared)
    }

    /// Whether this is the document that is to be found there.
    pub(crate) fn is_at(&self, places: &Places) -> bool {
        *self.0.key == *places.key()
    }

    /// Where the document is, first of all, as far as that is known.
    pub(crate) fn place(&self) -> Option<String> {
        self.0.places.first()
    }

    /// The generation of the answer at hand, if it may be used; starts a fetch beside when it is
    /// getting old.
    pub(crate) fn usable_generation(&self) -> Option<u64> {
        self.0.latest.fresh(self.0.clock.monotonic()).or_else(|| {
            let answer = self.0.answer()?;
            self.0.use_or_renew(&answer).then_some(answer.generation)
        })
    }

    /// How things stand. Fetches nothing.
    pub(crate) fn state(&self) -> State<T> {
        let answer = self.0.answer();
        let age = answer.as_ref().map(|answer| self.0.age(answer));
        let usable = answer.as_ref().zip(age);
        let attempts = self.0.attempts();
        State {
            usable: usable.is_some_and(|(answer, age)| self.0.is_usable(answer, age)),
            age,
            answer,
            failures: attempts.failures,
            last_error: attempts.last_error.clone(),
        }
    }

    /// The answer to use now.
    ///
    /// # Errors
    ///
    /// [`Unavailable`] when there is none and none can be had.
    pub(crate) async fn current(&self) -> Result<Arc<Snapshot<T>>, Unavailable> {
        match self.0.usable_or_fetch() {
            Fetch::Done(snapshot) => Ok(snapshot),
            Fetch::NotBefore(too_early) => Err(self.0.not_before(too_early.wait)),
            Fetch::UnderWay(outcome) => {
                self.0.finished(outcome).await?;
                self.0
                    .answer()
                    .ok_or_else(|| self.0.not_before(Duration::ZERO))
            }
        }
    }

    /// Starts a fetch unless there is an answer to use, and waits for nothing.
    pub(crate) fn start(&self) {
        let _ = self.0.usable_or_fetch();
    }

    /// A newer answer than the one of `generation`: one that has come since, or a forced fetch.
    pub(crate) async fn newer_than(&self, generation: u64) -> Newer<T> {
        let now = self.0.clock.monotonic();
        let found = |snapshot: Arc<Snapshot<T>>| Newer::Found {
            last_word: snapshot.asked_since >= now,
            snapshot,
        };
        match self.0.fetch(Reason::Forced, generation) {
            Fetch::Done(snapshot) => found(snapshot),
            Fetch::NotBefore(too_early) => {
                let failed = self.0.attempts().failures > 0;
                Newer::NotBefore {
                    outage: failed.then(|| self.0.not_before(too_early.wait)),
                    too_early,
                }
            }
            Fetch::UnderWay(outcome) => match self.0.finished(outcome).await {
                Err(unavailable) => Newer::Failed(unavailable),
                Ok(()) => match self.0.answer() {
                    Some(snapshot) => found(snapshot),
                    None => Newer::Failed(self.0.not_before(Duration::ZERO)),
                },
            },
        }
    }
}

/// What came of wanting a fetch.
enum Fetch<T> {
    /// It has come already.
    Done(Arc<Snapshot<T>>),
    UnderWay(watch::Receiver<Outcome>),
    NotBefore(TooEarly),
}

impl<T: Send + Sync + 'static> Shared<T> {
    fn answer(&self) -> Option<Arc<Snapshot<T>>> {
        self.answers.0.get(&self.key)
    }

    /// What the task in the background does now: the same fetch that a request would start beside.
    pub(super) fn renew(self: &Arc<Self>) -> Step {
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
            // One that has just come.
            Fetch::Done(_) => Step::Wait(self.clock.sleep(Duration::ZERO)),
            Fetch::NotBefore(too_early) => Step::Wait(self.clock.sleep(too_early.wait)),
            Fetch::UnderWay(outcome) => {
                let pause = self.clock.sleep(self.freshness.wait_after(1));
                Step::UnderWay(outcome, pause)
            }
        }
    }

    /// The answer at hand, if it may be used, or else the fetch of another one.
    fn usable_or_fetch(self: &Arc<Self>) -> Fetch<T> {
        let known = self.answer();
        // Of this very answer, and 0 of none: one that comes from here on is newer, and is taken
        // as it is.
        let seen = known.as_ref().map_or(0, |answer| answer.generation);
        match known.filter(|answer| self.use_or_renew(answer)) {
            Some(snapshot) => Fetch::Done(snapshot),
            None => self.fetch(Reason::Age, seen),
        }
    }

    fn age(&self, snapshot: &Snapshot<T>) -> Duration {
        let now = self.clock.monotonic();
        now.saturating_sub(snapshot.fetched_at)
    }

    /// Whether an answer of this age may still be used.
    fn is_usable(&self, snapshot: &Snapshot<T>, age: Duration) -> bool {
        age < snapshot.ttl.saturating_add(self.freshness.stale)
    }

    /// Whether the answer may still be used; starts a fetch beside when it is getting old.
    fn use_or_renew(self: &Arc<Self>, snapshot: &Snapshot<T>) -> bool {
        let age = self.age(snapshot);
        let usable = self.is_usable(snapshot, age);
        if usable && age >= Freshness::refresh_after(snapshot.ttl) {
            // Nobody waits for this one; when it fails the answer at hand goes on.
            let _ = self.fetch(Reason::Age, snapshot.generation);
        }
        usable
    }

    /// The answer that has come since the one of generation `seen`; else joins the fetch that is
    /// under way, or starts one if it is time. All of it under one lock, so that a fetch that
    /// ends meanwhile is neither missed nor made twice.
    fn fetch(self: &Arc<Self>, reason: Reason, seen: u64) -> Fetch<T> {
        let mut attempts = self.attempts();
        if let Some(snapshot) = self.answer().filter(|answer| answer.generation > seen) {
            return Fetch::Done(snapshot);
        }
        match attempts.want(reason, self.clock.monotonic(), &self.freshness) {
            Slot::Taken(outcome) => Fetch::UnderWay(outcome),
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
                    // Nobody may be waiting, which is fine.
                    let _ = done.send(Some(result));
                });
                Fetch::UnderWay(outcome)
            }
        }
    }

    async fn run(&self, reason: Reason, number: u64) -> Result<(), FetchError> {
        let (asked_at, asked_since) = (self.clock.now(), self.clock.monotonic());
        let result = match timeout(LIMIT, self.ask(reason)).await {
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
                    asked_at,
                    asked_since,
                    fetched_at: now,
                    ttl,
                };
                let fresh_until = now.saturating_add(Freshness::refresh_after(ttl));
                self.answers
                    .0
                    .insert(Arc::clone(&self.key), Arc::new(snapshot));
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

    /// Asks at one place after the other, as long as the document is said not to be there.
    async fn ask(&self, reason: Reason) -> Result<(T, Duration), FetchError> {
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
    async fn finished(&self, mut outcome: watch::Receiver<Outcome>) -> Result<(), Unavailable> {
        let result = match timeout(PATIENCE, outcome.wait_for(Option::is_some)).await {
            Ok(Ok(result)) => result.clone().unwrap_or(Ok(())),
            Ok(Err(_)) | Err(_) => Err(FetchError::abandoned(self.places.name())),
        };
        result.map_err(|error| self.failed(error))
    }

    /// When to come back after a failed fetch.
    fn failed(&self, error: FetchError) -> Unavailable {
        let now = self.clock.monotonic();
        let wait = self.attempts().retry_at.saturating_sub(now);
        Unavailable::new(wait).because(error)
    }

    /// Nothing can be had before `wait` has passed, because of the last failure.
    fn not_before(&self, wait: Duration) -> Unavailable {
        let unavailable = Unavailable::new(wait);
        match self.attempts().last_error.clone() {
            Some(error) => unavailable.because(error),
            None => unavailable,
        }
    }

    fn attempts(&self) -> MutexGuard<'_, Attempts> {
        // Nothing is left half-done under this lock, so a panic elsewhere spoils nothing.
        self.attempts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Clone for Source<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> fmt::Debug for Source<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source")
            .field("places", &self.0.places)
            .finish_non_exhaustive()
    }
}
