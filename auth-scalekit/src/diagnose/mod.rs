//! Diagnosis of a deployment: what is wrong with it, and what to change. These are the checks behind the
//! program `scalekit-doctor` (feature `cli`).
//!
//! ```no_run
//! use auth_scalekit::ScalekitBuilder;
//! use auth_scalekit::diagnose::{DiagnoseOptions, Severity, diagnose};
//!
//! # async fn demo() {
//! let diagnosis = diagnose(ScalekitBuilder::from_env(), DiagnoseOptions::default(), |_| ()).await;
//! for finding in diagnosis.findings() {
//!     if finding.severity == Severity::Failure {
//!         println!("{}: {:?}", finding.what, finding.fix);
//!     }
//! }
//! # }
//! ```
//!
//! The checks run in this order, each with the [`Finding::id`]s that it produces:
//!
//! | file | what is checked | ids |
//! |---|---|---|
//! | `settings` | every setting, by the rules of the builder | `settings` |
//! | `environment/connection` | the host resolves, connects and has a certificate | `dns`, `connection` |
//! | `environment/metadata` | the authorization server's metadata (RFC 8414) | `metadata`, `metadata-issuer`, `pkce`, `registration`, `client-metadata-documents` |
//! | `environment/keys` | the key set (RFC 7517) | `keys`, `odd-keys` (only if there are any) |
//! | `environment/mcp_url` | the public URL of the MCP server | `mcp-url` |
//! | `environment/scopes` | required scopes are offered | `scopes` |
//! | `client` | a client, if one is given: the authorization endpoint knows it and its redirect URI (RFC 6749) | `client` |
//! | `environment/clock` | this machine's clock, compared with the `Date` of the replies: more than 30 s is a warning, more than 60 s a failure | `clock` |
//! | `server` | the MCP server, as a client without a token sees it (RFC 9728) | `server`, `server-challenge`, `server-metadata`, `server-resource`, `server-authorization-servers`, `server-cors` |
//! | `token` | a pasted token, by the verifier itself | `token`, `token-scopes` |
//! | `management` | with the feature `management`, if asked for: the client credentials of the settings | `management`, `management-permissions` (last) |
//! | `management` | … the MCP server in Scalekit | `resource`, `resource-url`, `resource-scopes`, `resource-metadata`, `resource-registration`, `resource-consent-settings`, `resource-lifetime`, `resource-xaa` |
//! | `management` | … its numbers of clients and consents | `resource-clients`, `resource-consents` |
//!
//! `run` calls them in this order, `http` sends the requests, `report` holds the checks' ids and findings.
//!
//! The servers may be hostile. Requests go to configured URLs only, except for one that the MCP server
//! names and one that the environment names, each of which must have the same origin as the server that
//! names it; no redirect is followed. A request takes at most 3 s and its reply at most 64 KiB; all of
//! them together take about half a minute. A pasted token is not sent to any server.
//!
//! To add a check: a line in `report/check`, a function in the file of what it checks, and its call in `run`.

mod client;
mod environment;
mod http;
#[cfg(feature = "management")]
mod management;
mod options;
mod report;
mod run;
mod server;
mod settings;
mod subject;
mod token;

pub use client::RegisteredClient;
pub use options::DiagnoseOptions;
pub use report::{CHECKS, Diagnosis, Finding, Severity};
pub use run::diagnose;
pub use token::PastedToken;
