//! An MCP client that logs in with OAuth, as a library: the `client` binary and the demo drive it.
//!
//! The protocol is rmcp's own: discovery from the 401 challenge, registration, PKCE, the resource
//! indicator, the issuer check, the token exchange and the refresh. What is here is what an
//! application has to bring along:
//!
//! | module | job |
//! |---|---|
//! | [`options`] | what to connect to and how |
//! | [`connect`](mod@connect) | the way in: stored tokens, else log in, then speak MCP |
//! | [`login`], [`context`] | one authorization-code login, step by step |
//! | [`grant`], [`machine`], [`token_form`], [`enterprise`], [`private_key`], [`secret`] | tokens by other rights than a person's: keys, enterprises, workloads |
//! | [`issuer`] | what the authorization server's metadata promises |
//! | [`authorize_hints`] | who will log in, and how, for Scalekit's login page |
//! | `authorized`, `transport` | sends MCP requests with the stored token, and renews it once for all |
//! | `dpop`, `jwt` | tokens bound to a key of this client, and the proofs of having it |
//! | [`recovery`], [`renewals`], [`explain`] | what to do when a request is refused, and how to say it |
//! | [`browser`], [`headless`] | who approves: a person in a browser, or nobody |
//! | [`callback`], [`answer`], [`page`] | the loopback listener, what it accepts and what it shows |
//! | [`store`] | tokens on disk, encrypted, one file per server and issuer |
//! | [`network`], [`trace`] | the HTTP client of the login, and a record of what it sent |
//! | [`events`], [`steps`], [`redact`] | progress for the reader, with secrets shortened |
//! | [`tokens`], [`claims`] | what is stored, readable without any secret |
//! | [`logout`] | the end of a login, at the issuer and here |
//! | [`cli`], [`machine_args`], [`store_args`], [`run`], `stored`, [`printer`], [`ui`], `waiting` | the command line |
//! | [`error`] | what can go wrong |
//! | [`conformance`] | how the official conformance suite drives it |
//!
//! ```no_run
//! use examples::client::{Browser, ClientOptions, connect};
//!
//! # async fn demo() -> Result<(), examples::client::ClientError> {
//! let options = ClientOptions::new("http://localhost:8000/mcp")?.with_browser(Browser::Headless);
//! let mut client = connect(options).await?;
//! for tool in client.list_tools().await? {
//!     let _ = tool.name;
//! }
//! client.close().await;
//! # Ok(())
//! # }
//! ```

pub mod answer;
pub mod authorize_hints;
mod authorized;
pub mod browser;
pub mod callback;
pub mod claims;
pub mod cli;
pub mod conformance;
pub mod connect;
pub mod context;
mod dpop;
pub mod enterprise;
pub mod error;
pub mod events;
pub mod explain;
pub mod grant;
pub mod headless;
pub mod issuer;
mod jwt;
pub mod login;
pub mod logout;
pub mod machine;
pub mod machine_args;
pub mod network;
pub mod options;
pub mod page;
pub mod printer;
pub mod private_key;
pub mod recovery;
pub mod redact;
pub mod renewals;
pub mod run;
pub mod secret;
pub mod steps;
pub mod store;
pub mod store_args;
mod stored;
pub mod token_form;
pub mod tokens;
pub mod trace;
mod transport;
pub mod ui;
mod waiting;

pub use browser::Browser;
pub use connect::{McpClient, connect};
pub use error::ClientError;
pub use events::{Exchange, Progress, Reporter};
pub use options::{ClientOptions, Wire};
pub use store::{Protection, TokenStore};
