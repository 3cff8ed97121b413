//! A provider that takes keys, beside the mock of Scalekit.

use std::sync::Arc;
use std::time::Duration;

use auth_core::support::Clock;
use auth_core::token::{BearerToken, VerifiedToken};
use auth_core::verifier::{CachedVerifier, TokenCache, TokenVerifier, VerifyError, VerifyRequest};
use auth_scalekit::ScalekitProvider;
use auth_scalekit::api_keys::ApiKeys;
use auth_testkit::settings::{Directory, DirectoryFormat};
use auth_testkit::{ApiKey, ApiKeyDraft, Client, Endpoint, MockScalekit, TestClock};

pub(crate) const CLIENT: &str = "skc_1";
pub(crate) const SECRET: &str = "not a secret";
pub(crate) const MCP_URL: &str = "http://127.0.0.1:8000/mcp";

const DIRECTORY: &str = include_str!("../support/directory.toml");

pub(crate) struct Stage {
    pub(crate) scalekit: MockScalekit,
    pub(crate) clock: TestClock,
    pub(crate) provider: ScalekitProvider,
    /// The provider with a cache before it, as the layer has one.
    pub(crate) cached: CachedVerifier<ScalekitProvider>,
}

pub(crate) fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Settings that accept the keys of one organization.
pub(crate) fn keys() -> ApiKeys {
    ApiKeys::new()
        .for_organizations(["org_1"])
        .scopes_claim("scopes")
        .scopes_of_role("editor", ["notes:read", "notes:write"])
}

impl Stage {
    pub(crate) async fn start() -> Self {
        Self::with(keys()).await
    }

    pub(crate) async fn with(keys: ApiKeys) -> Self {
        let clock = TestClock::new();
        let directory = Directory::parse(DIRECTORY, DirectoryFormat::Toml).unwrap();
        let scalekit = MockScalekit::builder()
            .directory(directory)
            .resource_url(MCP_URL)
            .clock(clock.clone())
            .start()
            .await;
        scalekit.register_client(Client::confidential(CLIENT, SECRET));
        let (environment, resource) = (scalekit.environment_url(), scalekit.resource_id());
        let provider = ScalekitProvider::builder(environment, resource, MCP_URL)
            .management(CLIENT, SECRET)
            .api_keys(keys)
            .clock(clock.clone())
            .build()
            .unwrap();
        let by: Arc<dyn Clock> = Arc::new(clock.clone());
        let cached = CachedVerifier::with_clock(provider.clone(), TokenCache::DEFAULT, by).unwrap();
        Self {
            scalekit,
            clock,
            provider,
            cached,
        }
    }

    pub(crate) fn key(&self, draft: ApiKeyDraft) -> ApiKey {
        self.scalekit.admin().create_api_key(draft)
    }

    /// A key of `org_1`.
    pub(crate) fn good_key(&self) -> ApiKey {
        self.key(draft())
    }

    /// The verdict about a token without a cache.
    pub(crate) async fn verify(&self, token: &str) -> Result<VerifiedToken, VerifyError> {
        self.ask(&self.provider, token).await
    }

    /// The verdict about a token with a cache.
    pub(crate) async fn verify_cached(&self, token: &str) -> Result<VerifiedToken, VerifyError> {
        self.ask(&self.cached, token).await
    }

    pub(crate) async fn ask(
        &self,
        verifier: &impl TokenVerifier,
        token: &str,
    ) -> Result<VerifiedToken, VerifyError> {
        let bearer = BearerToken::new(token).unwrap();
        let request = VerifyRequest::new(bearer, self.clock.now());
        verifier.verify(request).await
    }

    /// How often the mock was asked about a key.
    pub(crate) fn calls(&self) -> usize {
        self.scalekit.requests(Endpoint::ValidateApiKey).len()
    }
}

pub(crate) fn draft() -> ApiKeyDraft {
    ApiKeyDraft::new("org_1")
}

/// What is the matter with a token.
pub(crate) fn reason(verdict: &Result<VerifiedToken, VerifyError>) -> &'static str {
    match verdict {
        Ok(_) => "accepted",
        Err(VerifyError::Invalid(invalid)) => invalid.reason().as_str(),
        Err(VerifyError::Unavailable(_)) => "unavailable",
    }
}
