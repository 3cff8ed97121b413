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

mod events;
mod samples;
