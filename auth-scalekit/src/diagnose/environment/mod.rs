//! The Scalekit environment: whether it can be reached, and what it publishes.
//!
//! | file | what is checked |
//! |---|---|
//! | `connection` | the host resolves, connects and has a certificate |
//! | `metadata` | the authorization server's metadata |
//! | `keys` | the key set |
//! | `mcp_url` | the configured URL of the MCP server |
//! | `scopes` | the required scopes are offered |
//! | `clock` | this machine's clock compared with that of the environment |

pub(super) mod clock;
pub(super) mod connection;
pub(super) mod keys;
pub(super) mod mcp_url;
pub(super) mod metadata;
pub(super) mod scopes;

#[cfg(feature = "management")]
pub(super) use metadata::FIND_RESOURCE;
