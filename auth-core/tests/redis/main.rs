//! Revocations and idempotency keys in a real Redis, which the tests start.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failure here is the test's failure"
)]

mod faults;
mod idempotency;
mod outages;
#[path = "../support/redis_server.rs"]
mod redis_server;
mod revocations;
mod settings;
mod support;
