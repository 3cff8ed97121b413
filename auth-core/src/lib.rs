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
//! | 5 | `verified`, `verifier`, `chain` | [`BearerToken`] to [`AccessToken`], from the cache or by the provider |
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

mod address;
mod audit;
mod auth_scheme;
mod authorizer;
mod bearer;
mod body;
mod box_future;
mod chain;
mod challenge;
mod claims;
mod clock;
mod config;
mod confirmation;
#[cfg(feature = "cors")]
mod cors;
mod drain;
mod error;
mod error_chain;
mod excerpt;
mod head;
mod hierarchy;
mod host;
mod layer;
mod mcp_headers;
mod metadata;
mod operation;
mod origin;
mod policy;
mod proof;
mod provider;
mod public_documents;
mod public_url;
mod random;
mod readiness;
mod refusal;
mod revocation;
mod scope;
mod session;
mod token;
mod verified;
mod verifier;
mod watch;
mod well_known;
mod whole;

#[cfg(feature = "axum")]
pub mod axum;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
pub mod json;
pub mod private_file;
#[cfg(feature = "rmcp")]
pub mod rmcp;

/// For implementing [`TokenVerifier`] and [`AuthProvider`].
pub use address::{embedded_ipv4, is_public_address};
pub use async_trait::async_trait;

#[cfg(feature = "metrics")]
pub use audit::Metrics;
pub use audit::{
    AuditCount, AuditFn, AuditSink, AuditSummary, AuthEvent, DroppedEvents, JsonLines,
    JsonLinesBuilder, Omission, Outcome, Queued, Sampled, audit_fn,
};
pub use auth_scheme::{credentials, pasted_token};
pub use authorizer::{AuthorizationRequest, Authorizer, NotAuthorized};
pub use bearer::{BearerToken, MalformedCredentials};
pub use body::ResponseBody;
pub use box_future::BoxFuture;
pub use chain::{ByShape, FirstOf, Or, TokenShape, TokenVerifierExt, first_of};
pub use clock::{Clock, Sleep, SystemClock};
pub use config::{ConfigError, ConfigErrors};
pub use confirmation::Confirmation;
#[cfg(feature = "cors")]
pub use cors::{Cors, CorsService, cors};
pub use error::{Cause, InvalidReason, InvalidToken, Unavailable, UnavailableReason, VerifyError};
pub use error_chain::ErrorChain;
pub use excerpt::Excerpt;
pub use head::RequestHead;
pub use hierarchy::{HierarchyError, ScopeHierarchy};
pub use layer::{
    AuthContext, AuthLayer, AuthLayerBuilder, AuthService, ResponseFuture, ScopeStrategy,
};
pub use mcp_headers::AmbiguousHeader;
pub use metadata::{BearerMethod, ProtectedResourceMetadata};
pub use operation::{
    Operation, OperationError, OperationPolicy, OperationPolicyBuilder, RequestBody, Thing,
};
pub use origin::AllowedOrigins;
pub use policy::{
    AllOf, AnyOf, AuthenticationRequirement, Denied, InvalidAcr, Not, Policy, PolicyFn,
    PolicyRequest, RequireScopes, all_of, any_of, not, policy_fn,
};
pub use proof::{CertificateProof, ClientCertificate, ProofRequest, ProofVerifier};
pub use provider::{AuthProvider, DocumentError, DocumentSource, PublicDocument, ResourceServer};
pub use public_documents::PublicDocuments;
pub use public_url::{PublicUrl, UrlError};
pub use random::NoRandomBytes;
pub use readiness::{NotReady, Readiness};
pub use refusal::Refusal;
pub use revocation::{Revocations, RevokedTokens};
pub use scope::{InvalidScope, Scope, Scopes};
pub use session::{InvalidSessionKey, SessionBinding, SessionKey};
pub use token::{AccessToken, Principal};
#[doc(hidden)]
pub use verified::SeenOnce;
pub use verified::{CachedVerifier, TokenCache, Validity};
pub use verifier::{TokenVerifier, VerifyRequest};
