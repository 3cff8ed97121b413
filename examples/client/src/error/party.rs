//! Who is at fault.

use std::fmt;

/// Who has to change something so that the client gets through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Party {
    /// The MCP server.
    Server,
    /// The authorization server.
    Issuer,
    /// This client, its settings, or the machine it runs on.
    Client,
    /// The network between them, or a service that is not running.
    Network,
    /// The person who logs in.
    User,
}

impl Party {
    /// A name in lower case, for programs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Issuer => "issuer",
            Self::Client => "client",
            Self::Network => "network",
            Self::User => "user",
        }
    }
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
