//! Opaque access tokens: [RFC 7662](https://www.rfc-editor.org/rfc/rfc7662)
//! token introspection as a [`TokenVerifier`](auth_core::verifier::TokenVerifier).
//!
//! | step | file | what happens |
//! |---|---|---|
//! | 1 | `verifier` | the order of the steps |
//! | 2 | `token_format`, `response_cache` | tokens that are refused or accepted without a call |
//! | 3 | `remote::single_flight` | callers with the same token share one call |
//! | 4 | `circuit` | no calls for a while to an endpoint that is down |
//! | 5 | `remote::backoff` | no calls for a while for a token whose call failed |
//! | 6 | `call_budget` | how many calls run concurrently, and for which tokens |
//! | 7 | `endpoint`, `client_authentication` | one bounded POST |
//! | 8 | `rules`, `claims` | the checks of the response |
//!
//! `builder`, `caching` and `secret` are the settings, `status` is for health checks.
//!
//! # Example
//!
//! ```
//! use auth_scalekit::introspection::{ClientAuthentication, IntrospectionVerifier};
//!
//! # let secret = "s3cr3t";
//! let verifier = IntrospectionVerifier::builder(
//!     "https://id.example.com",
//!     ["https://mcp.example.com/mcp"],
//!     "https://id.example.com/oauth2/introspect",
//! )
//! .client_authentication(ClientAuthentication::Basic {
//!     id: "mcp-server".into(),
//!     secret: secret.into(),
//! })
//! .build()?;
//! # let _ = verifier;
//! # Ok::<(), auth_core::error::ConfigErrors>(())
//! ```
//!
//! To combine it with a verifier of JWTs: [`or_opaque`](auth_core::verifier::TokenVerifierExt::or_opaque).

mod builder;
mod caching;
mod call_budget;
mod circuit;
mod client_authentication;
mod endpoint;
mod random_token;
mod response_cache;
mod rules;
mod secret;
mod status;
mod token_format;
mod token_hash;
mod verifier;

pub use builder::IntrospectionBuilder;
pub use caching::Caching;
pub use client_authentication::ClientAuthentication;
pub use secret::Secret;
pub use status::EndpointStatus;
pub use verifier::IntrospectionVerifier;
