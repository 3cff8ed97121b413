//! Events, and the webhooks that they are sent by: what a receiver gets over real HTTP, each way of delivery beside the
//! usual one.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    missing_docs,
    unreachable_pub,
    reason = "tests"
)]

mod causes;
mod changes;
mod deliveries;
mod faults;
mod logins;
mod members;
mod modes;
mod payloads;
mod receiver;
mod retries;
mod secrets;
#[path = "../support/mod.rs"]
mod support;
