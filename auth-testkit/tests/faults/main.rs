//! Faults, as the bytes that a client sees; each beside the answer it would have got.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    unreachable_pub,
    reason = "tests"
)]

mod delivery;
mod gates;
mod instead;
mod raw;
mod refusing;
mod secured;
#[path = "../support/mod.rs"]
mod support;
