//! An endpoint with its stores, on one clock, and webhooks for it.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use auth_core::idempotency::{Begin, IdempotencyStore, MemoryIdempotency};
use auth_core::revocation::{
    MemoryRevocations, Revocation, RevocationStore, RevocationTarget, Revocations,
};
use auth_core::support::{Clock, async_trait};
use auth_core::token::VerifiedToken;
use auth_core::verifier::{Unavailable, VerifyError};
use auth_scalekit::webhooks::{
    EventProcessor, EventProcessorBuilder, WebhookSecrets, WebhookService,
};
use auth_testkit::TestClock;
use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{Request, Response};
use serde_json::Value;
use tower::ServiceExt;

pub(crate) const ENVIRONMENT: &str = "https://acme.scalekit.com";
pub(crate) const KEY: &[u8] = b"a key of twenty-four byt";
pub(crate) const OTHER_KEY: &[u8] = b"another key of thirty-two bytes.";

/// The time of the samples.
pub(crate) fn sample_time() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_793_491_200)
}

pub(crate) fn secret(key: &[u8]) -> String {
    format!("whsec_{}", STANDARD.encode(key))
}

/// What is in force, by issuer and target: of several changes the last.
pub(crate) type State = BTreeMap<(String, RevocationTarget), SystemTime>;

/// A store that keeps what is revoked, here and as the store of one process does, and can be made unavailable.
#[derive(Debug)]
pub(crate) struct Recorded {
    state: Mutex<State>,
    memory: MemoryRevocations,
    pub(crate) is_down: AtomicBool,
}

impl Recorded {
    pub(crate) fn new(clock: &TestClock) -> Self {
        Self {
            state: Mutex::default(),
            memory: MemoryRevocations::with_clock(clock.clone()),
            is_down: AtomicBool::default(),
        }
    }

    /// What the store of one process keeps.
    pub(crate) fn memory(&self) -> Vec<Revocation> {
        let mut revocations = self.memory.to_vec();
        revocations.sort();
        revocations
    }

    pub(crate) fn state(&self) -> State {
        self.state.lock().unwrap().clone()
    }

    fn add(&self, revocations: &[Revocation]) {
        let mut state = self.state.lock().unwrap();
        for revocation in revocations {
            let key = (revocation.issuer().to_owned(), revocation.target().clone());
            let at = state.entry(key).or_insert(revocation.at());
            *at = revocation.at().max(*at);
        }
    }

    pub(crate) fn targets(&self) -> Vec<RevocationTarget> {
        self.state().into_keys().map(|(_, target)| target).collect()
    }
}

impl Revocations for Recorded {
    fn check(&self, token: &VerifiedToken) -> Result<(), VerifyError> {
        self.memory.check(token)
    }
}

#[async_trait]
impl RevocationStore for Recorded {
    async fn revoke(&self, revocations: &[Revocation]) -> Result<(), Unavailable> {
        tokio::task::yield_now().await;
        if self.is_down.load(Ordering::SeqCst) {
            return Err(Unavailable::new(Duration::from_secs(7)));
        }
        self.add(revocations);
        self.memory.revoke(revocations).await?;
        tokio::task::yield_now().await;
        Ok(())
    }
}

/// A store that waits before and after each step, as one on a network does, and can be made unavailable.
#[derive(Debug)]
pub(crate) struct Remote {
    pub(crate) keys: MemoryIdempotency,
    pub(crate) is_down: AtomicBool,
    pub(crate) cannot_complete: AtomicBool,
    /// It never answers.
    pub(crate) hangs: AtomicBool,
}

impl Remote {
    fn check(&self, is_down: &AtomicBool) -> Result<(), Unavailable> {
        match is_down.load(Ordering::SeqCst) || self.is_down.load(Ordering::SeqCst) {
            true => Err(Unavailable::new(Duration::from_secs(7))),
            false => Ok(()),
        }
    }
}

/// Shares it with the test.
#[derive(Debug)]
struct Handle(Arc<Remote>);

#[async_trait]
impl IdempotencyStore for Handle {
    async fn begin(&self, key: &str, lease: Duration) -> Result<Begin, Unavailable> {
        tokio::task::yield_now().await;
        if self.0.hangs.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        self.0.check(&self.0.is_down)?;
        let begun = self.0.keys.begin(key, lease).await;
        tokio::task::yield_now().await;
        begun
    }

