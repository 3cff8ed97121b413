//! [`AuthLayerBuilder`]: the settings of a layer, and their validation.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::Method;

use super::AuthLayer;
use super::guard::Guard;
use super::host::AllowedHosts;
use super::origin::AllowedOrigins;
use super::paths::Paths;
use super::public::PublicRoutes;
use super::scope_strategy::ScopeStrategy;
use super::stream_rules::StreamRules;
use crate::audit::{AuditSink, Recorder};
use crate::error::ErrorChain;
use crate::error::{ConfigError, ConfigErrors};
use crate::operation::BodyBudget;
use crate::policy::Authorizer;
use crate::policy::OperationPolicy;
use crate::policy::{Policy, RequireScopes, all_of};
use crate::proof::ProofVerifier;
use crate::provider::WELL_KNOWN_SUFFIX;
use crate::provider::{AuthProvider, PublicDocument};
use crate::revocation::Revocations;
use crate::session::{SessionBinding, SessionKey};
use crate::support::{Clock, SystemClock};
use crate::token::ScopeHierarchy;
use crate::verifier::{TokenCache, VerifiedTokens};
use crate::wire::Challenges;
use crate::wire::well_known;

/// The memory for bodies of all requests without a token, in bytes: 128 bodies of maximum size.
const ANONYMOUS_BODY_BUDGET: usize = 8 * 1024 * 1024;

/// Whether and how sessions are bound to callers.
enum Sessions {
    /// With a random key of this layer.
    Own,
    Bound(SessionBinding),
    Unbound,
}

/// Settings of an [`AuthLayer`].
#[must_use = "call build() to get the layer"]
pub struct AuthLayerBuilder {
    provider: Arc<dyn AuthProvider>,
    policies: Vec<Box<dyn Policy>>,
    authorizers: Vec<Box<dyn Authorizer>>,
    operations: Option<OperationPolicy>,
    hierarchy: ScopeHierarchy,
    strategy: ScopeStrategy,
    check_bodies: bool,
    anonymous_body_budget: usize,
    public_routes: PublicRoutes,
    full_paths: bool,
    anonymous: bool,
    any_host: bool,
    origins: Option<AllowedOrigins>,
    sessions: Sessions,
    streams: Option<StreamRules>,
    root_alias: bool,
    passes_token_on: bool,
    sinks: Vec<Arc<dyn AuditSink>>,
    token_cache: TokenCache,
    proofs: Option<Box<dyn ProofVerifier>>,
    revocations: Option<Box<dyn Revocations>>,
    clock: Arc<dyn Clock>,
}

impl AuthLayerBuilder {
    pub(super) fn new(provider: Arc<dyn AuthProvider>) -> Self {
        Self {
            provider,
            policies: Vec::new(),
            authorizers: Vec::new(),
            operations: None,
            hierarchy: ScopeHierarchy::flat(),
            strategy: ScopeStrategy::default(),
            check_bodies: false,
            anonymous_body_budget: ANONYMOUS_BODY_BUDGET,
            public_routes: PublicRoutes::default(),
            full_paths: false,
            anonymous: false,
            any_host: false,
            origins: None,
            sessions: Sessions::Own,
            streams: Some(StreamRules::default()),
            root_alias: false,
            passes_token_on: false,
            sinks: Vec::new(),
            token_cache: TokenCache::DEFAULT,
            proofs: None,
            revocations: None,
            clock: Arc::new(SystemClock::new()),
        }
    }

    /// Adds a policy that every request must pass. Can be called more than once.
    pub fn policy(mut self, policy: impl Policy) -> Self {
        self.policies.push(Box::new(policy));
        self
    }

    /// Adds an authorizer, which is questions about every operation after all policies have passed. Can
    /// be called more than once. The operations of every request are then determined from its body,
    /// unless
    /// [`OperationPolicyBuilder::inner_service_compares_headers`](crate::policy::OperationPolicyBuilder::inner_service_compares_headers)
    /// is set and no authorizer [needs arguments](Authorizer::needs_arguments).
    pub fn authorizer(mut self, authorizer: impl Authorizer) -> Self {
        self.authorizers.push(Box::new(authorizer));
        self
    }

    /// Sets what single operations require: a tool, a prompt, a resource, a method.
    pub fn operations(mut self, operations: OperationPolicy) -> Self {
        self.operations = Some(operations);
        self
    }

