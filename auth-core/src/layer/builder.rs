//! [`AuthLayerBuilder`]: the settings of a layer, and what is wrong with them.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::Method;

use super::AuthLayer;
use super::guard::Guard;
use super::public::PublicRoutes;
use super::stream::StreamRules;
use crate::audit::{AuditSink, Sinks};
use crate::challenge::Challenges;
use crate::clock::{Clock, SystemClock};
use crate::config::{ConfigError, ConfigErrors};
use crate::hierarchy::ScopeHierarchy;
use crate::host::AllowedHosts;
use crate::metadata::WELL_KNOWN_SUFFIX;
use crate::operation::OperationPolicy;
use crate::origin::AllowedOrigins;
use crate::policy::{Policy, RequireScopes, all_of};
use crate::provider::{AuthProvider, PublicDocument};
use crate::session::{SessionBinding, SessionKey};
use crate::well_known;

/// Which scopes a 403 names for a client that lacks some.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum ScopeStrategy {
    /// Those of the operation, as MCP has it since 2026-07-28: what the client had it knows itself.
    #[default]
    Operation,
    /// Those of the operation and those that the token has, for clients of 2025-11-25 and before,
    /// many of which ask for what they are told and forget what they had.
    OperationPlusGranted,
}

/// Which session binding there is.
enum Sessions {
    /// One with a key of its own.
    Own,
    Bound(SessionBinding),
    Unbound,
}

/// Settings of an [`AuthLayer`].
#[must_use = "call build() to get the layer"]
pub struct AuthLayerBuilder {
    provider: Arc<dyn AuthProvider>,
    policies: Vec<Box<dyn Policy>>,
    operations: Option<OperationPolicy>,
    hierarchy: ScopeHierarchy,
    strategy: ScopeStrategy,
    public_routes: PublicRoutes,
    anonymous: bool,
    any_host: bool,
    origins: Option<AllowedOrigins>,
    sessions: Sessions,
    streams: Option<StreamRules>,
    root_alias: bool,
    passes_token_on: bool,
    sinks: Sinks,
    clock: Arc<dyn Clock>,
}

impl AuthLayerBuilder {
    pub(super) fn new(provider: Arc<dyn AuthProvider>) -> Self {
        Self {
            provider,
            policies: Vec::new(),
            operations: None,
            hierarchy: ScopeHierarchy::flat(),
            strategy: ScopeStrategy::default(),
            public_routes: PublicRoutes::default(),
            anonymous: false,
            any_host: false,
            origins: None,
            sessions: Sessions::Own,
            streams: Some(StreamRules::default()),
            root_alias: false,
            passes_token_on: false,
            sinks: Sinks::default(),
            clock: Arc::new(SystemClock::new()),
        }
    }

    /// Adds a policy that every request must pass; several add up.
    pub fn policy(mut self, policy: impl Policy) -> Self {
        self.policies.push(Box::new(policy));
        self
    }

    /// Sets what single operations ask for: a tool, a prompt, a resource, a method.
    pub fn operations(mut self, operations: OperationPolicy) -> Self {
        self.operations = Some(operations);
        self
    }

    /// Sets which scopes imply which others. Default: none do.
    pub fn scope_hierarchy(mut self, hierarchy: ScopeHierarchy) -> Self {
        self.hierarchy = hierarchy;
        self
    }

    /// Sets which scopes a 403 names. Default: [`ScopeStrategy::Operation`].
    pub fn scope_strategy(mut self, strategy: ScopeStrategy) -> Self {
        self.strategy = strategy;
        self
    }

    /// Lets everybody use a route, such as `GET /health`: exactly this method and this path, byte
    /// by byte. `Authorization` is not looked at there and does not go inward. Whatever is not
    /// named is guarded.
    pub fn public_route(mut self, method: Method, path: impl Into<String>) -> Self {
        self.public_routes.add(method, path.into());
        self
    }

    /// Lets requests without a token go inward too, in nobody's name: the service decides what it
    /// has for them (`auth_core::axum::OptionalAuthenticated`). A bad token is still refused.
    pub fn allow_anonymous(mut self) -> Self {
        self.anonymous = true;
        self
    }

    /// Answers to every `Host`. Default: a server whose public URL is on loopback answers to names
    /// of loopback alone, so that no web page can reach it under a name of its own.
    pub fn dangerous_any_host(mut self) -> Self {
        self.any_host = true;
        self
    }

    /// Sets which web pages may call. Default: [`AllowedOrigins::for_resource`].
    pub fn allowed_origins(mut self, origins: AllowedOrigins) -> Self {
        self.origins = Some(origins);
        self
    }

    /// Sets how sessions are bound to their callers. Default: with a key of this layer's own.
    pub fn sessions(mut self, binding: SessionBinding) -> Self {
        self.sessions = Sessions::Bound(binding);
        self
    }

    /// Lets whoever knows a session id use the session.
    pub fn dangerous_unbound_sessions(mut self) -> Self {
        self.sessions = Sessions::Unbound;
        self
    }

    /// Sets how long after its token's expiry an event stream goes on. Default: 60 s.
    pub fn stream_leeway(mut self, leeway: Duration) -> Self {
        self.streams.get_or_insert_default().leeway = leeway;
        self
    }

    /// Sets how often the token of an open event stream is verified again, and what every request
    /// needs asked again: a stream whose token is revoked ends. Default: every 60 s; 1 s at least.
    /// The verifier's own cache stands between, and an outage ends no stream. Where a verifier has
    /// no other word for an expired token, the stream ends without its leeway.
    pub fn recheck_streams_every(mut self, interval: Duration) -> Self {
        self.streams.get_or_insert_default().recheck_every = interval;
        self
    }

