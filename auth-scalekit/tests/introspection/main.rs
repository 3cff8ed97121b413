//! Token introspection against an endpoint on loopback, by a clock that only the tests move.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a failure here is the test's failure"
)]

mod answers;
mod callers;
mod endpoint;
mod flood;
mod joined;
mod known;
mod load;
#[path = "../../../auth-core/tests/support/logged.rs"]
mod logged;
mod memory;
mod outages;
mod pair;
mod request;
mod secrets;
mod settings;
mod strangers;
