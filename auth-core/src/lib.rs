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
//! | 3 | `origin` | turns pages away that may not call |
//! | 4 | `bearer` | `Authorization` header to [`BearerToken`] |
//! | 5 | `verifier`, `chain` | [`BearerToken`] to [`AccessToken`], by the provider |
//! | 6 | `policy`, `hierarchy` | required scopes and policies |
//! | 7 | `rmcp`, `axum` | the inner service and its extractors |
//! | – | `refusal`, `challenge`, `drain` | every no, and what it looks like on the wire |
//!
//! # Example
//!
//! See [`AuthLayer`], [`TokenVerifier`] for a verifier of your own, and
//! [`ResourceServer`] for a provider made of one.

mod bearer;
mod body;
mod chain;
mod challenge;
mod clock;
mod config;
mod drain;
mod error;
mod error_chain;
mod hierarchy;
mod layer;
mod metadata;
mod origin;
mod policy;
mod provider;
mod public_url;
mod refusal;
mod scope;
mod token;
mod verifier;
mod well_known;

#[cfg(feature = "axum")]
pub mod axum;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
#[cfg(feature = "rmcp")]
pub mod rmcp;

/// For implementing [`TokenVerifier`] and [`AuthProvider`].
pub use async_trait::async_trait;

pub use bearer::{BearerToken, MalformedCredentials};
pub use body::ResponseBody;
pub use chain::{ByShape, FirstOf, Or, TokenShape, TokenVerifierExt, first_of};
pub use clock::{Clock, SystemClock};
pub use config::{ConfigError, ConfigErrors};
pub use error::{Cause, InvalidReason, InvalidToken, Unavailable, VerifyError};
pub use error_chain::ErrorChain;
pub use hierarchy::{HierarchyError, ScopeHierarchy};
pub use layer::{AuthLayer, AuthLayerBuilder, AuthService, ResponseFuture};
pub use metadata::{BearerMethod, ProtectedResourceMetadata};
pub use origin::AllowedOrigins;
pub use policy::{
    AllOf, AnyOf, AuthenticationRequirement, Denied, InvalidAcr, Not, Policy, PolicyRequest,
    RequireScopes, all_of, any_of, not,
};
pub use provider::{AuthProvider, DocumentError, PublicDocument, ResourceServer};
pub use public_url::{PublicUrl, UrlError};
pub use refusal::Refusal;
pub use scope::{InvalidScope, Scope, Scopes};
pub use token::{AccessToken, Principal};
pub use verifier::{TokenVerifier, VerifyRequest};
