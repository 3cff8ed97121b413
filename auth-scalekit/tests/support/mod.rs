//! A provider beside the mock that issues its tokens, on one clock.
#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "each test binary uses a part of it, and a failure here is the test's failure"
)]

use auth_core::token::{BearerToken, VerifiedToken};
use auth_core::verifier::{TokenVerifier, VerifyError, VerifyRequest};
use auth_scalekit::jwks::KeySetStatus;
use auth_scalekit::{ScalekitBuilder, ScalekitProvider};
use auth_testkit::{MockScalekit, TestClock};

pub(crate) const MCP_URL: &str = "http://localhost:8000/mcp";

pub(crate) struct Pair {
    pub(crate) scalekit: MockScalekit,
    pub(crate) provider: ScalekitProvider,
    pub(crate) clock: TestClock,
}

impl Pair {
    pub(crate) async fn start() -> Self {
        Self::with(|builder| builder).await
    }

    pub(crate) async fn with(change: impl FnOnce(ScalekitBuilder) -> ScalekitBuilder) -> Self {
        Self::beside(issuer().await, change)
    }

    /// For an issuer that has been made to do something first: a provider fetches its keys at once.
    pub(crate) fn beside(
        (scalekit, clock): (MockScalekit, TestClock),
        change: impl FnOnce(ScalekitBuilder) -> ScalekitBuilder,
    ) -> Self {
        let builder = builder(&scalekit).clock(clock.clone());
        let provider = change(builder).build().unwrap();
        Self {
            scalekit,
            provider,
            clock,
        }
    }

    pub(crate) async fn verify(&self, token: &str) -> Result<VerifiedToken, VerifyError> {
        let token = BearerToken::new(token).unwrap();
        let now = auth_core::support::Clock::now(&self.clock);
        self.provider.verify(VerifyRequest::new(token, now)).await
    }

    /// The reason's label, `unavailable`, or `accepted`.
    pub(crate) async fn verdict(&self, token: &str) -> &'static str {
        match self.verify(token).await {
            Ok(_) => "accepted",
            Err(VerifyError::Invalid(invalid)) => invalid.reason().as_str(),
            Err(VerifyError::Unavailable(_)) => "unavailable",
        }
    }
}

pub(crate) async fn issuer() -> (MockScalekit, TestClock) {
    let clock = TestClock::new();
    let scalekit = MockScalekit::builder()
        .resource_url(MCP_URL)
        .clock(clock.clone())
        .start()
        .await;
    (scalekit, clock)
}

pub(crate) fn builder(scalekit: &MockScalekit) -> ScalekitBuilder {
    ScalekitProvider::builder(scalekit.environment_url(), scalekit.resource_id(), MCP_URL)
}

/// Runs the background tasks until `holds` is true of the status, which fetches nothing.
pub(crate) async fn until(
    status: impl Fn() -> KeySetStatus,
    holds: impl Fn(&KeySetStatus) -> bool,
) -> KeySetStatus {
    let started = std::time::Instant::now();
    loop {
        let status = status();
        if holds(&status) {
            return status;
        }
        let limit = std::time::Duration::from_secs(20);
        assert!(started.elapsed() < limit, "it never came: {status:?}");
        tokio::task::yield_now().await;
    }
}
