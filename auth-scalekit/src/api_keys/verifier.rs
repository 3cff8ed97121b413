//! [`ApiKeyVerifier`]: from an API key to a [`VerifiedToken`].
//!
//! 1. The format: a string that cannot be a key is not hashed, and costs no call.
//! 2. `lookup`: the rest.

use std::fmt;

use auth_core::support::async_trait;
use auth_core::token::VerifiedToken;
use auth_core::verifier::{TokenVerifier, VerifyError, VerifyRequest};

use super::key_format::KeyFormat;
use super::scalekit::ScalekitKeys;
use crate::lookup::Lookup;

/// Verifies Scalekit's API keys with a call of the [management API](crate::management) about each key.
/// [`ScalekitBuilder::api_keys`](crate::ScalekitBuilder::api_keys) makes a provider of JWTs and keys, and
/// [`ScalekitProvider::api_key_verifier`](crate::ScalekitProvider::api_key_verifier) a verifier of keys alone.
///
/// | answer | meaning |
/// |---|---|
/// | 404, 400 | the key is invalid (401): unknown, expired, or invalidated |
/// | a key that is not for this server | the same |
/// | 401, 403 | the credentials of this server are wrong, or lack `api_credentials:read`: 503 |
/// | anything else, or none within 3 s | it cannot be verified now (503) |
///
/// A key that was accepted is kept by the layer for [`ApiKeys::reuse_for`](super::ApiKeys::reuse_for), and never beyond its expiry. Callers with the
/// same key share one call.
///
/// # When a call fails, and when there are many callers
///
/// As for [`IntrospectionVerifier`](crate::introspection::IntrospectionVerifier): a failure concerns its key alone until
/// a probe with a random key shows that Scalekit is down, and keys that were accepted within the last hour have places for calls
/// that no stranger can take. Besides, strangers have a budget of calls for each minute
/// ([`ApiKeys::unknown_keys_per_minute`](super::ApiKeys::unknown_keys_per_minute)), since Scalekit limits the calls of an environment.
///
/// The [`VerifiedToken`] has the environment as its issuer, the user or else the id of the key as its subject, the
/// organization, the id of the key as `jti`, and the claims `oid`, `xoid`, `xuid`, `roles` and `custom_claims`, as an
/// access token of Scalekit has them.
///
/// Needs a tokio runtime. Cheap to clone; clones share all state.
#[derive(Clone)]
pub struct ApiKeyVerifier {
    pub(super) format: KeyFormat,
    pub(super) lookup: Lookup<ScalekitKeys>,
}

#[async_trait]
impl TokenVerifier for ApiKeyVerifier {
    async fn verify(&self, request: VerifyRequest<'_>) -> Result<VerifiedToken, VerifyError> {
        self.format.check(request.token().secret())?;
        self.lookup.verify(request).await
    }
}

/// Shows the configuration, and nothing of keys.
impl fmt::Debug for ApiKeyVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scalekit = self.lookup.issuer();
        f.debug_struct("ApiKeyVerifier")
            .field("management", &scalekit.management)
            .field("rules", &scalekit.rules)
            .finish_non_exhaustive()
    }
}
