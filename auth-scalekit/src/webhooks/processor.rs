//! [`EventProcessor`]: everything that an event has to cause, once.
//!
//! 1. Has it been processed, or is another delivery of it being processed? ([`IdempotencyStore`])
//! 2. Its revocations are determined, with a lookup of the user where the event names none, and stored.
//! 3. The handlers are called: of the application, and of the directory.
//! 4. It is recorded as processed.
//!
//! Interrupted anywhere, the next delivery begins again: at once if step 2 or 3 has failed, after the lease if the
//! process has died. Revocations that are stored twice are the same as those that are stored once.

use std::sync::Arc;
use std::time::Duration;

use auth_core::idempotency::{Begin, IdempotencyStore};
use auth_core::revocation::RevocationStore;
use auth_core::support::Clock;

use super::builder::EventProcessorBuilder;
use super::deadline::{Deadline, STORE_DEADLINE};
use super::effects::Effects;
use super::event::WebhookEvent;
use super::handler::WebhookHandler;
use super::process_error::ProcessError;
use crate::provider::ScalekitProvider;

/// After this time without an end, a delivery counts as abandoned.
const LEASE: Duration = Duration::from_secs(30);
/// How long a processed event is remembered: longer than the longest chain of retries, which is 27.6 h.
const KEEP: Duration = Duration::from_secs(48 * 60 * 60);
/// How long each step may take. Together they end before the lease does, and with the wait for a place (1 s) before the
/// sender gives up (10 s).
const BEGIN_DEADLINE: Duration = STORE_DEADLINE;
const APPLY_DEADLINE: Duration = Duration::from_secs(5);
const ABANDON_DEADLINE: Duration = Duration::from_secs(1);

/// Revokes what events concern, and calls the handler of the application: each event once, in any order, however
/// often it arrives. [`WebhookService`](super::WebhookService) and [`CatchUp`](super::CatchUp) share one.
///
/// Processing one event takes at most 8.5 s. Cheap to clone.
#[derive(Debug, Clone)]
pub struct EventProcessor(Arc<Shared>);

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) effects: Effects,
    pub(super) revocations: Arc<dyn RevocationStore>,
    pub(super) processed: Arc<dyn IdempotencyStore>,
    pub(super) handlers: Vec<Arc<dyn WebhookHandler>>,
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

impl EventProcessor {
    /// Settings for the tokens of a provider: its issuer, its store of revocations and its clock, so that what events
    /// revoke is what the layer of this provider refuses.
    pub fn of(provider: &ScalekitProvider) -> EventProcessorBuilder {
        let store = Arc::clone(provider.revocation_store());
        EventProcessorBuilder::new(provider.environment_url().into(), store)
            .clock(Arc::clone(provider.clock()))
    }

    /// Settings for a process without a [`ScalekitProvider`], such as one that receives webhooks for others: the
    /// environment's URL (`https://acme.scalekit.com`), which is the issuer of the tokens, and the store of revocations
    /// that the layer of the other processes uses too. Where there is a provider, use [`of`](Self::of): with another URL
    /// or another store, events would revoke nothing.
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
    /// handler for all.
    #[must_use]
    pub fn event_types(&self) -> Option<Vec<&'static str>> {
        let mut types = self.0.effects.event_types();
        for handler in &self.0.handlers {
            types.extend(handler.event_types()?.iter().map(|kind| kind.as_str()));
        }
        types.sort_unstable();
        types.dedup();
        Some(types)
    }

    /// Processes an event, whose sender must be authenticated.
    ///
    /// # Errors
    ///
    /// [`ProcessError`]: the event must be delivered again, unless it is malformed.
    pub async fn process(&self, event: &WebhookEvent) -> Result<Processed, ProcessError> {
        let shared = &*self.0;
        if shared.handlers_of(event).next().is_none() && shared.effects.effect(event)?.is_none() {
            return Ok(Processed::WithoutEffect);
        }
        let begun = shared.processed.begin(event.id(), LEASE);
        match shared.within(BEGIN_DEADLINE).store(begun).await? {
            Begin::First => {}
            Begin::InProgress => return Err(ProcessError::InProgress),
            Begin::Done => return Ok(Processed::Before),
        }
        let result = shared.apply(event).await;
        if result.is_err() {
            // What it was doing does not run any more. If this fails as well, the lease ends.
            let abandoned = shared.processed.abandon(event.id());
            let _ = shared.within(ABANDON_DEADLINE).store(abandoned).await;
        }
        result.map(|()| Processed::Now)
    }
}

impl Shared {
    fn within(&self, time: Duration) -> Deadline<'_> {
        Deadline::after(&*self.clock, time)
    }

    fn handlers_of(&self, event: &WebhookEvent) -> impl Iterator<Item = &dyn WebhookHandler> {
        let kind = event.kind();
        let handles = move |handler: &&dyn WebhookHandler| {
            let types = handler.event_types();
            types.is_none_or(|types| kind.is_some_and(|kind| types.contains(&kind)))
        };
        self.handlers.iter().map(AsRef::as_ref).filter(handles)
    }

    async fn apply(&self, event: &WebhookEvent) -> Result<(), ProcessError> {
        let mut deadline = self.within(APPLY_DEADLINE);
        if let Some(effect) = self.effects.effect(event)? {
            let occurred = event.occurred_by(self.clock.now());
            let revocations = self.effects.revocations(effect, occurred);
            let revocations = deadline.step(revocations).await?;
            let revocations = revocations.map_err(ProcessError::Lookup)?;
            if !revocations.is_empty() {
                let stored = self.revocations.revoke(&revocations);
                deadline.store(stored).await?;
            }
        }
        let mut failure = None;
        for handler in self.handlers_of(event) {
            // One that fails does not keep the others from doing what they can.
            if let Err(error) = deadline.step(handler.handle(event)).await? {
                failure.get_or_insert(error);
            }
        }
        if let Some(error) = failure {
            return Err(ProcessError::Handler(error));
        }
        let recorded = self.processed.complete(event.id(), KEEP);
        deadline.store(recorded).await
    }
}
