//! Webhooks, from the request to the store of revocations, and events that are read later.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a failure here is the test's failure"
)]

#[path = "../../../auth-core/tests/support/logged.rs"]
mod logged;

mod catch_up;
mod deliveries;
mod effects;
mod events;
mod interrupted;
mod mock;
mod of_provider;
mod processing;
mod requests;
mod samples;
mod secrets;
mod servers;
mod signatures;
mod stage;
mod strangers;
