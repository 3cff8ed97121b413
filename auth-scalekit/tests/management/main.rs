//! The management API against a server on loopback, by a clock that only the tests move.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failure here is the test's failure"
)]

mod access_tokens;
mod answers;
mod events;
mod harness;
mod sessions;
mod settings;
mod users;
