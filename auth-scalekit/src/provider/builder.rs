//! [`ScalekitBuilder`]: the settings of a [`ScalekitProvider`], from code or from environment variables. All errors
//! are reported together, each under the name by which the user knows the setting.

use std::env::VarError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use auth_core::error::{ConfigError, ConfigErrors};
use auth_core::policy::Policy;
use auth_core::provider::{ProtectedResourceMetadata, PublicUrl};
use auth_core::support::{Clock, SystemClock};

use super::credentials::Credentials;
use super::resource_id::{FIND_RESOURCE_ID, ResourceId};
use super::server_metadata::ServerMetadata;
use super::setting::{FIND_ENVIRONMENT_URL, Setting, environment_url, join, scopes, vet};
use super::{Parts, ScalekitProvider};
use crate::introspection::Secret;
use crate::jwt::{
    Algorithm, DEFAULT_REUSE, JwtVerifier, vet_leeway, vet_max_token_bytes, vet_reuse,
};
use crate::management::{Management, ManagementSettings};
use crate::remote::{Fetcher, METADATA_PATH};

/// The URL of the MCP endpoint when `SCALEKIT_MCP_URL` is not set.
pub const DEFAULT_MCP_URL: &str = "http://localhost:8000/mcp";

/// Settings of a [`ScalekitProvider`].
#[must_use = "call build() to get the provider"]
pub struct ScalekitBuilder {
    environment_url: Setting,
    resource_id: Setting,
    mcp_url: Setting,
    required_scopes: Setting,
    scopes_supported: Option<Vec<String>>,
    resource_name: Option<String>,
    resource_documentation: Option<String>,
    policies: Vec<Box<dyn Policy>>,
    leeway: Option<Duration>,
    max_lifetime: Option<Duration>,
    max_token_bytes: Option<usize>,
    reuse: Duration,
    private_addresses: bool,
    accepts_bound_tokens: bool,
    permissions_are_scopes: bool,
    forward_server_metadata: bool,
    credentials: Option<Credentials>,
    clock: Arc<dyn Clock>,
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
            credentials: None,
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
    /// | `SCALEKIT_CLIENT_SECRET` | the same; or `SCALEKIT_CLIENT_SECRET_FILE`, the path of a file with the secret |
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

    /// Sets up the [management API](ScalekitProvider::management) with a client of the environment (`skc_…`, in the
    /// dashboard under Developers > Settings > API Credentials); replaces `SCALEKIT_CLIENT_ID` and
    /// `SCALEKIT_CLIENT_SECRET`. Default: there is none, and tokens are verified without it.
    pub fn management(
        mut self,
        client_id: impl Into<String>,
        client_secret: impl Into<Secret>,
    ) -> Self {
        self.credentials = Some(Credentials::given(client_id, client_secret.into()));
        self
    }

    /// Sets the clock that the age of cached keys is measured with. Default: the operating system's.
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

    /// Validates all settings. It does not wait for the network: the keys are fetched in the background, as
    /// those of a [`JwtVerifier`] are; see [`ready`](auth_core::verifier::TokenVerifier::ready).
    ///
    /// # Errors
    ///
    /// [`ConfigErrors`] with every error, each under the name of its setting.
    pub fn build(self) -> Result<ScalekitProvider, ConfigErrors> {
        let mut errors = ConfigErrors::default();
        let environment = vet(&mut errors, &self.environment_url, environment_url);
        let resource_id = vet(&mut errors, &self.resource_id, |text| {
            ResourceId::parse(text).map_err(|error| error.to_string())
        });
        let mcp_url = vet(&mut errors, &self.mcp_url, |text| {
            PublicUrl::parse(text).map_err(|error| error.to_string())
        });
        let required = vet(&mut errors, &self.required_scopes, scopes);
        let supported = self.scopes_supported.map_or_else(
            || required.clone(),
            |texts| errors.collect("scopes_supported", scopes(&texts.join(" "))),
        );
        if let Some(leeway) = self.leeway {
            vet_leeway(&mut errors, leeway);
        }
        if let Some(bytes) = self.max_token_bytes {
            vet_max_token_bytes(&mut errors, bytes);
        }
        vet_reuse(&mut errors, self.reuse);
        let credentials = self.credentials.and_then(|it| it.vet(&mut errors));
        let (Some(environment), Some(resource_id), Some(mcp_url), Some(required), Some(supported)) =
            (environment, resource_id, mcp_url, required, supported)
        else {
            return Err(errors);
        };
        errors.into_result()?;

        let server = resource_id.authorization_server(&environment);
        let issuers = [environment.to_string(), server.clone()];
        let mut verifier = JwtVerifier::builder(
            issuers.clone(),
            [resource_id.as_str()],
            format!("{environment}/keys"),
        )
        .algorithms([Algorithm::Rs256])
        .organization_claim("oid")
        .reuse_tokens_for(self.reuse)
        .clock(Arc::clone(&self.clock));
        if let Some(leeway) = self.leeway {
            verifier = verifier.leeway(leeway);
        }
        if let Some(lifetime) = self.max_lifetime {
            verifier = verifier.max_lifetime(lifetime);
        }
        if let Some(bytes) = self.max_token_bytes {
            verifier = verifier.max_token_bytes(bytes);
        }
        if self.private_addresses {
            verifier = verifier.allow_private_addresses();
        }
        if self.accepts_bound_tokens {
            verifier = verifier.accept_bound_tokens();
        }
        if self.permissions_are_scopes {
            verifier = verifier.permissions_as_scopes();
        }
        let verifier = verifier.build()?;
        let private = self.private_addresses || environment.is_loopback();
        let management = match credentials {
            Some((client_id, client_secret)) => Some(Management::new(ManagementSettings {
                environment: &environment,
                client_id,
                client_secret,
                private,
                clock: Arc::clone(&self.clock),
            })?),
            None => None,
        };
        let server_metadata = if self.forward_server_metadata {
            let fetcher = Fetcher::new(private)
                .map_err(|error| ConfigError::new("TLS", format!("cannot be set up: {error}")))?;
            let urls = vec![
                // The form of RFC 8414, and the one that Scalekit's own tools use.
                format!("{environment}{}/resources/{resource_id}", METADATA_PATH),
                format!("{server}{}", METADATA_PATH),
            ];
            Some(ServerMetadata::fetched(urls, issuers, fetcher, self.clock))
        } else {
            None
        };
        let mut metadata = ProtectedResourceMetadata::new(mcp_url, [server]);
        metadata.scopes_supported = supported;
        metadata.resource_name = self.resource_name;
        metadata.resource_documentation = self.resource_documentation;
        Ok(ScalekitProvider::from_parts(Parts {
            environment,
            metadata,
            required_scopes: required,
            policies: self.policies,
            verifier,
            server_metadata,
            management,
        }))
    }
}

/// Shows no values: a secret might have been pasted into the wrong variable.
impl fmt::Debug for ScalekitBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScalekitBuilder").finish_non_exhaustive()
    }
}
