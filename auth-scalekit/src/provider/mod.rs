//! [`ScalekitProvider`]: Scalekit as an [`AuthProvider`].
//!
//! | file | job |
//! |---|---|
//! | `builder` | the settings, one method each |
//! | `build` | … validated together |
//! | `setting` | a named string, and its parsers |
//! | `credentials` | the client id and secret for the management API |
//! | `resource_id` | the `res_...` identifier |
//! | `server_metadata` | Scalekit's metadata, served for older clients |

mod build;
mod builder;
mod credentials;
mod resource_id;
mod server_metadata;
mod setting;

use std::borrow::Cow;
use std::sync::Arc;

use auth_core::error::{ConfigError, ConfigErrors};
use auth_core::policy::{AllOf, Policy, all_of};
use auth_core::provider::{AuthProvider, DocumentSource, ProtectedResourceMetadata, PublicUrl};
use auth_core::revocation::{RevocationStore, RevocationTarget, Revocations};
use auth_core::support::{BoxFuture, Clock, async_trait};
use auth_core::token::{Scopes, VerifiedToken};
#[cfg(feature = "api-keys")]
use auth_core::verifier::TokenShape;
use auth_core::verifier::{RequestHead, TokenVerifier, Unavailable, VerifyError, VerifyRequest};

#[cfg(feature = "api-keys")]
use crate::api_keys::{ApiKeyVerifier, ApiKeys};
use crate::jwks::KeySetStatus;
use crate::jwt::JwtVerifier;
use crate::management::{Management, NOT_SET_UP};
use crate::revocation::{EndSessionError, Revoker, ScalekitSessions};
pub(crate) use server_metadata::ServerMetadata;

pub use builder::{DEFAULT_MCP_URL, ScalekitBuilder};

/// Verifies the access tokens that a Scalekit environment issues for one MCP server.
///
/// * `iss` is the environment or the resource's own authorization server: Scalekit is moving from
///   one to the other, and both are in use.
/// * `aud` holds the resource id. The MCP URL may be there too, and does not replace it.
/// * RS256, with the keys at `{environment}/keys`, renewed in the background as those of a
///   [`JwtVerifier`] are.
///
/// Cheap to clone; clones share the keys.
///
/// # Example
///
/// ```
/// use auth_core::layer::AuthLayer;
/// use auth_scalekit::ScalekitProvider;
///
/// let provider = ScalekitProvider::builder(
///     "https://acme.scalekit.com",
///     "res_1234567890",
///     "https://mcp.example.com/mcp",
/// )
/// .required_scopes(["notes:read"])
/// .build()?;
/// let layer = AuthLayer::new(provider)?;
/// # let _ = layer;
/// # Ok::<(), auth_core::error::ConfigErrors>(())
/// ```
#[derive(Debug, Clone)]
pub struct ScalekitProvider(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    environment: PublicUrl,
    metadata: ProtectedResourceMetadata,
    required_scopes: Scopes,
    policies: AllOf<Box<dyn Policy>>,
    verifier: JwtVerifier,
    server_metadata: Option<ServerMetadata>,
    /// Shared with the tasks that end sessions.
    revoker: Arc<Revoker>,
    live_sessions: Option<ScalekitSessions>,
    #[cfg(feature = "api-keys")]
    keys: Option<ApiKeyVerifier>,
}

/// Validated settings.
pub(crate) struct Parts {
    pub(crate) environment: PublicUrl,
    pub(crate) metadata: ProtectedResourceMetadata,
    pub(crate) required_scopes: Scopes,
    pub(crate) policies: Vec<Box<dyn Policy>>,
    pub(crate) verifier: JwtVerifier,
    pub(crate) server_metadata: Option<ServerMetadata>,
    pub(crate) revoker: Revoker,
    pub(crate) live_sessions: Option<ScalekitSessions>,
    #[cfg(feature = "api-keys")]
    pub(crate) keys: Option<ApiKeyVerifier>,
}

