//! A mock Scalekit issuer for testing MCP clients and MCP servers.
//!
//! Real flows over real HTTP, real RS256 signatures, and tokens with exactly one thing wrong:
//!
//! ```
//! # async fn usage() {
//! let scalekit = auth_testkit::MockScalekit::start().await;
//! let good = scalekit.token().scopes(["notes:read"]).sign();
//! let bad = scalekit.token().expired().sign();
//! # drop((good, bad));
//! # }
//! ```
//!
//! | to do this | look at |
//! |---|---|
//! | start an issuer, register and delete clients | [`MockScalekit`], [`Client`] |
//! | configure the issuer | [`MockScalekitBuilder`], [`User`], [`settings`] |
//! | describe organizations, roles, users and machines in a file | [`Directory`](settings::Directory), `docs/directory.md` |
//! | let users log in at a page of the customer's | [`MockScalekitBuilder::byoa`], `docs/byoa.md` |
//! | script what the user answers | [`Approval`](settings::Approval) |
//! | serve an MCP server that is protected by the issuer | [`MockScalekitBuilder::mcp_server`] |
//! | relax a rule, or make the issuer or the MCP server violate one, to test clients | [`Leniency`](settings::Leniency), [`Misbehaviour`](settings::Misbehaviour) |
//! | rotate keys step by step, serve unusual key sets | [`keys`] |
//! | exchange assertions of an identity provider | [`identity_provider`] |
//! | mint a token, valid or invalid | [`TokenBuilder`], [`Defect`] |
//! | end a session, remove a member, change roles, make an event | [`Admin`], [`EventDraft`] |
//! | create and invalidate API keys, valid and invalid, call the management API | [`ApiKeyDraft`], [`ApiKey`], [`KeyDefect`], `docs/management.md` |
//! | change the users and groups of an organization's directory | [`Admin`], [`DirectoryUserDraft`] |
//! | add rows to the authentication log | [`AuthLogDraft`] |
//! | send signed webhooks, also late, twice, shuffled or forged | [`webhooks`], `docs/webhooks.md` |
//! | move time | [`TestClock`] |
//! | make an endpoint or a connection fail, hold requests back | [`Fault`], [`fault`], [`ConnectionRefusal`] |
//! | assert what a client sent | [`RecordedRequest`], [`Endpoint`] |
//! | check an [`AuthProvider`](auth_core::provider::AuthProvider) against the rules for all of them | [`conformance`] |
//! | probe a protected MCP server over HTTP | `probe` (feature `probe`) |
//!
//! The issuer is strict: it refuses what an authorization server must refuse (no PKCE, a reused
//! code, a redirect URI of another client, a wrong secret), so a client that works with it follows these rules.
//! On the wire it looks like Scalekit: the documents, the id prefixes, the claims and the paths
//! that are *not* there.
//!
//! # How a request passes
//!
//! | step | file |
//! |---|---|
//! | a connection is accepted, with TLS or without | `serve/connection.rs`, `serve/stream.rs` |
//! | the request is recorded and held, and a fault applies to it | `serve/pipeline.rs`, `record`, `fault` |
//! | mocks of the test's author see it, if there are any | `serve/wiremock.rs` |
//! | it is given to its endpoint: a pure function of settings, state, request and time | `issuer`, `endpoint.rs`, `oauth`, `management`, `mcp` |
//! | the reply is sent, modified by the fault if there is one | `serve/fault_effect.rs`, `serve/wire.rs` |
//!
//! The crate writes the bytes of replies itself, because faults corrupt them on purpose, at times of an injected clock.
//!
//! **Never use this outside tests**: the signing keys are published with the source.

// A test kit reports a wrong set-up by panicking in the test that made it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

#[cfg(doctest)]
#[doc = include_str!("../docs/directory.md")]
struct DirectoryPage;

#[cfg(doctest)]
#[doc = include_str!("../docs/management.md")]
struct ManagementPage;

#[cfg(doctest)]
#[doc = include_str!("../docs/webhooks.md")]
struct WebhooksPage;

mod admin;
mod api_key;
mod auth_log;
mod builder;
mod change;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod cli;
mod clock;
pub mod conformance;
mod endpoint;
mod event;
pub mod fault;
mod issuer;
pub mod keys;
mod management;
mod mcp;
mod mock;
mod oauth;
#[cfg(feature = "probe")]
pub mod probe;
mod record;
mod scim;
mod serve;
mod session;
pub mod settings;
mod token;
mod values;
pub mod webhooks;

pub use admin::Admin;
pub use api_key::{ApiKey, ApiKeyDraft, KeyDefect};
pub use auth_log::{AuthLogDraft, AuthStatus};
pub use builder::MockScalekitBuilder;
pub use clock::TestClock;
pub use endpoint::Endpoint;
pub use event::{EventDraft, EventType};
pub use fault::Fault;
pub use mock::MockScalekit;
pub use oauth::{Client, identity_provider};
pub use record::{RecordedRequest, SentAuth};
pub use scim::DirectoryUserDraft;
pub use serve::ConnectionRefusal;
pub use settings::User;
pub use token::{Defect, TokenBuilder};
pub use values::UnknownName;

pub use jsonwebtoken::Algorithm;
