//! [`EventProcessor`]: everything that an event has to cause, once.
//!
//! 1. Has it been processed, or is another delivery of it being processed? ([`IdempotencyStore`])
//! 2. Its revocations are determined, with a lookup of the user where the event names none, and stored.
//! 3. The handler of the application is called.
//! 4. It is recorded as processed.
//!
//! Interrupted anywhere, the next delivery begins again: at once if step 2 or 3 has failed, after the lease if the
//! process has died. Revocations that are stored twice are the same as those that are stored once.

use std::sync::Arc;
use std::time::Duration;

use auth_core::idempotency::{Begin, IdempotencyStore};
use auth_core::revocation::RevocationStore;
use auth_core::support::Clock;
use auth_core::verifier::Unavailable;
use thiserror::Error;

use super::builder::EventProcessorBuilder;
use super::effects::{Effects, MissingMember};
use super::event::WebhookEvent;
use super::handler::{HandlerError, WebhookHandler};

/// After this time without an end, a delivery counts as abandoned.
const LEASE: Duration = Duration::from_secs(30);
/// How long a processed event is remembered: longer than the longest chain of retries, which is 27.6 h.
const KEEP: Duration = Duration::from_secs(48 * 60 * 60);
/// How long each step may take. Together they end before the lease does, and before the sender gives up (10 s).
const BEGIN_DEADLINE: Duration = Duration::from_secs(2);
const APPLY_DEADLINE: Duration = Duration::from_secs(5);
const ABANDON_DEADLINE: Duration = Duration::from_secs(1);
/// When to deliver an event again that did not find its end.
const SOON: Duration = Duration::from_secs(5);

/// Revokes what events concern, and calls the handler of the application: each event once, in any order, however
/// often it arrives. [`WebhookService`](super::WebhookService) and [`CatchUp`](super::CatchUp) share one.
///
/// Processing one event takes at most 8 s. Cheap to clone.
#[derive(Debug, Clone)]
pub struct EventProcessor(Arc<Shared>);

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) effects: Effects,
    pub(super) revocations: Arc<dyn RevocationStore>,
    pub(super) processed: Arc<dyn IdempotencyStore>,
    pub(super) handler: Option<Arc<dyn WebhookHandler>>,
    pub(super) clock: Arc<dyn Clock>,
}

/// What has become of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Processed {
    /// Its effects are stored.
    Now,
    /// They were stored before.
    Before,
    /// It has none: nothing was stored.
    WithoutEffect,
}

/// Why an event was not processed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ProcessError {
    /// Another delivery of the event is being processed, here or in another process.
    #[error("another delivery of the event is being processed")]
    InProgress,
    /// A member that the revocation needs is absent or malformed. The next delivery of the event has the same fault.
    #[error("the event has no valid member {0:?}, which its revocation needs")]
    Malformed(&'static str),
    /// A store or the lookup of users is unavailable.
    #[error("the effects of the event cannot be stored now")]
    Unavailable(#[source] Unavailable),
    /// The handler of the application has failed.
    #[error("the handler of the application has failed")]
    Handler(#[source] HandlerError),
    /// The stores and the handler took too long, together 7 s at most.
    #[error("the event was not processed in time: a store, the lookup or the handler is slow")]
    TimedOut,
}

impl ProcessError {
    /// When to deliver the event again; `None` if that is of no use.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Malformed(_) => None,
            Self::Unavailable(unavailable) => Some(unavailable.retry_after().max(SOON)),
            Self::InProgress | Self::Handler(_) | Self::TimedOut => Some(SOON),
        }
    }
}

impl From<MissingMember> for ProcessError {
    fn from(MissingMember(name): MissingMember) -> Self {
        Self::Malformed(name)
    }
}

impl From<Unavailable> for ProcessError {
    fn from(unavailable: Unavailable) -> Self {
        Self::Unavailable(unavailable)
    }
}

impl EventProcessor {
    /// Settings: the environment's URL (`https://acme.scalekit.com`), which is the issuer of the tokens, and the
    /// store of revocations that the layer uses too.
    pub fn builder(
        environment_url: impl Into<String>,
        revocations: impl RevocationStore,
    ) -> EventProcessorBuilder {
        EventProcessorBuilder::new(environment_url.into(), Arc::new(revocations))
    }

    pub(super) fn from_shared(shared: Shared) -> Self {
        Self(Arc::new(shared))
    }

    pub(super) fn clock(&self) -> &Arc<dyn Clock> {
        &self.0.clock
    }

    /// The types of events that can have an effect, by their names on the wire; `None` if all can, because there is a
    /// handler.
    #[must_use]
    pub fn event_types(&self) -> Option<Vec<&'static str>> {
        let has_handler = self.0.handler.is_some();
        (!has_handler).then(|| self.0.effects.event_types())
    }

    /// Processes an event, whose sender must be authenticated.
    ///
    /// # Errors
    ///
    /// [`ProcessError`]: the event must be delivered again, unless it is malformed.
    pub async fn process(&self, event: &WebhookEvent) -> Result<Processed, ProcessError> {
        let shared = &*self.0;
        if shared.handler.is_none() && shared.effects.effect(event)?.is_none() {
            return Ok(Processed::WithoutEffect);
        }
        match shared.before(BEGIN_DEADLINE, shared.begin(event)).await {
            Some(begun) => match begun? {
                Begin::First => {}
                Begin::InProgress => return Err(ProcessError::InProgress),
                Begin::Done => return Ok(Processed::Before),
            },
            None => return Err(ProcessError::TimedOut),
        }
        let result = shared.before(APPLY_DEADLINE, shared.apply(event)).await;
        let result = result.unwrap_or(Err(ProcessError::TimedOut));
        if result.is_err() {
            // What it was doing does not run any more. If this fails as well, the lease ends.
            let abandoned = shared.processed.abandon(event.id());
            let _ = shared.before(ABANDON_DEADLINE, abandoned).await;
        }
        result.map(|()| Processed::Now)
    }
}

impl Shared {
    async fn begin(&self, event: &WebhookEvent) -> Result<Begin, Unavailable> {
        self.processed.begin(event.id(), LEASE).await
    }

    async fn apply(&self, event: &WebhookEvent) -> Result<(), ProcessError> {
        if let Some(effect) = self.effects.effect(event)? {
            let now = self.clock.now();
            let revocations = self.effects.revocations(effect, event.occurred_at(), now);
            let revocations = revocations.await?;
            if !revocations.is_empty() {
                self.revocations.revoke(&revocations).await?;
            }
        }
        if let Some(handler) = &self.handler {
            let handled = handler.handle(event).await;
            handled.map_err(ProcessError::Handler)?;
        }
        Ok(self.processed.complete(event.id(), KEEP).await?)
    }

    /// What `future` returns, unless the time passes first.
    async fn before<T>(&self, time: Duration, future: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            output = future => Some(output),
            () = self.clock.sleep(time) => None,
        }
    }
}
