//! The program `audit`: it verifies chained files, shows, follows and sums up lines, and joins them with logins.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    missing_docs,
    reason = "a failure here is the test's failure"
)]

mod follow;
mod many_lines;
mod scalekit;
mod show;
mod stage;
mod verify;
