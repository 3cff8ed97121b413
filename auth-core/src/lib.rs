//! OAuth 2.1 resource-server building blocks for MCP servers.
//!
//! [`AuthLayer`](layer::AuthLayer) is a tower layer that admits verified callers to any
//! `Service<http::Request<B>>`, and answers all others with the challenge of RFC 6750 and RFC 9728.
//! [`TokenVerifier`](verifier::TokenVerifier) and [`AuthProvider`](provider::AuthProvider) are the
//! traits that an identity provider implements; the crate `auth-scalekit` does.
//!
//! The crate contains no HTTP client, no JWT library and no identity provider.
//!
//! ```
//! use auth_core::prelude::*;
//!
//! # fn demo(verifier: impl TokenVerifier) -> Result<(), Box<dyn std::error::Error>> {
//! let resource = PublicUrl::parse("https://mcp.example.com/mcp")?;
//! let metadata = ProtectedResourceMetadata::new(resource, ["https://id.example.com"]);
//! let layer = AuthLayer::builder(ResourceServer::new(verifier, metadata))
//!     .policy(RequireScopes::new(["notes:read"])?)
//!     .build()?;
//! # let _ = layer; Ok(()) }
//! ```
//!
//! # The modules, in the order of a request
//!
//! | module | what it is for |
//! |---|---|
//! | [`layer`] | the request path: read [its documentation](layer) for the order of all decisions |
//! | [`token`] | the credentials in the request, and the token once it is verified |
//! | [`verifier`] | verifying a token, chains of verifiers, the cache of verified tokens |
//! | [`proof`] | proof of possession, for tokens that are bound to a key |
//! | [`revocation`] | tokens that are revoked before they expire |
//! | [`operation`] | which MCP operation a request asks for |
//! | [`policy`] | what a caller needs: scopes, claims, rules for operations, authorizers |
//! | [`session`] | a session belongs to the caller that opened it |
//! | [`wire`] | the reasons for a refusal, and their responses |
//! | [`audit`] | one event for each decision: log, audit file, metrics |
//! | [`provider`] | the identity provider, and the metadata of the protected resource |
//! | [`error`] | errors in the configuration |
//! | [`support`] | what providers and servers share: the clock, bounded JSON, private files |
//!
//! With cargo features, `axum` and `rmcp` have extractors for their handlers and tools.

pub mod audit;
#[cfg(feature = "axum")]
pub mod axum;
pub mod error;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
pub mod layer;
pub mod operation;
pub mod policy;
pub mod prelude;
pub mod proof;
pub mod provider;
pub mod revocation;
#[cfg(feature = "rmcp")]
pub mod rmcp;
pub mod session;
pub mod support;
pub mod token;
pub mod verifier;
pub mod wire;

// Until every crate names the modules.
#[doc(hidden)]
pub use audit::AuthDecision as Outcome;
#[cfg(feature = "metrics")]
#[doc(hidden)]
pub use audit::Metrics;
#[doc(hidden)]
pub use audit::{
    AuditCount, AuditFn, AuditSink, AuditSummary, AuthEvent, DroppedEvents, JsonLines,
    JsonLinesBuilder, Omission, Queued, Sampled, audit_fn,
};
#[doc(hidden)]
pub use error::{ConfigError, ConfigErrors, ErrorChain, Excerpt};
#[doc(hidden)]
pub use layer::{
    AllowedOrigins, AuthContext, AuthLayer, AuthLayerBuilder, AuthService, ResponseBody,
    ResponseFuture, ScopeStrategy,
};
#[cfg(feature = "cors")]
#[doc(hidden)]
pub use layer::{Cors, CorsService, cors};
#[doc(hidden)]
#[doc(hidden)]
pub use layer::{NotReady, PublicDocuments, Readiness};
#[doc(hidden)]
pub use operation::Primitive as Thing;
#[doc(hidden)]
pub use operation::{AmbiguousHeader, Operation, OperationError, Primitive, RequestBody};
#[doc(hidden)]
pub use policy::{
    AllOf, AnyOf, AuthenticationRequirement, AuthorizationRequest, Authorizer, Denied, InvalidAcr,
    Not, NotAuthorized, OperationPolicy, OperationPolicyBuilder, Policy, PolicyFn, PolicyRequest,
    RequireScopes, all_of, any_of, not, policy_fn,
};
#[doc(hidden)]
pub use proof::{CertificateProof, ClientCertificate, ProofRequest, ProofVerifier};
#[doc(hidden)]
pub use provider::{
    AuthProvider, BearerMethod, DocumentError, DocumentSource, ProtectedResourceMetadata,
    PublicDocument, PublicUrl, ResourceServer, UrlError,
};
#[doc(hidden)]
pub use revocation::{Revocations, RevokedTokens};
#[doc(hidden)]
pub use session::{InvalidSessionKey, SessionBinding, SessionKey};
#[doc(hidden)]
pub use support::{
    BoxFuture, Clock, NoRandomBytes, Sleep, SystemClock, async_trait, embedded_ipv4,
    is_public_address,
};
#[doc(hidden)]
pub use support::{json, private_file};
#[doc(hidden)]
#[doc(hidden)]
pub use token::VerifiedToken as AccessToken;
#[doc(hidden)]
pub use token::{
    BearerToken, Confirmation, HierarchyError, InvalidScope, MalformedCredentials, Principal,
    Scope, ScopeHierarchy, Scopes, Validity, VerifiedToken, credentials, pasted_token,
};
#[doc(hidden)]
pub use verifier::{
    ByShape, CachedVerifier, Cause, FirstOf, InvalidReason, InvalidToken, Or, RequestHead,
    SeenOnce, TokenCache, TokenShape, TokenVerifier, TokenVerifierExt, Unavailable,
    UnavailableReason, VerifyError, VerifyRequest, first_of,
};
#[doc(hidden)]
pub use wire::Refusal;
