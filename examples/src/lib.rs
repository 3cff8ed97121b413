//! What the example binaries are made of: tutorials that run.

pub mod api_keys;
pub mod audit;
pub mod byoa;
pub mod demo;
pub mod multi_org;
mod project_notes;
pub mod quotas;
#[cfg(feature = "cedar")]
pub mod rbac;
pub mod replicas;
pub mod server;
pub mod tenants;

pub use ::client::cli::logging;

/// Compiles the code of the README with the documentation tests.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