impl ScalekitProvider {
    /// Settings from code; see [`ScalekitBuilder::new`].
    pub fn builder(
        environment_url: impl Into<String>,
        resource_id: impl Into<String>,
        mcp_url: impl Into<String>,
    ) -> ScalekitBuilder {
        ScalekitBuilder::new(environment_url, resource_id, mcp_url)
    }

    /// The provider that the `SCALEKIT_...` variables describe; see
    /// [`ScalekitBuilder::from_env`].
    ///
    /// # Errors
    ///
    /// [`ConfigErrors`] with every error, each under the name of its variable.
    pub fn from_env() -> Result<Self, ConfigErrors> {
        ScalekitBuilder::from_env().build()
    }

    /// The state of the key set, for status pages and metrics. Does not fetch; for readiness probes use
    /// [`ready`](TokenVerifier::ready).
    #[must_use]
    pub fn key_set_status(&self) -> Vec<KeySetStatus> {
        self.0.verifier.key_set_status()
    }

    /// The environment that this provider trusts.
    #[must_use]
    pub fn environment_url(&self) -> &str {
        self.0.environment.as_str()
    }

    /// The management API, if its credentials are set
    /// ([`ScalekitBuilder::management`]).
    #[must_use]
    pub fn management(&self) -> Option<&Management> {
        self.0.revoker.management.as_ref()
    }

    /// What knows which sessions exist at Scalekit now, for operations with the policy
    /// [`session_is_live`](auth_core::policy::session_is_live()).
    ///
    /// ```
    /// use auth_core::layer::AuthLayer;
    /// use auth_core::policy::{OperationPolicy, session_is_live};
    /// use auth_scalekit::ScalekitProvider;
    ///
    /// # let builder = ScalekitProvider::builder("https://acme.scalekit.com", "res_1", "https://mcp.example.com/mcp");
    /// # let builder = builder.management("skc_1", "secret");
    /// let provider = builder.build()?;
    /// let operations = OperationPolicy::builder().tool("pay", session_is_live()).build()?;
    /// let sessions = provider.live_sessions()?;
    /// let layer = AuthLayer::builder(provider).operations(operations).live_sessions(sessions).build()?;
    /// # let _ = layer; Ok::<(), auth_core::error::ConfigErrors>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ConfigErrors`] without a [management API](Self::management).
    pub fn live_sessions(&self) -> Result<ScalekitSessions, ConfigErrors> {
        let sessions = self.0.live_sessions.clone();
        sessions.ok_or_else(|| {
            ConfigError::new("management API", format_args!("is {NOT_SET_UP}")).into()
        })
    }

    /// Where revocations of this provider's tokens are kept.
    #[must_use]
    pub fn revocation_store(&self) -> &Arc<dyn RevocationStore> {
        &self.0.revoker.store
    }

    /// Revokes what `target` names, for the server's own code. In effect in this process when this returns, whatever
    /// the result; open streams end. For all targets but a token and a session, tokens that were issued before now are
    /// refused, and up to [`revocation_clock_skew`](ScalekitBuilder::revocation_clock_skew) after it.
    ///
    /// It concerns the tokens of this environment, whichever of its issuers they name. Scalekit is not informed: a client
    /// that still has a refresh token gets new tokens, see [`end_session`](Self::end_session).
    ///
    /// # Errors
    ///
    /// [`Unavailable`] if it may not be in effect in the other processes that share the store, or not after a
    /// restart; call it again.
    pub async fn revoke(&self, target: RevocationTarget) -> Result<(), Unavailable> {
        self.0.revoker.revoke(target).await
    }

    /// Ends the session with this `sid`: revokes its tokens, as [`revoke`](Self::revoke) does, and then ends it at
    /// Scalekit by the [management API](Self::management), so that it cannot be refreshed. One that Scalekit does not know counts as
    /// ended. The event that Scalekit may send about it changes nothing more, whether it arrives before or after.
    ///
    /// It is finished also if its future is dropped, such as for a client that disconnects. With a management API it needs a
    /// tokio runtime.
    ///
    /// # Errors
    ///
    /// [`EndSessionError`], which reports what failed; its tokens are refused by this process in any case.
    pub async fn end_session(&self, session_id: &str) -> Result<(), EndSessionError> {
        self.0.revoker.end_session(session_id).await
    }

