//! OAuth 2.1 resource-server building blocks for MCP servers: the traits [`TokenVerifier`] and
//! [`AuthProvider`], the words they speak, and [`AuthLayer`], a tower layer that puts them before
//! any `Service<http::Request<B>>`.
//!
//! It knows no HTTP client, no JWT library and no identity provider; `auth-scalekit` does.
//!
//! # One request
//!
//! | step | file | what happens |
//! |---|---|---|
//! | 1 | `layer` | takes the request apart; the whole path reads downwards there |
//! | 2 | `well_known` | answers the metadata paths, without a token |
//! | 3 | `host`, `origin` | turns names and pages away that may not call |
//! | 4 | `bearer` | `Authorization` header to [`BearerToken`] |
//! | 5 | `verified`, `verifier`, `chain` | [`BearerToken`] to [`VerifiedToken`], from the cache or by the provider |
//! | 5 | `proof`, `confirmation` | the proof of a token that is bound to a key |
//! | 5 | `revocation` | tokens that count no more |
//! | 6 | `operation` | which tool, prompt, resource or method the request is about |
//! | 7 | `policy`, `hierarchy` | required scopes, and policies of provider, layer and operation |
//! | 7 | `authorizer` | what has to be asked elsewhere, or depends on arguments |
//! | 8 | `session` | a session is its caller's alone |
//! | 9 | `rmcp`, `axum` | the inner service and its extractors |
//! | – | `refusal`, `challenge`, `drain` | every no, and what it looks like on the wire |
//! | – | `audit` | one event for each decision |
//! | – | `readiness` | whether a server can verify tokens, for its `/ready` route |
//!
//! # Example
//!
//! See [`AuthLayer`], [`TokenVerifier`] for a verifier of your own, and
//! [`ResourceServer`] for a provider made of one.

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
