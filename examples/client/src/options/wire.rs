//! Which version of the MCP wire protocol to speak.

/// Which protocol wire to speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
#[non_exhaustive]
pub enum Wire {
    /// Ask the server for its version first, and fall back to the older handshake.
    #[default]
    Auto,
    /// 2025-11-25: the `initialize` handshake and a session.
    #[value(name = "2025-11-25")]
    Stateful,
    /// 2026-07-28: no handshake, each request is independent.
    #[value(name = "2026-07-28")]
    Stateless,
}
