//! Minted tokens: the valid ones, the defects one by one, and the keys behind them.

// A test reports a wrong assumption by panicking, in shared functions too.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stdout
)]

#[path = "../support/mod.rs"]
mod support;

mod defects;
mod one_respect;
mod rejects;
mod rotation;
mod speed;
mod valid;
