//! What a diagnosis says of sound set-ups and of broken ones. Each broken one differs from the sound
//! one in one respect.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failure here is the test's failure"
)]

mod client;
mod environment;
mod harness;
mod hostile;
mod management;
mod server;
mod token;
