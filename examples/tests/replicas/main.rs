//! The tutorial `replicas` as it runs in production: processes, a Redis, and webhooks of a mock Scalekit at one of them.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    reason = "a failure here is the test's failure"
)]

mod failures;
mod mcp;
mod process;
#[path = "../../../auth-core/tests/support/redis_server.rs"]
#[allow(dead_code, reason = "the tests of auth-core use the rest")]
mod redis_server;
mod revoked;
mod script;
mod stage;
mod start;
