//! What the layer does beyond the token: routes and operations of everybody, operations of some,
//! sessions, streams, hosts, and the events that tell of it.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a failure here is the test's failure"
)]

#[path = "../support/mod.rs"]
mod support;

#[path = "../../fuzz/driver.rs"]
#[allow(dead_code, reason = "other test binaries use the rest")]
mod driver;

mod audit;
mod authorizers;
mod bodies;
mod documents;
mod events;
mod extractors;
mod headers;
mod heads;
mod lab;
mod lists;
mod open_doors;
mod operations;
mod primitives;
mod proofs;
mod reuse;
mod sessions;
mod streams;
