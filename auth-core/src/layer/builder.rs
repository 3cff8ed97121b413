//! [`AuthLayerBuilder`]: the settings of a layer, one method each.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::Method;

use super::origin::AllowedOrigins;
use super::public::PublicRoutes;
use super::scope_strategy::ScopeStrategy;
use super::stream_rules::StreamRules;
use crate::audit::AuditSink;
use crate::directory::Directory;
use crate::policy::Authorizer;
use crate::policy::OperationPolicy;
use crate::policy::Policy;
use crate::proof::ProofVerifier;
use crate::provider::AuthProvider;
use crate::revocation::{LiveSessions, Revocations};
use crate::session::SessionBinding;
use crate::support::{Clock, SystemClock};
use crate::token::ScopeHierarchy;
use crate::verifier::TokenCache;

/// The memory for bodies of all requests without a token, in bytes: 128 bodies of maximum size.
const ANONYMOUS_BODY_BUDGET: usize = 8 * 1024 * 1024;

/// Whether and how sessions are bound to callers.
pub(super) enum Sessions {
    /// With a random key of this layer.
    Own,
    Bound(SessionBinding),
    Unbound,
}

/// Settings of an [`AuthLayer`](super::AuthLayer).
#[must_use = "call build() to get the layer"]
pub struct AuthLayerBuilder {
    pub(super) provider: Arc<dyn AuthProvider>,
    pub(super) policies: Vec<Box<dyn Policy>>,
    pub(super) authorizers: Vec<Arc<dyn Authorizer>>,
    pub(super) operations: Option<OperationPolicy>,
    pub(super) hierarchy: ScopeHierarchy,
    pub(super) strategy: ScopeStrategy,
    pub(super) check_bodies: bool,
    pub(super) anonymous_body_budget: usize,
    pub(super) public_routes: PublicRoutes,
    pub(super) full_paths: bool,
    pub(super) anonymous: bool,
    pub(super) any_host: bool,
    pub(super) origins: Option<AllowedOrigins>,
    pub(super) sessions: Sessions,
    pub(super) streams: Option<StreamRules>,
    pub(super) root_alias: bool,
    pub(super) passes_token_on: bool,
    pub(super) sinks: Vec<Arc<dyn AuditSink>>,
    pub(super) token_cache: TokenCache,
    pub(super) proofs: Option<Box<dyn ProofVerifier>>,
    pub(super) revocations: Option<Arc<dyn Revocations>>,
    pub(super) live_sessions: Option<Box<dyn LiveSessions>>,
    pub(super) directory: Option<Box<dyn Directory>>,
    pub(super) clock: Arc<dyn Clock>,
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
            live_sessions: None,
            directory: None,
            clock: Arc::new(SystemClock::new()),
        }
    }

    /// Adds a policy that every request must pass. Can be called more than once. It sees no operation,
    /// and [`build`](Self::build) refuses one that needs the arguments of operations.
    pub fn policy(mut self, policy: impl Policy) -> Self {
        self.policies.push(Box::new(policy));
        self
    }

    /// Adds an authorizer, which is called for every operation after all policies have passed. Can
    /// be called more than once. The operations of every request are then determined from its body,
    /// unless
    /// [`OperationPolicyBuilder::inner_service_compares_headers`](crate::policy::OperationPolicyBuilder::inner_service_compares_headers)
    /// is set and no authorizer [needs arguments](Authorizer::needs_arguments).
    pub fn authorizer(mut self, authorizer: impl Authorizer) -> Self {
        self.authorizers.push(Arc::new(authorizer));
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
    /// enables for all (axum's default features do), a body of a few kilobytes makes parsers call
    /// each other until the stack overflows, because each nested parser starts with a new recursion
    /// limit. This should be fixed in serde_json.
    pub fn check_bodies(mut self) -> Self {
        self.check_bodies = true;
        self
    }

    /// Sets the total memory budget for the bodies of requests without a token, in bytes. They are
    /// read
    /// where some operations are public. A request that does not fit into what is left of it
    /// receives 503.
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
    pub fn public_route(mut self, method: Method, path: impl Into<String>) -> Self {
        self.public_routes.add(method, path.into());
        self
    }

    /// States that this layer is not inside a nested router (`axum::Router::nest`), so that it sees
    /// full paths: `/` is then another route than the endpoint at `/mcp`, and may be public.
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
    pub fn dangerous_forward_token(mut self) -> Self {
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
    /// end at once. Default: those of the provider
    /// ([`AuthProvider::revocations`]); if it has none, a token is valid until its verifier refuses it.
    pub fn revocations(mut self, revocations: impl Revocations) -> Self {
        self.revocations = Some(Arc::new(revocations));
        self
    }

    /// Sets what knows which sessions exist at the issuer now, for requests whose policies
    /// include [`session_is_live`](crate::policy::session_is_live()). No other request asks it.
    /// Default: none, and [`build`](Self::build) refuses such a policy.
    pub fn live_sessions(mut self, sessions: impl LiveSessions) -> Self {
        self.live_sessions = Some(Box::new(sessions));
        self
    }

    /// Sets what knows the members and groups of organizations, for
    /// [`active_member`](crate::policy::active_member()), [`in_group`](crate::policy::in_group()), tools and handlers.
    /// Default: none, and [`build`](Self::build) refuses such a policy.
    pub fn directory(mut self, directory: impl Directory) -> Self {
        self.directory = Some(Box::new(directory));
        self
    }

    /// Sets the clock. Default: the operating system's.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }
}

impl fmt::Debug for AuthLayerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthLayerBuilder")
            .field("provider", &self.provider)
            .finish_non_exhaustive()
    }
}
