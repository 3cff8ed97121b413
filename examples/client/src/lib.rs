//! An MCP client that logs in with OAuth, as a library: the `client` binary and the demo drive it.
//!
//! The protocol is rmcp's: the handshake, PKCE, the authorization URL, the issuer check, the token exchange and the
//! refresh. This crate adds what an application has to bring, and what servers need that follow no specification:
//!
//! | module | job |
//! |---|---|
//! | [`options`] | what to connect to and how |
//! | [`connection`] | stored tokens, else a login, then MCP; and what to do when a request is refused |
//! | `discovery` | where to log in: from a refusal to the metadata of the authorization server |
//! | [`login`] | one authorization-code login, step by step, and the logout |
//! | [`grants`] | tokens without a person: keys, enterprises, workloads |
//! | `transport` | the HTTP clients: MCP requests with the stored token, OAuth requests with a record of each |
//! | `dpop` | tokens bound to a key of this client, and the proofs of having it |
//! | [`store`] | tokens on disk, encrypted, one file per server and issuer |
//! | [`cli`] | the command line |
//! | [`events`], [`error`] | what happens during a login, and what can go wrong |
//! | `challenge`, `redact`, `web_url`, `server_metadata`, `json_object`, `jwt` | what several modules need: shortened secrets, permitted URLs, metadata, JWTs |
//!
//! ```no_run
//! use client::{Browser, ClientOptions, connect};
//!
//! # async fn demo() -> Result<(), client::ClientError> {
//! let options = ClientOptions::new("http://localhost:8000/mcp")?.with_browser(Browser::Headless);
//! let mut client = connect(options).await?;
//! for tool in client.list_tools().await? {
//!     let _ = tool.name;
//! }
//! client.close().await;
//! # Ok(())
//! # }
//! ```

mod challenge;
pub mod cli;
pub mod connection;
mod discovery;
mod dpop;
pub mod error;
pub mod events;
pub mod grants;
mod json_object;
mod jwt;
pub mod login;
pub mod options;
mod redact;
mod server_metadata;
pub mod store;
mod transport;
mod web_url;

pub use connection::{McpClient, connect};
pub use error::{ClientError, ErrorReport, Party};
pub use events::{Exchange, Progress, Reporter};
pub use options::{Browser, ClientOptions, Wire};
pub use store::{Protection, TokenStore};
