//! Scalekit's management API over real HTTP: what it shows and changes, and each refusal beside an accepted control.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    unreachable_pub,
    reason = "tests"
)]

mod api;
mod api_keys;
mod auth_logs;
mod consents;
mod directories;
mod directory_fixture;
mod events;
mod limits;
mod memberships;
mod organizations;
mod permissions;
mod roles;
mod sessions;
#[path = "../support/mod.rs"]
mod support;
mod tokens;
mod user_sessions;
mod users;
