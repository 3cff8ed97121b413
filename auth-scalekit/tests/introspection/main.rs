//! Token introspection against an endpoint on loopback, by a clock that only the tests move.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failure here is the test's failure"
)]

mod answers;
mod asking;
mod callers;
mod endpoint;
mod held;
mod joined;
mod memory;
mod outages;
mod pair;
mod secrets;
mod settings;
mod strangers;
