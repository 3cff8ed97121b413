//! Where to log in: from a refusal of the MCP server to the metadata of its authorization server.
//!
//! rmcp finds it as well, but asks the MCP server once more, accepts metadata of a parent path, and stops at the first
//! document that is not the right one. This room follows the specification in its own order, and names the document
//! that is wrong.
//!
//! | file | job |
//! |---|---|
//! | `discover` | the order in which documents are read |
//! | `well_known` | where documents are published |
//! | `document` | reads one |
//! | `resource_metadata` | checks the document of the MCP server (RFC 9728) |
//! | `issuer_metadata` | checks the document of the authorization server (RFC 8414) |

mod discover;
mod document;
mod issuer_metadata;
mod resource_metadata;
mod well_known;

pub(crate) use discover::discover;

use crate::server_metadata::AuthorizationServer;

/// What discovery found.
#[derive(Debug, Clone)]
pub(crate) struct Discovery {
    pub(crate) server: AuthorizationServer,
    /// The scopes to request at first: those of the challenge, else those of the MCP server's metadata.
    pub(crate) scopes: Vec<String>,
    /// How the server was found.
    pub(crate) source: Source,
}

impl Discovery {
    /// The authorization server of an earlier login.
    pub(crate) const fn known(server: AuthorizationServer) -> Self {
        Self {
            server,
            scopes: Vec::new(),
            source: Source::EarlierLogin,
        }
    }
}

/// How an authorization server was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// By the metadata of the MCP server (RFC 9728).
    ResourceMetadata,
    /// By metadata at the origin of the MCP server (MCP 2025-03-26).
    OriginMetadata,
    /// By an earlier login.
    EarlierLogin,
    /// Nothing is published: the default endpoints at the origin of the MCP server (MCP 2025-03-26).
    DefaultEndpoints,
}

impl Source {
    pub(crate) const fn describe(self) -> &'static str {
        match self {
            Self::ResourceMetadata => "protected resource metadata",
            Self::OriginMetadata => "metadata at the server's origin",
            Self::EarlierLogin => "an earlier login",
            Self::DefaultEndpoints => "the default endpoints of MCP 2025-03-26",
        }
    }
}
