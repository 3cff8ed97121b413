//! What the example binaries are made of: tutorials that run.

pub mod client;
pub mod demo;
pub mod logging;
pub mod server;