    /// Reads the body of every request that can carry a message, up to 4 MiB or the limit of
    /// [`OperationPolicyBuilder::max_body_bytes`](crate::policy::OperationPolicyBuilder::max_body_bytes),
    /// and refuses JSON that parsers could read differently ([`json`](crate::support::json)). Then
    /// no body that could exhaust the stack reaches the parser of the inner service. Default:
    /// bodies are read where there are operation rules, unless the headers are trusted.
    ///
    /// Turn this on in front of rmcp, and of any service that reads bodies into
    /// `serde_json::Value`. With serde_json's feature `raw_value`, which any crate of the build
    /// enables for all (axum's default features do), a body of a few kilobytes nests parsers into
    /// one another until the process aborts, since serde_json's recursion limit starts anew in
    /// each. The fix belongs into serde_json.
    pub fn check_bodies(mut self) -> Self {
        self.check_bodies = true;
        self
    }

    /// Sets the memory for the bodies of all requests without a token, in bytes. They are read
    /// where some operations are public. A request that exceeds the rest of the budget gets 503.
    /// Default: 8 MiB.
    pub fn anonymous_body_budget(mut self, bytes: usize) -> Self {
        self.anonymous_body_budget = bytes;
        self
    }

    /// Sets which scopes include which others. Default: none.
    pub fn scope_hierarchy(mut self, hierarchy: ScopeHierarchy) -> Self {
        self.hierarchy = hierarchy;
        self
    }

    /// Sets which scopes a 403 names. Default: [`ScopeStrategy::Operation`].
    pub fn scope_strategy(mut self, strategy: ScopeStrategy) -> Self {
        self.strategy = strategy;
        self
    }

    /// Admits every request for a route, such as `GET /health`: exactly this method (and `HEAD`
    /// with `GET`) and this path, compared byte by byte. `Authorization` is neither checked there
    /// nor forwarded. All other routes stay protected.
    ///
    /// [`build`](Self::build) refuses the path of the MCP endpoint, and `/`, which is the endpoint
    /// for a layer inside a nested router; see [`sees_full_paths`](Self::sees_full_paths).
    /// [`sees_full_paths`](Self::sees_full_paths).
    pub fn public_route(mut self, method: Method, path: impl Into<String>) -> Self {
        self.public_routes.add(method, path.into());
        self
    }

    /// States that this layer is not inside a nested router (`axum::Router::nest`), so that it sees
    /// full paths: `/` is then a page beside an endpoint at `/mcp`.
    pub fn sees_full_paths(mut self) -> Self {
        self.full_paths = true;
        self
    }

    /// Forwards requests without a token too, as anonymous requests: the service decides what they
    /// may do (`auth_core::axum::OptionalAuthenticated`). An invalid token is still refused.
    pub fn allow_anonymous(mut self) -> Self {
        self.anonymous = true;
        self
    }

    /// Accepts every `Host`. Default: a server whose public URL is on loopback accepts loopback
    /// names only, so that no web page can reach it by DNS rebinding.
    pub fn dangerous_any_host(mut self) -> Self {
        self.any_host = true;
        self
    }

    /// Sets which web pages may send requests. Default: [`AllowedOrigins::for_resource`].
    pub fn allowed_origins(mut self, origins: AllowedOrigins) -> Self {
        self.origins = Some(origins);
        self
    }

    /// Sets how sessions are bound to their callers. Default: with a random key of this layer.
    pub fn sessions(mut self, binding: SessionBinding) -> Self {
        self.sessions = Sessions::Bound(binding);
        self
    }

    /// Lets any caller who knows a session id use that session.
    pub fn dangerous_unbound_sessions(mut self) -> Self {
        self.sessions = Sessions::Unbound;
        self
    }

    /// Sets how long an event stream may stay open after its token has expired. Default: 60 s.
    pub fn stream_leeway(mut self, leeway: Duration) -> Self {
        self.streams.get_or_insert_default().leeway = leeway;
        self
    }

    /// Sets how often the token of an open event stream is verified again, and every policy
    /// evaluated again: a stream whose token was revoked ends. Default: every 60 s; at least 1 s. A
    /// cache of the verifier delays this. An outage ends no stream. Where a verifier reports an
    /// expired token as invalid for another reason, the stream ends without the leeway.
    pub fn recheck_streams_every(mut self, interval: Duration) -> Self {
        self.streams.get_or_insert_default().recheck_every = interval;
        self
    }

    /// Lets event streams stay open for as long as the service keeps them open, even without a
    /// valid token.
    pub fn dangerous_streams_outlive_tokens(mut self) -> Self {
        self.streams = None;
        self
    }

    /// Also serves the metadata document at the root, `/.well-known/oauth-protected-resource`, for
    /// clients that look only there. For a host with a single MCP endpoint; strict implementations
    /// of RFC 9728 section 3.3 reject the document there.
    pub fn root_metadata_alias(mut self) -> Self {
        self.root_alias = true;
        self
    }

