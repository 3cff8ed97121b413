//! API keys of Scalekit as bearer tokens, against the mock of its API, by a clock that only the tests move.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a failure here is the test's failure"
)]

mod answers;
#[path = "../../../auth-core/tests/support/logged.rs"]
mod logged;
mod outages;
mod revoked;
mod secrets;
mod settings;
mod stage;
mod strangers;
mod verdicts;
