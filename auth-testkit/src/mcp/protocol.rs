//! The two generations of MCP that the suite speaks.

/// How requests belong to a session, which differs between the generations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// Up to 2025-11-25: `initialize` first, and a session if the server wants one.
    Stateful,
    /// From 2026-07-28 on: each request names its client.
    Stateless,
}

impl Protocol {
    pub(crate) const ALL: [Self; 2] = [Self::Stateful, Self::Stateless];

    pub(crate) fn version(self) -> &'static str {
        match self {
            Self::Stateful => "2025-11-25",
            Self::Stateless => "2026-07-28",
        }
    }
}
