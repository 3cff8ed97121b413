//! The program, as a shell and a test in another language see it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    unreachable_pub,
    reason = "tests"
)]

mod byoa;
mod commands;
mod control;
mod directory;
mod misbehaviours;
mod openapi;
mod probe;
mod served;
#[path = "../support/mod.rs"]
mod support;
mod webhooks;
