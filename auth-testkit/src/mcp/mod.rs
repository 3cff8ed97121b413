//! A small MCP server that the mock protects with its own tokens, off by default:
//! [`MockScalekitBuilder::mcp_server`](crate::MockScalekitBuilder::mcp_server). Answers are JSON, never a stream, and
//! there are no sessions.
//!
//! | file | job |
//! |---|---|
//! | `server` | the steps of a request: token, message, scopes, method |
//! | `challenge` | 400, 401 and 403 with `WWW-Authenticate` |
//! | `resource_metadata` | the document of RFC 9728 |
//! | `message` | JSON-RPC: requests, results and errors |
//! | `revision` | in which generation of the protocol a request is |
//! | `lifecycle` | `initialize` and `server/discover` |
//! | `tools` | the tools `echo` and `write`, and the scopes that they need |
//! | `protocol` | the names that the probe's client uses, too |

mod challenge;
mod lifecycle;
mod message;
mod protocol;
mod resource_metadata;
mod revision;
mod server;
mod tools;

pub(crate) use protocol::VERSION_HEADER;
#[cfg(feature = "probe")]
pub(crate) use protocol::{METHOD_HEADER, NAME_HEADER, Protocol, VERSION_META};
pub(crate) use resource_metadata::respond as respond_with_metadata;
pub(crate) use server::respond;
