//! [Scalekit](https://www.scalekit.com) as the identity provider of an MCP server.
//!
//! ```no_run
//! use auth_core::layer::AuthLayer;
//! use auth_scalekit::ScalekitProvider;
//!
//! let layer = AuthLayer::new(ScalekitProvider::from_env()?)?;
//! # let _ = layer;
//! # Ok::<(), auth_core::error::ConfigErrors>(())
//! ```
//!
//! # Verification of one token
//!
//! | step | file | what happens |
//! |---|---|---|
//! | 1 | `jwt/verifier` | the order of the checks |
//! | 2 | `jwt/compact`, `jwt/header` | three parts, and an acceptable header |
//! | 3 | `claims` | the claims, scanned once and checked |
//! | 4 | `jwks` | the key that the token names |
//! | 5 | `remote` | … fetches, caches and renews the key set |
//!
//! `provider`, [`revocation`], [`management`], the management API, and [`webhooks`], which revoke tokens when something
//! has changed there, are about Scalekit; [`jwt`], [`jwks`], `claims` and `remote` are independent of the issuer, and so
//! is [`introspection`], which verifies opaque tokens. `lookup` is the calls about opaque tokens and API keys.
//!
//! # Features
//!
//! | feature | what it adds |
//! |---|---|
//! | `api-keys` | the module `api_keys`: API keys of Scalekit beside its access tokens |
//! | `diagnose` | the module `diagnose`: what is wrong with a deployment, as a list of findings; with `management`, also what the management API knows of it |
//! | `directory` | the module `directory`: who is a member of which organization and group now |
//! | `sqlite`, `postgres` | … kept in an SQLite file, or shared by replicas through PostgreSQL; need Rust 1.94 |
//! | `management` | all of the management API: users, roles, organizations, directories, resources, logs |
//! | `cli` | the program `scalekit-doctor`, which prints them |

#[cfg(feature = "api-keys")]
pub mod api_keys;
mod claims;
#[cfg(feature = "diagnose")]
pub mod diagnose;
#[cfg(feature = "directory")]
pub mod directory;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
pub mod introspection;
pub mod jwks;
pub mod jwt;
mod lookup;
pub mod management;
mod provider;
mod remote;
pub mod revocation;
mod secret;
mod secret_variable;
mod timestamp;
#[cfg(test)]
mod vectors;
pub mod webhooks;

pub use provider::{DEFAULT_MCP_URL, ScalekitBuilder, ScalekitProvider};
