//! A black-box suite for any MCP server that is protected with OAuth, in whatever language: does it admit valid
//! tokens, refuse all others, and send the challenges that the standards ask for?
//!
//! The suite brings its own issuer, a [`MockScalekit`](crate::MockScalekit), and the server under test must trust it.
//! `mock-scalekit probe` runs it from the command line.
//!
//! 1. Each group of probes begins with a control: a valid token is admitted. Without that nothing can be
//!    learned from refusals, and the whole group is [`Untestable`](Outcome::Untestable), never passed.
//! 2. Each probe names the rule it follows and how binding that is ([`Level`]).
//! 3. A probe that cannot be made is untestable too. A probe of something optional that the server does
//!    not have, such as sessions, is [`NotApplicable`](Outcome::NotApplicable).
//!
//! A server whose callers send API keys is probed with [`Suite::api_keys`]; one that takes both, once with each.
//!
//! # What the server has to offer
//!
//! It must trust the issuer and know its own URL. Some probes of scopes, identities and secrets call a tool:
//!
//! | [`ToolRole`] | what the tool does |
//! |---|---|
//! | `write` | needs a scope that other tools do not, `mcp:write` if its name is `write` |
//! | `whoami` | answers with the caller's `sub` |
//! | `upstream` | gets the URL of its argument `url`, as a server that calls another API |
//!
//! The suite takes tools of these names, or those that [`Suite::tool`] names. Otherwise it looks for `write` and
//! `whoami` among the tools that are annotated as non-destructive (`readOnlyHint`, or `destructiveHint` false): it
//! calls each with arguments that fit its schema.

pub mod api_keys;
mod catalogue;
mod credentials;
mod groups;
mod http;
mod level;
mod mcp;
mod outcome;
mod refusal;
mod report;
mod sample_arguments;
mod server;
mod server_control;
mod suite;
mod target;
mod tool_search;
mod tools;

pub use catalogue::{Group, Probe};
pub use level::Level;
pub use outcome::Outcome;
pub use report::{ProbeResult, Report, Score};
pub use server_control::{ExternalServer, ServerControl};
pub use suite::{Suite, SuiteError};
pub use tools::ToolRole;
