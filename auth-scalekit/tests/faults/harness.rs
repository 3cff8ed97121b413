//! A verifier, the mock that issues its tokens, and the proxy between them, on one clock.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "each test binary uses a part of it, and a failure here is the test's failure"
)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use auth_core::support::Clock;
use auth_core::token::BearerToken;
use auth_core::verifier::{CachedVerifier, TokenCache, TokenVerifier, VerifyError, VerifyRequest};
use auth_scalekit::jwks::KeySetStatus;
use auth_scalekit::jwt::JwtVerifier;
use auth_testkit::{MockScalekit, TestClock};
use tokio::task::JoinSet;

use crate::proxy::{Conduct, Proxy};

/// Longer than any test lasts in its own time.
const LIFETIME: Duration = Duration::from_secs(1_000_000);

pub(crate) struct Harness {
    pub(crate) scalekit: MockScalekit,
    pub(crate) proxy: Proxy,
    pub(crate) verifier: CachedVerifier<JwtVerifier>,
    pub(crate) clock: TestClock,
}

/// The result of one caller.
pub(crate) struct Called {
    pub(crate) verdict: &'static str,
    /// How long it took, in real time.
    pub(crate) took: Duration,
}

pub(crate) fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

impl Harness {
    /// Without a cache of verified tokens: each verdict is one about keys.
    pub(crate) async fn start() -> Arc<Self> {
        Self::with("http", TokenCache::OFF).await
    }

    /// With this conduct of the endpoint from the start, as the verifier fetches its keys at once.
    pub(crate) async fn under(conduct: Conduct) -> Arc<Self> {
        Self::set_up("http", TokenCache::OFF, conduct).await
    }

    pub(crate) async fn with(scheme: &str, cache: TokenCache) -> Arc<Self> {
        Self::set_up(scheme, cache, Conduct::PassOn).await
    }

    async fn set_up(scheme: &str, cache: TokenCache, conduct: Conduct) -> Arc<Self> {
        let clock = TestClock::new();
        let scalekit = MockScalekit::builder().clock(clock.clone()).start().await;
        let proxy = Proxy::start(scalekit.environment_url());
        proxy.conduct(conduct).await;
        let verifier = JwtVerifier::builder(
            [scalekit.environment_url()],
            [scalekit.resource_id()],
            proxy.url(scheme),
        )
        .clock(clock.clone())
        .build()
        .unwrap();
        let by = Arc::new(clock.clone());
        let verifier = CachedVerifier::with_clock(verifier, cache, by).unwrap();
        Arc::new(Self {
            scalekit,
            proxy,
            verifier,
            clock,
        })
    }

    /// A token of the key that signs now, which does not expire during the test.
    pub(crate) fn token(&self) -> String {
        self.scalekit.token().lifetime(LIFETIME).sign()
    }

    /// `accepted`, `unavailable`, or the reason's label.
    pub(crate) async fn verdict(&self, token: &str) -> &'static str {
        let token = BearerToken::new(token).unwrap();
        let request = VerifyRequest::new(token, self.clock.now());
        match self.verifier.verify(request).await {
            Ok(_) => "accepted",
            Err(VerifyError::Invalid(invalid)) => invalid.reason().as_str(),
            Err(VerifyError::Unavailable(_)) => "unavailable",
        }
    }

    /// Starts `callers` concurrent callers, each with one of the tokens in turn, in this order.
    pub(crate) fn knock(self: &Arc<Self>, callers: usize, tokens: &[&str]) -> JoinSet<Called> {
        let mut set = JoinSet::new();
        for token in tokens.iter().cycle().take(callers) {
            let (harness, token) = (Arc::clone(self), (*token).to_owned());
            set.spawn(async move {
                let started = Instant::now();
                let verdict = harness.verdict(&token).await;
                let took = started.elapsed();
                Called { verdict, took }
            });
        }
        set
    }

    pub(crate) fn status(&self) -> KeySetStatus {
        self.verifier.get_ref().key_set_status().swap_remove(0)
    }
}
