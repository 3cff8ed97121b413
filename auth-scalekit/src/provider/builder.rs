//! [`ScalekitBuilder`]: the settings of a [`ScalekitProvider`](super::ScalekitProvider), from code or from environment variables. All errors
//! are reported together, each under the name by which the user knows the setting.

use std::env::VarError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use auth_core::policy::Policy;
use auth_core::revocation::RevocationStore;
use auth_core::support::{Clock, SystemClock};

use super::credentials::Credentials;
use super::resource_id::FIND_RESOURCE_ID;
use super::setting::{FIND_ENVIRONMENT_URL, Setting, join};
#[cfg(feature = "api-keys")]
use crate::api_keys::ApiKeys;
use crate::jwt::DEFAULT_REUSE;
use crate::revocation::{Revoker, ScalekitSessions};
use crate::secret::Secret;

/// The URL of the MCP endpoint when `SCALEKIT_MCP_URL` is not set.
pub const DEFAULT_MCP_URL: &str = "http://localhost:8000/mcp";

/// Settings of a [`ScalekitProvider`](crate::ScalekitProvider).
#[must_use = "call build() to get the provider"]
pub struct ScalekitBuilder {
    pub(super) environment_url: Setting,
    pub(super) resource_id: Setting,
    pub(super) mcp_url: Setting,
    pub(super) required_scopes: Setting,
    pub(super) scopes_supported: Option<Vec<String>>,
    pub(super) resource_name: Option<String>,
    pub(super) resource_documentation: Option<String>,
    pub(super) policies: Vec<Box<dyn Policy>>,
    pub(super) leeway: Option<Duration>,
    pub(super) max_lifetime: Option<Duration>,
    pub(super) max_token_bytes: Option<usize>,
    pub(super) reuse: Duration,
    pub(super) private_addresses: bool,
    pub(super) accepts_bound_tokens: bool,
    pub(super) permissions_are_scopes: bool,
    pub(super) forward_server_metadata: bool,
    /// `Err` is the reason why there are none.
    pub(super) credentials: Result<Credentials, &'static str>,
    pub(super) revocations: Option<Arc<dyn RevocationStore>>,
    pub(super) revocation_clock_skew: Duration,
    pub(super) live_session_cache: Duration,
    #[cfg(feature = "api-keys")]
    pub(super) api_keys: Option<ApiKeys>,
    pub(super) clock: Arc<dyn Clock>,
}

impl ScalekitBuilder {
    /// Settings from code: the environment's URL (`https://acme.scalekit.com`), the id of
    /// the MCP server in Scalekit (`res_...`), and the public URL of the MCP endpoint.
    pub fn new(
        environment_url: impl Into<String>,
        resource_id: impl Into<String>,
        mcp_url: impl Into<String>,
    ) -> Self {
        Self {
            environment_url: Setting::given("environment_url", environment_url),
            resource_id: Setting::given("resource_id", resource_id),
            mcp_url: Setting::given("mcp_url", mcp_url),
            required_scopes: Setting::given("required_scopes", ""),
            scopes_supported: None,
            resource_name: None,
            resource_documentation: None,
            policies: Vec::new(),
            leeway: None,
            max_lifetime: None,
            max_token_bytes: None,
            reuse: DEFAULT_REUSE,
            private_addresses: false,
            accepts_bound_tokens: false,
            permissions_are_scopes: false,
            forward_server_metadata: true,
            credentials: Err(Credentials::NOT_GIVEN),
            revocations: None,
            revocation_clock_skew: Revoker::DEFAULT_CLOCK_SKEW,
            live_session_cache: ScalekitSessions::DEFAULT_CACHE,
            #[cfg(feature = "api-keys")]
            api_keys: None,
            clock: Arc::new(SystemClock::new()),
        }
    }

    /// Settings from the process environment:
    ///
    /// | variable | |
    /// |---|---|
    /// | `SCALEKIT_ENVIRONMENT_URL` | required, such as `https://acme.scalekit.com` |
    /// | `SCALEKIT_RESOURCE_ID` | required, `res_...` |
    /// | `SCALEKIT_MCP_URL` | the public URL of the MCP endpoint, default [`DEFAULT_MCP_URL`] |
    /// | `SCALEKIT_REQUIRED_SCOPES` | separated by spaces or commas, default none |
    /// | `SCALEKIT_CLIENT_ID` | for the management API ([`management`](Self::management)) |
    /// | `SCALEKIT_CLIENT_SECRET` | the same |
    ///
    /// The last two may also be in a file (a mounted secret), whose path is in `SCALEKIT_CLIENT_ID_FILE` or
    /// `SCALEKIT_CLIENT_SECRET_FILE`.
    ///
    /// Without a secret, `SCALEKIT_CLIENT_ID` is ignored: older set-ups have it, and verifying tokens needs neither.
    /// A secret without an id is an error.
    pub fn from_env() -> Self {
        Self::from_variables(|name| std::env::var(name))
    }

