//! What the probe and the MCP server of the mock share of the protocol.

mod protocol;

pub(crate) use protocol::Protocol;
