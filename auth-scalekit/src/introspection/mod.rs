//! Opaque access tokens: [RFC 7662](https://www.rfc-editor.org/rfc/rfc7662)
//! token introspection as a [`TokenVerifier`](auth_core::verifier::TokenVerifier).
//!
//! | step | file | what happens |
//! |---|---|---|
//! | 1 | `verifier` | the order of the steps |
//! | 2 | `lookup::token_format` | strings that are no tokens of this issuer |
//! | 3 | `lookup` | whether there is a call about the token: shared, within a budget, and stopped during an outage |
//! | 4 | `endpoint`, `client_authentication` | one bounded POST |
//! | 5 | `rules`, `claims` | the checks of the response |
//!
//! `builder` has the settings, `status` is for health checks.
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
mod client_authentication;
mod endpoint;
mod rules;
mod status;
mod verifier;

pub use builder::IntrospectionBuilder;
pub use client_authentication::ClientAuthentication;
pub use status::EndpointStatus;
pub use verifier::IntrospectionVerifier;

pub use crate::lookup::Caching;
pub use crate::secret::Secret;
