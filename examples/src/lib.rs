//! What the example binaries share.

pub mod client;
