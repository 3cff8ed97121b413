//! A connection to an MCP server: opened with stored or new tokens, recovered when the server refuses one.

pub mod connect;
pub(crate) mod error_text;
pub(crate) mod recovery;
pub(crate) mod refresh_lock;