    /// The same for all sessions of the user with this `sub` (`usr_…`), in all organizations. The tokens of the user are
    /// revoked before Scalekit is asked, and once more after its answer: those that were refreshed in between too.
    ///
    /// # Errors
    ///
    /// As [`end_session`](Self::end_session).
    pub async fn end_sessions_of(&self, user_id: &str) -> Result<(), EndSessionError> {
        self.0.revoker.end_sessions_of(user_id).await
    }

    /// A verifier of this environment's API keys alone, without JWTs, for a separate layer, or for a chain of verifiers
    /// other than that of [`ScalekitBuilder::api_keys`].
    ///
    /// # Errors
    ///
    /// [`ConfigErrors`] with every error, each under the name of its setting; also without a
    /// [management API](Self::management).
    #[cfg(feature = "api-keys")]
    pub fn api_key_verifier(&self, settings: ApiKeys) -> Result<ApiKeyVerifier, ConfigErrors> {
        let mut errors = ConfigErrors::default();
        let keys = settings.vet(&mut errors);
        let management = self.management().ok_or_else(|| format!("is {NOT_SET_UP}"));
        let management = errors.collect("management API", management);
        let (Some(keys), Some(management)) = (keys, management) else {
            return Err(errors);
        };
        errors.into_result()?;
        let (store, clock) = (
            Arc::clone(self.revocation_store()),
            Arc::clone(self.clock()),
        );
        Ok(keys.verifier(self.environment_url(), management.clone(), store, clock))
    }

    pub(crate) fn clock(&self) -> &Arc<dyn Clock> {
        &self.0.revoker.clock
    }

    #[cfg(feature = "diagnose")]
    pub(crate) fn environment(&self) -> &PublicUrl {
        &self.0.environment
    }

    pub(crate) fn from_parts(parts: Parts) -> Self {
        Self(Arc::new(Shared {
            environment: parts.environment,
            metadata: parts.metadata,
            required_scopes: parts.required_scopes,
            policies: all_of(parts.policies),
            verifier: parts.verifier,
            server_metadata: parts.server_metadata,
            revoker: Arc::new(parts.revoker),
            live_sessions: parts.live_sessions,
            #[cfg(feature = "api-keys")]
            keys: parts.keys,
        }))
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl TokenVerifier for ScalekitProvider {
    // Returned as it is: an async block around it would be another allocation.
    fn verify<'provider, 'request, 'future>(
        &'provider self,
        request: VerifyRequest<'request>,
    ) -> BoxFuture<'future, Result<VerifiedToken, VerifyError>>
    where
        'provider: 'future,
        'request: 'future,
        Self: 'future,
    {
        #[cfg(feature = "api-keys")]
        if let Some(keys) = &self.0.keys
            && TokenShape::of(request.token()) == TokenShape::Opaque
        {
            return keys.verify(request);
        }
        self.0.verifier.verify(request)
    }

    // That of keys depends on nothing in the head.
    fn vary<'a>(&'a self, head: RequestHead<'a>) -> Option<Cow<'a, str>> {
        self.0.verifier.vary(head)
    }

    async fn ready(&self) -> Result<(), Unavailable> {
        self.0.verifier.ready().await
    }
}

impl AuthProvider for ScalekitProvider {
    fn metadata(&self) -> &ProtectedResourceMetadata {
        &self.0.metadata
    }

    fn required_scopes(&self) -> &Scopes {
        &self.0.required_scopes
    }

    fn policy(&self) -> Option<&dyn Policy> {
        Some(&self.0.policies)
    }

    fn documents(&self) -> Vec<Arc<dyn DocumentSource>> {
        let forwarded = self.0.server_metadata.iter().cloned();
        forwarded.map(|metadata| Arc::new(metadata) as _).collect()
    }

    fn revocations(&self) -> Option<Arc<dyn Revocations>> {
        let store = Arc::clone(&self.0.revoker.store);
        Some(store)
    }
}