    /// Settings from the variables that `read` returns; it has the signature of [`std::env::var`].
    pub fn from_variables(read: impl Fn(&str) -> Result<String, VarError>) -> Self {
        let variable = |name: &'static str, default: Result<&str, &str>| Setting {
            name,
            text: match read(name) {
                Ok(text) => Ok(text),
                Err(VarError::NotPresent) => default
                    .map(Into::into)
                    .map_err(|hint| format!("is not set: {hint}")),
                Err(VarError::NotUnicode(_)) => Err("is not UTF-8 text: set it again".into()),
            },
        };
        Self {
            environment_url: variable("SCALEKIT_ENVIRONMENT_URL", Err(FIND_ENVIRONMENT_URL)),
            resource_id: variable("SCALEKIT_RESOURCE_ID", Err(FIND_RESOURCE_ID)),
            mcp_url: variable("SCALEKIT_MCP_URL", Ok(DEFAULT_MCP_URL)),
            required_scopes: variable("SCALEKIT_REQUIRED_SCOPES", Ok("")),
            credentials: Credentials::of_variables(&read),
            ..Self::new("", "", "")
        }
    }

    /// The environment's URL; replaces that of `SCALEKIT_ENVIRONMENT_URL`.
    pub fn environment_url(mut self, url: impl Into<String>) -> Self {
        self.environment_url = Setting::given("environment_url", url);
        self
    }

    /// The id of the MCP server in Scalekit; replaces that of `SCALEKIT_RESOURCE_ID`.
    pub fn resource_id(mut self, id: impl Into<String>) -> Self {
        self.resource_id = Setting::given("resource_id", id);
        self
    }

    /// The public URL of the MCP endpoint; replaces that of `SCALEKIT_MCP_URL`.
    pub fn mcp_url(mut self, url: impl Into<String>) -> Self {
        self.mcp_url = Setting::given("mcp_url", url);
        self
    }

    /// The scopes that every request needs; every challenge names them. They must be enabled for the
    /// MCP server in Scalekit. Replaces those of `SCALEKIT_REQUIRED_SCOPES`.
    pub fn required_scopes<T: AsRef<str>>(mut self, scopes: impl IntoIterator<Item = T>) -> Self {
        self.required_scopes = Setting::given("required_scopes", join(scopes));
        self
    }

    /// The scopes that the metadata document advertises. MCP clients ask for all of them.
    /// Default: the required scopes.
    pub fn scopes_supported<T: AsRef<str>>(mut self, scopes: impl IntoIterator<Item = T>) -> Self {
        self.scopes_supported = Some(scopes.into_iter().map(|s| s.as_ref().into()).collect());
        self
    }

    /// A human-readable name of the resource, in the metadata document.
    pub fn resource_name(mut self, name: impl Into<String>) -> Self {
        self.resource_name = Some(name.into());
        self
    }

    /// The URL of documentation for developers, in the metadata document.
    pub fn resource_documentation(mut self, url: impl Into<String>) -> Self {
        self.resource_documentation = Some(url.into());
        self
    }

    /// Adds a policy that every request must pass. With several policies, all must pass.
    pub fn policy(mut self, policy: impl Policy) -> Self {
        self.policies.push(Box::new(policy));
        self
    }

    /// How far the clocks of Scalekit and of this server may differ: 0 to 300 s, default 60 s.
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.leeway = Some(leeway);
        self
    }

    /// The longest accepted time from `iat` to `exp`. Default: no limit.
    pub fn max_lifetime(mut self, lifetime: Duration) -> Self {
        self.max_lifetime = Some(lifetime);
        self
    }

    /// The longest accepted token, in bytes: 1 to 16 KiB, default 8 KiB. A longer one is answered
    /// with 400, before anything of it is read or hashed.
    pub fn max_token_bytes(mut self, bytes: usize) -> Self {
        self.max_token_bytes = Some(bytes);
        self
    }

    /// How long a verified token may be reused without checking its signature again: up to 1 h, default 60 s;
    /// see [`JwtVerifierBuilder::reuse_tokens_for`](crate::jwt::JwtVerifierBuilder::reuse_tokens_for).
    pub fn reuse_tokens_for(mut self, time: Duration) -> Self {
        self.reuse = time;
        self
    }

    /// Accepts tokens that are bound to a key (`cnf`), which the layer refuses without a
    /// [`ProofVerifier`](auth_core::proof::ProofVerifier). Default: bound tokens are refused.
    pub fn accept_bound_tokens(mut self) -> Self {
        self.accepts_bound_tokens = true;
        self
    }

    /// Grants the permissions of the token (claim `permissions`) as scopes too. The permissions of a
    /// user are usually more than those that the user has consented to for this client, so the client
    /// can then do all that its user may do. Default: only scopes are scopes; see
    /// [`RequirePermission`](auth_core::policy::RequirePermission) for permissions.
    pub fn permissions_as_scopes(mut self) -> Self {
        self.permissions_are_scopes = true;
        self
    }

    /// Also fetches keys and metadata from private addresses, for an environment on a private network.
    /// Loopback is allowed without it if the URL names it.
    pub fn allow_private_addresses(mut self) -> Self {
        self.private_addresses = true;
        self
    }

    /// Whether `/.well-known/oauth-authorization-server` serves the metadata of Scalekit, for
    /// clients of MCP versions before 2025-06-18. Default: yes.
    pub fn forward_server_metadata(mut self, forward: bool) -> Self {
        self.forward_server_metadata = forward;
        self
    }

    /// Sets up the [management API](crate::ScalekitProvider::management) with a client of the environment (`skc_…`, in the
    /// dashboard under Developers > Settings > API Credentials); replaces `SCALEKIT_CLIENT_ID` and
    /// `SCALEKIT_CLIENT_SECRET`. Default: there is none, and tokens are verified without it.
    pub fn management(
        mut self,
        client_id: impl Into<String>,
        client_secret: impl Into<Secret>,
    ) -> Self {
        self.credentials = Ok(Credentials::given(client_id, client_secret.into()));
        self
    }

    /// Also accepts API keys of Scalekit: JWTs are verified as ever, and every other bearer token as a key. Needs the
    /// [`management`](Self::management) API, with the permission `api_credentials:read`. Default: keys are refused.
    #[cfg(feature = "api-keys")]
    pub fn api_keys(mut self, keys: ApiKeys) -> Self {
        self.api_keys = Some(keys);
        self
    }

    /// Sets where revocations are kept: those of [`revoke`](crate::ScalekitProvider::revoke), and those of events. The
    /// layer checks each token with it. A server of several processes needs one that they share. Default: a
    /// [`MemoryRevocations`](auth_core::revocation::MemoryRevocations), for a server of one process.
    ///
    /// The default keeps revocations for the longest lifetime of a token, which is 24 h at Scalekit, or
    /// [`max_lifetime`](Self::max_lifetime) if that is longer. The layer refuses tokens that live longer, since a
    /// revocation could be forgotten before they expire. A store of your own must keep revocations for
    /// [`max_lifetime`](Self::max_lifetime) too: set its longest lifetime to that, or longer.
    ///
    /// The same holds for the tokens of other verifiers that are chained behind this provider: the layer checks all
    /// tokens with this store, and refuses those that live longer, of all issuers.
    /// [`AuthLayerBuilder::revocations`](auth_core::layer::AuthLayerBuilder::revocations) replaces this store, by one
    /// with a longer lifetime for example.
    pub fn revocations(mut self, store: impl RevocationStore) -> Self {
        self.revocations = Some(Arc::new(store));
        self
    }

    /// How far Scalekit's clock may be ahead of this server's: 0 to 60 s, default 5 s.
    ///
    /// [`revoke`](crate::ScalekitProvider::revoke) refuses the tokens that were issued until now. `iat` is by the
    /// clock of Scalekit: if that is ahead, a token that was issued a moment before looks newer than it is, and would
    /// survive. So tokens are refused that seem to be issued up to this time later. The price is that a login
    /// within this time after the revocation is refused too, and has to be repeated.
    pub fn revocation_clock_skew(mut self, skew: Duration) -> Self {
        self.revocation_clock_skew = skew;
        self
    }

    /// How long the answer that a session is live, or is not, is reused for the same session: 0 to 60 s, default 5 s.
    /// See [`live_sessions`](crate::ScalekitProvider::live_sessions).
    pub fn live_session_cache(mut self, time: Duration) -> Self {
        self.live_session_cache = time;
        self
    }

    /// Sets the clock for the age of cached keys, access tokens and revocations. Default: the operating system's.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// The configured URL of the MCP endpoint, not validated yet.
    #[must_use]
    pub fn configured_mcp_url(&self) -> &str {
        self.mcp_url.text.as_deref().unwrap_or_default()
    }

    #[cfg(feature = "diagnose")]
    pub(crate) fn shared_clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.clock)
    }

    #[cfg(feature = "diagnose")]
    pub(crate) fn allows_private_addresses(&self) -> bool {
        self.private_addresses
    }

    /// The longest accepted lifetime of a token, if there is a limit.
    #[cfg(all(feature = "diagnose", feature = "management"))]
    pub(crate) fn longest_lifetime(&self) -> Option<Duration> {
        self.max_lifetime
    }

    /// Why there is no management API, unless there is one.
    #[cfg(all(feature = "diagnose", feature = "management"))]
    pub(crate) fn missing_credentials(&self) -> Option<&'static str> {
        self.credentials.as_ref().err().copied()
    }
}

/// Shows no values: a secret might have been pasted into the wrong variable.
impl fmt::Debug for ScalekitBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScalekitBuilder").finish_non_exhaustive()
    }
}
