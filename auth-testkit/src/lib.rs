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
//! | start an issuer, register and forget clients | [`MockScalekit`] |
//! | rotate keys step by step, publish odd ones | [`Keys`], [`OddKeySet`] |
//! | choose what the issuer is like | [`MockScalekitBuilder`], [`User`], [`Client`], [`TokenIssuer`], [`RefreshTokens`] |
//! | script what the user answers | [`Approval`] |
//! | let a rule pass, or break one for clients to notice | [`Leniency`], [`Misbehaviour`] |
//! | exchange assertions of an identity provider | [`IdentityProvider`], [`Assertion`] |
//! | mint a token, good or bad | [`TokenBuilder`], [`Defect`] |
//! | move time | [`TestClock`] |
//! | break an endpoint or the connection, hold requests back | [`Fault`], [`Gate`], [`Refusal`] |
//! | assert what a client sent | [`RecordedRequest`], [`Endpoint`] |
//! | hold an [`AuthProvider`](auth_core::AuthProvider) to what all of them must do | [`conformance`] |
//!
//! The issuer is strict: it refuses what an authorization server must refuse (no PKCE, a reused
//! code, a foreign redirect URI, a wrong secret), so a client that passes here has done its part.
//! Its shape on the wire is Scalekit's: the documents, the id prefixes, the claims and the paths
//! that are *not* there.
//!
//! Every request goes to one pure function, `issuer::Issuer::handle(request, now)`. Before it stands
//! `serve::front`, which records, holds and damages; `user_mocks` is the only file that knows wiremock.
//!
//! **Never use this outside tests**: the signing keys are published with the source.

// A test kit reports a wrong set-up by panicking in the test that made it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod builder;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod cli;
mod clock;
pub mod conformance;
mod endpoint;
mod fault;
mod issuer;
mod keys;
mod mock;
mod oauth;
#[cfg(feature = "probe")]
pub mod probe;
mod record;
mod serve;
mod settings;
mod token;
mod values;

pub use builder::MockScalekitBuilder;
pub use clock::TestClock;
pub use endpoint::Endpoint;
pub use fault::{Fault, FaultGuard, Gate};
pub use keys::{Keys, OddKeySet};
pub use mock::MockScalekit;
pub use oauth::{Assertion, Client, IdentityProvider};
pub use record::{RecordedRequest, SentAuth};
pub use serve::Refusal;
pub use settings::{Approval, Leniency, Misbehaviour, RefreshTokens, TokenIssuer, User};
pub use token::{Defect, TokenBuilder};
pub use values::UnknownName;

pub use jsonwebtoken::Algorithm;
