//! The directory beside the mock: listings, events, stores, replicas, outages, and the layer in front of it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failure here is the test's failure"
)]

mod decisions;
mod events;
mod layer;
mod listing;
#[path = "../../../auth-core/tests/support/logged.rs"]
mod logged;
#[cfg(all(feature = "postgres", feature = "sqlite"))]
#[path = "../support/postgres_server.rs"]
#[allow(dead_code, reason = "the bench uses the rest")]
mod postgres_server;
#[cfg(all(feature = "postgres", feature = "sqlite"))]
mod replicas;
mod secrets;
mod settings;
mod shuffled;
mod stage;
#[cfg(all(feature = "postgres", feature = "sqlite"))]
mod stores;
mod world;