    /// Lets event streams go on for as long as the service does, whatever becomes of the token.
    pub fn dangerous_streams_outlive_tokens(mut self) -> Self {
        self.streams = None;
        self
    }

    /// Also serves the metadata document at the root,
    /// `/.well-known/oauth-protected-resource`, for clients that look there alone. For a host with
    /// one MCP endpoint; strict readers of RFC 9728 section 3.3 do not take it from there.
    pub fn root_metadata_alias(mut self) -> Self {
        self.root_alias = true;
        self
    }

    /// Leaves `Authorization` in the request. MCP forbids to send the token on to another service.
    pub fn dangerous_pass_token_on(mut self) -> Self {
        self.passes_token_on = true;
        self
    }

    /// Adds a sink for the decisions of this layer; several add up.
    pub fn audit(mut self, sink: impl AuditSink) -> Self {
        self.sinks.0.push(Arc::new(sink));
        self
    }

    /// Sets the clock. Default: the operating system's.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Checks the settings and prepares what every request needs.
    ///
    /// # Errors
    ///
    /// [`ConfigErrors`], all of them at once: no authorization server; `offline_access` among the
    /// scopes of the resource, where it means nothing (it is for the authorization server); a
    /// public route that is no path, or is the MCP endpoint itself; a metadata document that is
    /// no JSON; streams that are rechecked all the time; no random bytes for a session key.
    pub fn build(self) -> Result<AuthLayer, ConfigErrors> {
        let metadata = self.provider.metadata();
        let mut errors = ConfigErrors::default();
        if metadata.authorization_servers.is_empty() {
            errors.push(ConfigError::new(
                "authorization_servers",
                "is empty: name at least one issuer, or no client can get a token",
            ));
        }
        for (setting, scopes) in [
            ("required_scopes", self.provider.required_scopes()),
            ("scopes_supported", &metadata.scopes_supported),
        ] {
            if scopes.contains("offline_access") {
                errors.push(ConfigError::new(
                    setting,
                    "must not hold \"offline_access\": it is between client and issuer, take it out",
                ));
            }
        }
        let json = serde_json::to_vec(metadata).unwrap_or_else(|error| {
            let text = format!("cannot be written as JSON: {error}");
            errors.push(ConfigError::new("metadata", text));
            Vec::new()
        });
        let mcp_path = metadata.resource.path();
        for path in self.public_routes.paths() {
            let mcp_path = if mcp_path.is_empty() { "/" } else { mcp_path };
            if !path.starts_with('/') || path.contains(['?', '#']) {
                let text =
                    format!("{path:?} is not a path: write it as it comes, such as \"/health\"");
                errors.push(ConfigError::new("public_route", text));
            } else if path == mcp_path || is_below(path, mcp_path) {
                let text = format!(
                    "{path:?} is the MCP endpoint: use public operations or allow_anonymous instead"
                );
                errors.push(ConfigError::new("public_route", text));
            }
        }
        if let Some(rules) = &self.streams
            && rules.recheck_every < StreamRules::MIN_RECHECK
        {
            errors.push(ConfigError::new(
                "recheck_streams_every",
                "is less than a second: no verifier knows more that often",
            ));
        }
        let sessions = match self.sessions {
            Sessions::Bound(binding) => Some(binding),
            Sessions::Unbound => None,
            Sessions::Own => match SessionKey::random() {
                Ok(key) => Some(SessionBinding::new(key)),
                Err(error) => {
                    let text = format!("cannot have a random key: {error}");
                    errors.push(ConfigError::new("sessions", text));
                    None
                }
            },
        };
        errors.into_result()?;

        let mut metadata_paths = vec![metadata.path()];
        if self.root_alias {
            metadata_paths.push(format!("/.well-known/{WELL_KNOWN_SUFFIX}"));
        }
        let hosts = if self.any_host {
            AllowedHosts::any()
        } else {
            AllowedHosts::for_resource(&metadata.resource)
        };
        let required = self.provider.required_scopes().clone();
        let policies = all_of(self.policies);
        let provider_scopes = self
            .provider
            .policy()
            .map(Policy::scopes)
            .unwrap_or_default();
        let scopes = required.union(&provider_scopes).union(&policies.scopes());
        let origins = self
            .origins
            .unwrap_or_else(|| AllowedOrigins::for_resource(&metadata.resource));
        Ok(AuthLayer {
            guard: Arc::new(Guard {
                metadata_paths,
                metadata: PublicDocument::new(json, well_known::METADATA_MAX_AGE),
                document_paths: self.provider.document_paths(),
                challenges: Challenges::new(&metadata.url(), scopes),
                hosts,
                origins,
                public_routes: self.public_routes,
                anonymous: self.anonymous,
                required: RequireScopes::from(required),
                policies,
                operations: self.operations,
                hierarchy: Arc::new(self.hierarchy),
                strategy: self.strategy,
                sessions,
                streams: self.streams,
                passes_token_on: self.passes_token_on,
                sinks: self.sinks,
                clock: self.clock,
                provider: self.provider,
            }),
        })
    }
}

/// Whether a service that is nested at `base` gets requests for `path`. At the root it would get
/// all of them, and other routes have to be somewhere.
fn is_below(path: &str, base: &str) -> bool {
    let below = path.strip_prefix(base);
    base != "/" && below.is_some_and(|below| below.starts_with('/'))
}

impl fmt::Debug for AuthLayerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthLayerBuilder")
            .field("provider", &self.provider)
            .finish_non_exhaustive()
    }
}
