//! The names of MCP on the wire, in both generations of the protocol: for the probe, which is a client, and for the
//! mock's server.

/// The version of a request (both generations).
pub(crate) const VERSION_HEADER: &str = "mcp-protocol-version";

/// The method of a request (2026-07-28).
pub(crate) const METHOD_HEADER: &str = "mcp-method";

/// The tool, prompt or resource of a request (2026-07-28).
pub(crate) const NAME_HEADER: &str = "mcp-name";

/// The member of `_meta` that has the version of a request (2026-07-28).
pub(crate) const VERSION_META: &str = "io.modelcontextprotocol/protocolVersion";

/// How requests belong to a session, which differs between the generations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// Up to 2025-11-25: `initialize` first, and a session if the server wants one.
    Stateful,
    /// From 2026-07-28 on: each request names its client.
    Stateless,
}

impl Protocol {
    #[cfg(feature = "probe")]
    pub(crate) const ALL: [Self; 2] = [Self::Stateful, Self::Stateless];

    pub(crate) fn version(self) -> &'static str {
        match self {
            Self::Stateful => "2025-11-25",
            Self::Stateless => "2026-07-28",
        }
    }
}
