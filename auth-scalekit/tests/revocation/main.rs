//! Revocation by the server's own code, and sessions that end.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failure here is the test's failure"
)]

mod ended;
#[path = "../management/harness.rs"]
#[allow(dead_code, reason = "the tests of the management API use the rest")]
mod harness;
mod live;
mod revoked;
#[path = "../support/mod.rs"]
mod support;
mod with_mock;
