//! The layer beyond the token: public routes and operations, rules, sessions, streams, hosts, and audit
//! events.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a failure here is the test's failure"
)]

#[path = "../support/logged.rs"]
mod logged;
#[path = "../support/mod.rs"]
mod support;

#[path = "../../fuzz/driver.rs"]
#[allow(dead_code, reason = "other test binaries use the rest")]
mod driver;

mod argument_policies;
mod arguments;
mod audit_events;
mod audit_floods;
mod authorizers;
mod bodies;
mod caller_policies;
mod client_certificates;
mod directory;
mod documents;
mod extractors;
mod harness;
mod headers;
mod lists;
mod live_sessions;
mod members;
mod operations;
mod organizations;
mod primitives;
mod provider_revocations;
mod public_access;
#[cfg(feature = "rate-limit")]
mod quotas;
mod request_heads;
mod revocations;
mod secure_arguments;
#[cfg(feature = "rmcp")]
mod server_rules;
mod sessions;
mod streams;
mod token_reuse;