    async fn complete(&self, key: &str, keep: Duration) -> Result<(), Unavailable> {
        tokio::task::yield_now().await;
        self.0.check(&self.0.cannot_complete)?;
        let completed = self.0.keys.complete(key, keep).await;
        tokio::task::yield_now().await;
        completed
    }

    async fn abandon(&self, key: &str) -> Result<(), Unavailable> {
        tokio::task::yield_now().await;
        self.0.check(&self.0.is_down)?;
        self.0.keys.abandon(key).await
    }
}

pub(crate) struct Stage {
    pub(crate) clock: TestClock,
    pub(crate) revoked: Arc<Recorded>,
    pub(crate) processed: Arc<Remote>,
    pub(crate) processor: EventProcessor,
    pub(crate) service: WebhookService,
}

impl Stage {
    pub(crate) fn new() -> Self {
        Self::with(|builder| builder)
    }

    pub(crate) fn with(
        change: impl FnOnce(EventProcessorBuilder) -> EventProcessorBuilder,
    ) -> Self {
        Self::with_secrets(&secret(KEY), change)
    }

    pub(crate) fn with_secrets(
        secrets: &str,
        change: impl FnOnce(EventProcessorBuilder) -> EventProcessorBuilder,
    ) -> Self {
        let clock = TestClock::at(sample_time() + Duration::from_secs(60));
        let revoked = Arc::new(Recorded::new(&clock));
        let processed = Arc::new(Remote {
            keys: MemoryIdempotency::with_clock(clock.clone()),
            is_down: AtomicBool::default(),
            cannot_complete: AtomicBool::default(),
            hangs: AtomicBool::default(),
        });
        let builder = EventProcessor::builder(ENVIRONMENT, Arc::clone(&revoked))
            .processed(Handle(Arc::clone(&processed)))
            .clock(clock.clone());
        let processor = change(builder).build().unwrap();
        let secrets = WebhookSecrets::new(secrets).unwrap();
        let service = WebhookService::builder(secrets, processor.clone());
        Self {
            service: service.build().unwrap(),
            clock,
            revoked,
            processed,
            processor,
        }
    }

    pub(crate) fn webhook(&self, event: &Value) -> Webhook {
        Webhook::new(event, self.clock.now())
    }

    pub(crate) async fn respond(&self, request: Request<String>) -> Response<String> {
        self.service.clone().oneshot(request).await.unwrap()
    }

    pub(crate) async fn status(&self, request: Request<String>) -> u16 {
        self.respond(request).await.status().as_u16()
    }

    pub(crate) async fn send(&self, event: &Value) -> u16 {
        self.status(self.webhook(event).request()).await
    }
}

/// A webhook, whose signature is computed independently of the crate that verifies it.
#[derive(Debug, Clone)]
pub(crate) struct Webhook {
    pub(crate) id: String,
    pub(crate) timestamp: String,
    pub(crate) body: String,
    pub(crate) signatures: String,
}

impl Webhook {
    pub(crate) fn new(event: &Value, now: SystemTime) -> Self {
        let seconds = now
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap()
            .as_secs();
        Self {
            id: "msg_1".into(),
            timestamp: seconds.to_string(),
            body: event.to_string(),
            signatures: String::new(),
        }
        .signed(KEY)
    }

    pub(crate) fn signed(mut self, key: &[u8]) -> Self {
        self.signatures = self.signature(key);
        self
    }

    pub(crate) fn signature(&self, key: &[u8]) -> String {
        let content = format!("{}.{}.{}", self.id, self.timestamp, self.body);
        let key = hmac::Key::new(hmac::HMAC_SHA256, key);
        let tag = hmac::sign(&key, content.as_bytes());
        format!("v1,{}", STANDARD.encode(tag))
    }

    pub(crate) fn builder(&self) -> http::request::Builder {
        Request::post("/webhooks")
            .header("webhook-id", &self.id)
            .header("webhook-timestamp", &self.timestamp)
            .header("webhook-signature", &self.signatures)
    }

    pub(crate) fn request(&self) -> Request<String> {
        self.builder().body(self.body.clone()).unwrap()
    }
}
