//! [`EventProcessorBuilder`]: the settings of an [`EventProcessor`].

use std::future::Future;
use std::sync::Arc;

use auth_core::error::ConfigErrors;
use auth_core::idempotency::{IdempotencyStore, MemoryIdempotency};
use auth_core::provider::PublicUrl;
use auth_core::revocation::RevocationStore;
use auth_core::support::{Clock, SystemClock};

use super::effects::Effects;
use super::event::WebhookEvent;
use super::handler::{HandlerError, HandlerFn, WebhookHandler};
use super::lookup::{UserLookup, WithoutLookup};
use super::processor::{EventProcessor, Shared};
use super::rules::RevocationRules;

/// Settings of an [`EventProcessor`].
#[derive(Debug)]
#[must_use = "call build() to get the processor"]
pub struct EventProcessorBuilder {
    environment_url: String,
    revocations: Arc<dyn RevocationStore>,
    processed: Option<Arc<dyn IdempotencyStore>>,
    rules: RevocationRules,
    lookup: Option<Arc<dyn UserLookup>>,
    without_lookup: WithoutLookup,
    handlers: Vec<Arc<dyn WebhookHandler>>,
    clock: Arc<dyn Clock>,
}

impl EventProcessorBuilder {
    pub(super) fn new(environment_url: String, revocations: Arc<dyn RevocationStore>) -> Self {
        Self {
            environment_url,
            revocations,
            processed: None,
            rules: RevocationRules::default(),
            lookup: None,
            without_lookup: WithoutLookup::default(),
            handlers: Vec::new(),
            clock: Arc::new(SystemClock::new()),
        }
    }

    /// Remembers which events were processed. Share it between the processes that share the store of revocations, and
    /// only those: an event that another process has recorded has no effect here. Default: in memory.
    pub fn processed(mut self, store: impl IdempotencyStore) -> Self {
        self.processed = Some(Arc::new(store));
        self
    }

    /// Which events revoke tokens. Default: all that can ([`RevocationRules::default`]).
    pub fn rules(mut self, rules: RevocationRules) -> Self {
        self.rules = rules;
        self
    }

    /// Finds users of directories by their e-mail addresses. Default: none; see
    /// [`without_lookup`](Self::without_lookup).
    pub fn lookup(mut self, lookup: impl UserLookup) -> Self {
        self.lookup = Some(Arc::new(lookup));
        self
    }

    /// What is revoked when a user of a directory was deleted or deactivated whom the lookup does not find, or who
    /// cannot be looked up. Default: all earlier tokens of the organization. A user who was only changed and is not
    /// found has no effect.
    pub fn without_lookup(mut self, setting: WithoutLookup) -> Self {
        self.without_lookup = setting;
        self
    }

    /// Calls the handler for every event of its [types](WebhookHandler::event_types), after the revocations of the event
    /// are in effect. Of several handlers, one is called after the other, in the order in which they were added, also
    /// after one that has failed.
    pub fn handler(mut self, handler: impl WebhookHandler) -> Self {
        self.handlers.push(Arc::new(handler));
        self
    }

    /// The same with a closure, for events of all types.
    pub fn on_event<F, A>(self, handler: F) -> Self
    where
        F: Fn(WebhookEvent) -> A + Send + Sync + 'static,
        A: Future<Output = Result<(), HandlerError>> + Send + 'static,
    {
        self.handler(HandlerFn(handler))
    }

    /// Sets the clock. Default: the operating system's.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Validates the settings.
    ///
    /// # Errors
    ///
    /// [`ConfigErrors`] about `environment_url` if it is no https URL without path, or none of loopback.
    pub fn build(self) -> Result<EventProcessor, ConfigErrors> {
        let mut errors = ConfigErrors::default();
        let issuer = errors.collect(
            "environment_url",
            PublicUrl::parse_origin(&self.environment_url),
        );
        let Some(issuer) = issuer else {
            return Err(errors);
        };
        let clock = self.clock;
        let in_memory = || Arc::new(MemoryIdempotency::with_clock(Arc::clone(&clock))) as _;
        Ok(EventProcessor::from_shared(Shared {
            effects: Effects {
                issuer: issuer.as_str().into(),
                rules: self.rules,
                lookup: self.lookup,
                without_lookup: self.without_lookup,
            },
            revocations: self.revocations,
            processed: self.processed.unwrap_or_else(in_memory),
            handlers: self.handlers,
            clock,
        }))
    }
}
