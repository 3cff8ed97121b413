//! What a test calls.

use std::fmt;
use std::time::Duration;

use auth_core::support::Clock;
use url::Url;

use super::{Delivery, DeliveryMode, Outbox, WebhookSecret};
use crate::issuer::Issuer;

/// The webhooks of a mock; returned by [`MockScalekit::webhooks`](crate::MockScalekit::webhooks).
///
/// Each event is posted to every endpoint that was added before it, signed by Standard Webhooks. A receiver that does
/// not answer with 2xx within 10 seconds gets it again, as the [schedule](Self::schedule) has it. All times are by the
/// mock's clock: with a [`TestClock`](crate::TestClock), nothing is retried until it is moved. The newest 100,000
/// events and deliveries are kept.
///
/// ```no_run
/// # async fn example() {
/// use auth_testkit::webhooks::{DeliveryMode, WebhookSecret};
///
/// # let scalekit = auth_testkit::MockScalekit::start().await;
/// let secret = WebhookSecret::generate();
/// // … a server is started with the secret …
/// let webhooks = scalekit.webhooks();
/// webhooks.add("http://127.0.0.1:3000/webhooks/scalekit", [secret]);
/// webhooks.deliver(DeliveryMode::Twice);
/// let session = scalekit.admin().open_session("usr_7", "org_7");
/// scalekit.admin().end_session(&session);
/// webhooks.idle().await;
/// let attempts = &webhooks.deliveries()[0].attempts;
/// assert!(attempts.iter().all(|attempt| attempt.status == Some(201)));
/// # }
/// ```
pub struct Webhooks<'a> {
    outbox: &'a Outbox,
    issuer: &'a Issuer,
    clock: &'a dyn Clock,
}

impl<'a> Webhooks<'a> {
    pub(crate) fn new(outbox: &'a Outbox, issuer: &'a Issuer, clock: &'a dyn Clock) -> Self {
        Self {
            outbox,
            issuer,
            clock,
        }
    }

    /// Sends the events that follow to this URL, too, signed with each of these secrets: several during a rotation.
    /// Redirects are not followed.
    ///
    /// # Panics
    ///
    /// When it is no absolute URL of http or https, or there is no secret.
    pub fn add(&self, url: &str, secrets: impl IntoIterator<Item = WebhookSecret>) {
        let added = self.try_add(url, secrets.into_iter().collect());
        added.unwrap_or_else(|problem| panic!("{problem}"));
    }

    /// # Errors
    ///
    /// What [`add`](Self::add) panics with.
    pub(crate) fn try_add(&self, url: &str, secrets: Vec<WebhookSecret>) -> Result<(), String> {
        vet_url(url)?;
        if secrets.is_empty() {
            return Err("webhook secret: expected at least one".to_owned());
        }
        self.outbox.add_endpoint(url.to_owned(), secrets);
        Ok(())
    }

    /// Signs with these secrets what is sent to this URL from now on, retries included.
    ///
    /// # Panics
    ///
    /// When no endpoint has this URL, or there is no secret.
    pub fn rotate(&self, url: &str, secrets: impl IntoIterator<Item = WebhookSecret>) {
        let secrets: Vec<_> = secrets.into_iter().collect();
        assert!(!secrets.is_empty(), "webhook secret: expected at least one");
        let is_known = self.outbox.set_secrets(url, &secrets);
        assert!(is_known, "no webhook endpoint has the url {url}");
    }

    /// Sends nothing more to this URL. What was to be sent there has failed.
    ///
    /// # Panics
    ///
    /// When no endpoint has this URL.
    pub fn remove(&self, url: &str) {
        let is_known = self.outbox.remove_endpoint(url);
        assert!(is_known, "no webhook endpoint has the url {url}");
    }

    /// How the events that follow are delivered. Default [`DeliveryMode::InOrder`]. What was
    /// [held back](DeliveryMode::Shuffled) before stays so until it is released.
    pub fn deliver(&self, mode: DeliveryMode) {
        self.outbox.set_mode(mode);
    }

    /// The waits before each attempt, the first one included; there are no more attempts than these. Default: at once,
    /// and then after 5 s, 5 min, 30 min, 2 h, 5 h, 10 h and 10 h.
    pub fn schedule(&self, waits: impl IntoIterator<Item = Duration>) {
        self.outbox.set_schedule(waits.into_iter().collect());
    }

    /// Sends what was held back, in the order of its seed, and returns the number of deliveries.
    pub fn release(&self) -> usize {
        self.outbox.release(self.clock.now())
    }

    /// Sends an event once more to all endpoints, in this way, whatever has become of it before.
    ///
    /// # Panics
    ///
    /// When no event has this id.
    pub fn redeliver(&self, event: &str, mode: DeliveryMode) {
        assert!(
            self.try_redeliver(event, mode),
            "no event has the id {event}"
        );
    }

    /// Returns whether there is such an event.
    pub(crate) fn try_redeliver(&self, event: &str, mode: DeliveryMode) -> bool {
        let found = self.issuer.state().events.get(event).cloned();
        if let Some(event) = &found {
            self.outbox.add(event, mode, self.clock.now());
        }
        found.is_some()
    }

    /// All deliveries, in the order in which they were added.
    #[must_use]
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.outbox.deliveries()
    }

    /// Returns when nothing is being sent, and nothing is due at the time that the clock shows. What is held back, and
    /// what is due later, is not waited for.
    pub async fn idle(&self) {
        let mut changes = self.outbox.changes();
        // The clock may have been set without moving: the sender does not see that by itself.
        self.outbox.wake();
        while !self.outbox.is_idle(self.clock.now()) {
            if changes.changed().await.is_err() {
                return;
            }
        }
    }
}

impl fmt::Debug for Webhooks<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhooks")
            .field("deliveries", &self.deliveries().len())
            .finish_non_exhaustive()
    }
}

/// # Errors
///
/// When nothing can be posted to it. The message does not repeat the URL, which may hold a secret.
fn vet_url(url: &str) -> Result<(), String> {
    let parsed = Url::parse(url).ok();
    match parsed.filter(|parsed| matches!(parsed.scheme(), "http" | "https")) {
        Some(_) => Ok(()),
        None => Err(
            "webhook url: expected an absolute url, such as http://127.0.0.1:3000/webhooks/scalekit"
                .to_owned(),
        ),
    }
}
