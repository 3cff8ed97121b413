//! The management API against a server on loopback, by a clock that only the tests move.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failure here is the test's failure"
)]

mod access_tokens;
mod answers;
mod calls;
mod events;
mod every_call;
mod every_failure;
mod every_list;
mod every_shape;
mod further;
mod harness;
mod leap_clock;
#[path = "../../../auth-core/tests/support/logged.rs"]
mod logged;
mod refused_tokens;
mod retries;
mod secrets;
mod sessions;
mod settings;
mod torn;
mod users;
mod with_mock;
