//! What the example binaries are made of: tutorials that run.

pub mod logging;
pub mod server;
