//! A connection to an MCP server: opened with stored or new tokens, and recovered when the server refuses one.
//!
//! | file | job |
//! |---|---|
//! | `connect` | connects, and sends requests |
//! | `handshake` | opens the MCP session, by the version of the protocol |
//! | `access` | the tokens that the requests of a connection share |
//! | `recovery` | decides what to do about a refused request |
//! | `login_lock` | lets one refused request log in for all |
//! | `error_text` | rmcp's errors as messages for the user |

mod access;
mod connect;
mod error_text;
mod handshake;
mod login_lock;
mod recovery;

pub use connect::{McpClient, connect};