    /// Leaves `Authorization` in the request. MCP forbids servers to pass the token through to
    /// other services.
    pub fn dangerous_pass_token_on(mut self) -> Self {
        self.passes_token_on = true;
        self
    }

    /// Adds a sink for the decisions of this layer. Can be called more than once.
    pub fn audit(mut self, sink: impl AuditSink) -> Self {
        self.sinks.push(Arc::new(sink));
        self
    }

    /// Sets how many verified tokens are cached, so that the verifier is not called for each
    /// request. Only those are cached that their verifier allows to be reused
    /// ([`VerifiedToken::reusable_until`](crate::token::VerifiedToken::reusable_until)). Default:
    /// [`TokenCache::DEFAULT`].
    pub fn token_cache(mut self, cache: TokenCache) -> Self {
        self.token_cache = cache;
        self
    }

    /// Admits tokens that are bound to a key
    /// ([`VerifiedToken::confirmation`](crate::token::VerifiedToken::confirmation)) if this
    /// verifier accepts the proof of the request. Default: the layer refuses all such tokens.
    pub fn proof_verifier(mut self, proofs: impl ProofVerifier) -> Self {
        self.proofs = Some(Box::new(proofs));
        self
    }

    /// Checks each verified token, cached ones too, for revocation. The streams of a revoked token
    /// end at once. Default: a token is valid until its verifier refuses it.
    pub fn revocations(mut self, revocations: impl Revocations) -> Self {
        self.revocations = Some(Box::new(revocations));
        self
    }

    /// Sets the clock. Default: the operating system's.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Validates the settings and builds the layer.
    ///
    /// # Errors
    ///
    /// [`ConfigErrors`], all of them at once: no authorization server; `offline_access` among the
    /// scopes of the resource, which is a scope of the authorization server; a document whose path
    /// is not absolute or is taken; a public route or an exempt path that is not a plain path, or
    /// is the MCP endpoint, also as a nested router sees it; a metadata document that is not JSON;
    /// an interval of zero for streams; no random bytes for a key.
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
        let paths = Paths::new(metadata.resource.path(), self.full_paths);
        let routes = self
            .public_routes
            .paths()
            .map(|path| ("public_route", path));
        let exempt = self
            .operations
            .iter()
            .flat_map(OperationPolicy::exempt_paths);
        for (setting, path) in routes.chain(exempt.map(|path| ("exempt_path", path))) {
            if let Err(error) = paths.vet(setting, path) {
                errors.push(error);
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
                    let text = format!("cannot have a key: {}", ErrorChain(&error));
                    errors.push(ConfigError::new("sessions", text));
                    None
                }
            },
        };
        let verified = VerifiedTokens::new(self.token_cache);
        let verified = verified.unwrap_or_else(|error| {
            let text = format!("cannot have a key: {}", ErrorChain(&error));
            errors.push(ConfigError::new("token_cache", text));
            None
        });
        let mut metadata_paths = vec![metadata.path()];
        if self.root_alias {
            metadata_paths.push(format!("/.well-known/{WELL_KNOWN_SUFFIX}"));
        }
        let documents = self.provider.documents();
        let mut taken: Vec<&str> = metadata_paths.iter().map(String::as_str).collect();
        for document in &documents {
            let path = document.path();
            if !path.starts_with('/') || taken.contains(&path) {
                let text =
                    format!("has a document at {path:?}: name each path once, from the root");
                errors.push(ConfigError::new("documents", text));
            }
            taken.push(path);
        }
        errors.into_result()?;

        let mut operations = self.operations;
        if self.check_bodies || !self.authorizers.is_empty() {
            let operations = operations.get_or_insert_with(OperationPolicy::without_rules);
            if self.authorizers.iter().any(|it| it.needs_arguments()) {
                operations.keep_arguments();
            }
            if self.check_bodies {
                operations.read_every_body();
            }
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
                documents,
                challenges: Challenges::new(&metadata.url(), scopes),
                hosts,
                origins,
                public_routes: self.public_routes,
                anonymous: self.anonymous,
                required: RequireScopes::or_nothing(required),
                policies,
                operations,
                anonymous_bodies: BodyBudget::new(self.anonymous_body_budget),
                authorizers: self.authorizers,
                hierarchy: self.hierarchy,
                strategy: self.strategy,
                sessions,
                streams: self.streams,
                passes_token_on: self.passes_token_on,
                recorder: Recorder::new(&metadata.resource, self.sinks),
                verified,
                proofs: self.proofs,
                revocations: self.revocations,
                clock: self.clock,
                provider: self.provider,
            }),
        })
    }
}

impl fmt::Debug for AuthLayerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthLayerBuilder")
            .field("provider", &self.provider)
            .finish_non_exhaustive()
    }
}
