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
//! | [`directory`] | who is a member of an organization now, and of which groups |
//! | [`operation`] | which MCP operation a request asks for |
//! | [`policy`] | what a caller needs: scopes, claims, rules for operations, authorizers |
//! | [`session`] | binds each MCP session to the caller that opened it |
//! | [`wire`] | the reasons for a refusal, and their responses |
//! | [`audit`] | one event for each decision: log, audit file, metrics |
//! | [`provider`] | the identity provider, and the metadata of the protected resource |
//! | [`error`] | errors in the configuration |
//! | [`support`] | what providers and servers share: the clock, bounded JSON, private files |
//!
//! With cargo features, `axum` and `rmcp` have extractors for their handlers and tools, and tools of rmcp
//! state what they require.

pub mod audit;
#[cfg(feature = "axum")]
pub mod axum;
pub mod directory;
pub mod error;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
pub mod idempotency;
pub mod layer;
pub mod operation;
pub mod policy;
pub mod prelude;
pub mod proof;
pub mod provider;
#[cfg(feature = "redis")]
pub mod redis;
pub mod revocation;
#[cfg(feature = "rmcp")]
pub mod rmcp;
pub mod session;
pub mod support;
pub mod token;
pub mod verifier;
pub mod wire;
