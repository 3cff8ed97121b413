//! What the example binaries are made of: tutorials that run.

pub mod api_keys;
pub mod client;
pub mod demo;
pub mod everything;
pub mod logging;
pub mod probed;
pub mod server;
pub mod tenants;

/// Compiles the code of the README with the documentation tests.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
