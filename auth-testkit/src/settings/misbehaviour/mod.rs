//! Rules that the issuer and its MCP server can be configured to break.

mod catalogue;
mod reaction;

pub use catalogue::Misbehaviour;
pub use reaction::Reaction;
