//! A verifier beside the endpoint that it asks.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use auth_core::support::Clock;
use auth_core::token::{BearerToken, VerifiedToken};
use auth_core::verifier::{CachedVerifier, TokenCache, TokenVerifier, VerifyError, VerifyRequest};
use auth_scalekit::introspection::{
    ClientAuthentication, IntrospectionBuilder, IntrospectionVerifier,
};
use auth_testkit::TestClock;
use serde_json::{Value, json};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

pub(crate) const ISSUER: &str = "https://id.example.com";
pub(crate) const AUDIENCE: &str = "https://mcp.example.com/mcp";
pub(crate) const NOW: u64 = 1_800_000_000;

pub(crate) struct Pair {
    pub(crate) server: MockServer,
    pub(crate) verifier: IntrospectionVerifier,
    /// The same with a cache before it, as the layer has one.
    cached: CachedVerifier<IntrospectionVerifier>,
    pub(crate) clock: TestClock,
}

pub(crate) fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(crate) fn at(second: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + seconds(second)
}

pub(crate) fn clock() -> TestClock {
    TestClock::at(at(NOW))
}

/// Settings without a fault for an endpoint at this address.
pub(crate) fn builder(origin: &str, clock: &TestClock) -> IntrospectionBuilder {
    IntrospectionVerifier::builder(ISSUER, [AUDIENCE], format!("{origin}/introspect"))
        .client_authentication(ClientAuthentication::Basic {
            id: "mcp".into(),
            secret: "s3cr3t".into(),
        })
        .clock(clock.clone())
}

/// The answer about a good token. Tables change one member of it.
pub(crate) fn active() -> Value {
    json!({
        "active": true,
        "iss": ISSUER,
        "aud": AUDIENCE,
        "exp": NOW + 300,
        "nbf": NOW - 10,
        "iat": NOW - 10,
        "sub": "usr_1",
        "client_id": "cl_1",
        "username": "ada",
        "scope": "notes:read notes:write",
        "token_type": "Bearer",
        "jti": "tok_1",
    })
}

pub(crate) fn answer(body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(body)
}

pub(crate) fn inactive() -> ResponseTemplate {
    answer(&json!({"active": false}))
}

/// A verifier with a cache before it.
pub(crate) fn cached(
    verifier: &IntrospectionVerifier,
    clock: &TestClock,
    cache: TokenCache,
) -> CachedVerifier<IntrospectionVerifier> {
    let by = Arc::new(clock.clone());
    CachedVerifier::with_clock(verifier.clone(), cache, by).unwrap()
}

impl Pair {
    pub(crate) async fn start() -> Self {
        Self::with(|builder| builder).await
    }

    pub(crate) async fn with(
        change: impl FnOnce(IntrospectionBuilder) -> IntrospectionBuilder,
    ) -> Self {
        let server = MockServer::start().await;
        let clock = clock();
        let verifier = change(builder(&server.uri(), &clock)).build().unwrap();
        Self {
            server,
            cached: cached(&verifier, &clock, TokenCache::DEFAULT),
            verifier,
            clock,
        }
    }

    /// At most `max_tokens` tokens in the cache.
    pub(crate) fn keeping(mut self, max_tokens: u64) -> Self {
        self.cached = cached(&self.verifier, &self.clock, TokenCache::new(max_tokens));
        self
    }

    /// From now on every token gets this answer.
    pub(crate) async fn answers(&self, template: ResponseTemplate) {
        self.server.reset().await;
        Mock::given(method("POST"))
            .and(path("/introspect"))
            .respond_with(template)
            .mount(&self.server)
            .await;
    }

    /// Requests since the answer was last set.
    pub(crate) async fn requests(&self) -> usize {
        self.server.received_requests().await.unwrap().len()
    }

    pub(crate) async fn verify(&self, token: &str) -> Result<VerifiedToken, VerifyError> {
        self.verify_at(token, self.clock.now()).await
    }

    pub(crate) async fn verify_at(
        &self,
        token: &str,
        now: SystemTime,
    ) -> Result<VerifiedToken, VerifyError> {
        verify(&self.cached, token, now).await
    }

    pub(crate) async fn verdict(&self, token: &str) -> String {
        verdict(&self.verify(token).await)
    }
}

pub(crate) async fn verify(
    verifier: &dyn TokenVerifier,
    token: &str,
    now: SystemTime,
) -> Result<VerifiedToken, VerifyError> {
    let token = BearerToken::new(token).unwrap();
    verifier.verify(VerifyRequest::new(token, now)).await
}

/// `accepted`, the reason's label, or `unavailable` with the seconds to wait.
pub(crate) fn verdict(result: &Result<VerifiedToken, VerifyError>) -> String {
    match result {
        Ok(_) => "accepted".into(),
        Err(VerifyError::Invalid(invalid)) => invalid.reason().as_str().into(),
        Err(VerifyError::Unavailable(it)) => format!("unavailable {}", it.retry_after().as_secs()),
    }
}
