//! [Scalekit](https://www.scalekit.com) as the identity provider of an MCP server.
//!
//! ```no_run
//! use auth_core::AuthLayer;
//! use auth_scalekit::ScalekitProvider;
//!
//! let layer = AuthLayer::new(ScalekitProvider::from_env()?)?;
//! # let _ = layer;
//! # Ok::<(), auth_core::ConfigErrors>(())
//! ```
//!
//! # One token
//!
//! | step | file | what happens |
//! |---|---|---|
//! | 1 | `jwt/verifier` | the order of the rules |
//! | 2 | `jwt/compact`, `jwt/header` | three parts, and a header that fits |
//! | 3 | `claims` | claims, read once and judged |
//! | 4 | `jwks` | the key that the token names |
//! | 5 | `remote` | … fetched, kept and kept fresh |
//! | 6 | `policy` | roles, permissions, organizations, claims |
//!
//! `builder`, `provider` and `policy` know Scalekit; `claims`, `jwt`, `jwks` and `remote` know no issuer, and
//! neither does [`introspection`], which verifies tokens that are no JWTs. [`mod@diagnose`] says what is
//! wrong with a set-up.

mod claims;
#[cfg(feature = "diagnose")]
pub mod diagnose;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
pub mod introspection;
pub mod jwks;
pub mod jwt;
pub mod policy;
mod provider;
mod remote;
#[cfg(test)]
mod vectors;

pub use provider::{DEFAULT_MCP_URL, ScalekitBuilder, ScalekitProvider};
