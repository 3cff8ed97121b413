//! Access tokens that only their issuer can read: [RFC 7662](https://www.rfc-editor.org/rfc/rfc7662)
//! token introspection as a [`TokenVerifier`](auth_core::TokenVerifier).
//!
//! | step | file | what happens |
//! |---|---|---|
//! | 1 | `verifier` | the order of everything |
//! | 2 | `token_format`, `memory` | what is refused or accepted without a call |
//! | 3 | `remote::single_flight` | callers with the same token share one request |
//! | 4 | `circuit` | an endpoint that is out of order is left alone for a while |
//! | 5 | `remote::backoff` | a token whose call failed is left alone for a while |
//! | 6 | `call_budget` | how many calls there are at one time, and about whose tokens |
//! | 7 | `endpoint`, `client_authentication` | one POST, with every limit |
//! | 8 | `rules`, `claims` | what the answer must say |
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
//! # Ok::<(), auth_core::ConfigErrors>(())
//! ```
//!
//! Beside a verifier of JWTs: [`or_opaque`](auth_core::TokenVerifierExt::or_opaque).

mod builder;
mod caching;
mod call_budget;
mod circuit;
mod client_authentication;
mod endpoint;
mod response_cache;
mod random_token;
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
