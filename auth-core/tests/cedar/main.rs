//! Cedar policies behind the layer: decisions, mistakes in policies and schemas, and new versions of a file.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a failure here is the test's failure"
)]

mod decisions;
mod harness;
mod mistakes;
mod reload;
