//! [`Source`]: a document that is fetched once for all callers, cached, and kept while its server is down.
//!
//! What a request that needs the document does, in this order:
//!
//! 1. A fresh answer is used. Past 80 % of its lifetime, a fetch is started in the background.
//! 2. A stale answer is used for a bounded time, and a fetch is started in the background.
//! 3. Otherwise the request waits for the fetch that is in flight, or starts one.
//! 4. After a failed fetch there is no other for a while; callers that would need one get
//!    [`Unavailable`] with the time to wait.
//!
//! A fetch runs in a separate task: a caller that is cancelled does not end it for the others. A bad
//! answer never replaces a good one. With [`Renewal::InBackground`] the same fetches are made, at the
//! same times, without a request.

use std::sync::Arc;
use std::time::Duration;

use auth_core::support::{BoxFuture, Clock};
use auth_core::verifier::Unavailable;
use bytes::Bytes;

use super::attempts::{Reason, TooEarly};
use super::document::{Document, Fetch};
use super::fetch::{FetchError, Fetcher};
use super::freshness::Freshness;
use super::place::{Places, UrlSource};
use super::renewal::Renewal;
use super::snapshot::{Answers, Snapshot};
use super::url::FetchUrl;

/// The state of a source.
#[derive(Debug)]
pub(crate) struct State<T> {
    /// The last good answer, however old.
    pub(crate) answer: Option<Arc<Snapshot<T>>>,
    /// The age of the answer.
    pub(crate) age: Option<Duration>,
    /// Whether the answer may still be used.
    pub(crate) usable: bool,
    /// The number of fetches that have failed since.
    pub(crate) failures: u32,
    pub(crate) last_error: Option<FetchError>,
}

/// The result of [`Source::newer_than`].
#[derive(Debug)]
pub(crate) enum Newer<T> {
    /// There is one.
    Found {
        /// The newer answer.
        snapshot: Arc<Snapshot<T>>,
        /// Whether it was requested after this call began, so that it is conclusive.
        conclusive: bool,
    },
    /// The next forced fetch is not due yet.
    NotBefore {
        too_early: TooEarly,
        /// Why there is no current answer, if the last fetch failed.
        outage: Option<Unavailable>,
    },
    /// The fetch failed.
    Failed(Unavailable),
}

/// A document that is fetched, cached and renewed; see the module documentation. Cheap to clone.
#[derive(Debug)]
pub(crate) struct Source<T>(Arc<Document<T>>);

impl<T: Send + Sync + 'static> Source<T> {
    /// A source of the document at one of `places`. Renewal in the background begins here if there is
    /// a runtime, otherwise with the first fetch.
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
        let read = Box::new(move |body| read(body).map_err(Into::into));
        let answers = answers.clone();
        Self(Document::new(
            answers, places, fetcher, freshness, renewal, clock, read,
        ))
    }

    /// Whether this is the document at these places.
    pub(crate) fn is_at(&self, places: &Places) -> bool {
        self.0.is_at(places)
    }

    /// The first location of the document, as far as it is known.
    pub(crate) fn place(&self) -> Option<String> {
        self.0.first_place()
    }

    /// The generation of the cached answer, if it may be used. Starts a fetch in the background when
    /// the answer is due for renewal.
    pub(crate) fn usable_generation(&self) -> Option<u64> {
        self.0.usable_generation()
    }

    /// The current state. Fetches nothing.
    pub(crate) fn state(&self) -> State<T> {
        let answer = self.0.answer();
        let age = answer.as_ref().map(|answer| self.0.age(answer));
        let usable = answer.as_ref().zip(age);
        let (failures, last_error) = self.0.failures();
        State {
            usable: usable.is_some_and(|(answer, age)| self.0.is_usable(answer, age)),
            age,
            answer,
            failures,
            last_error,
        }
    }

    /// The answer to use now.
    ///
    /// # Errors
    ///
    /// [`Unavailable`] when there is none and none can be fetched now.
    pub(crate) async fn current(&self) -> Result<Arc<Snapshot<T>>, Unavailable> {
        match self.0.usable_or_fetch() {
            Fetch::Done(snapshot) => Ok(snapshot),
            Fetch::NotBefore(too_early) => Err(self.0.not_before(too_early.wait)),
            Fetch::InFlight(outcome) => {
                self.0.finished(outcome).await?;
                self.0
                    .answer()
                    .ok_or_else(|| self.0.not_before(Duration::ZERO))
            }
        }
    }

    /// Starts a fetch unless there is a usable answer. Does not wait for it.
    pub(crate) fn start(&self) {
        let _ = self.0.usable_or_fetch();
    }

    /// An answer newer than the one of `generation`: one that has arrived since, or that of a forced
    /// fetch.
    pub(crate) async fn newer_than(&self, generation: u64) -> Newer<T> {
        let now = self.0.monotonic();
        let found = |snapshot: Arc<Snapshot<T>>| Newer::Found {
            conclusive: snapshot.requested_since >= now,
            snapshot,
        };
        match self.0.fetch(Reason::Forced, generation) {
            Fetch::Done(snapshot) => found(snapshot),
            Fetch::NotBefore(too_early) => {
                let (failures, _) = self.0.failures();
                Newer::NotBefore {
                    outage: (failures > 0).then(|| self.0.not_before(too_early.wait)),
                    too_early,
                }
            }
            Fetch::InFlight(outcome) => match self.0.finished(outcome).await {
                Err(unavailable) => Newer::Failed(unavailable),
                Ok(()) => match self.0.answer() {
                    Some(snapshot) => found(snapshot),
                    None => Newer::Failed(self.0.not_before(Duration::ZERO)),
                },
            },
        }
    }
}

impl UrlSource for Source<FetchUrl> {
    fn known(&self) -> Option<String> {
        let known = self.state().answer?;
        Some(known.content.as_str().into())
    }

    fn current(&self) -> BoxFuture<'_, Result<String, Unavailable>> {
        Box::pin(async move {
            let current = self.current().await?;
            Ok(current.content.as_str().into())
        })
    }
}

impl<T> Clone for Source<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}
