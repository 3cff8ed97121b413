//! The two authorization servers of an environment.

use super::Settings;

/// Which authorization server was asked, or has granted something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// `{env}/resources/{res}`: signs users in to the MCP server.
    Resource,
    /// `{env}`: signs users in to the client itself, by the endpoints that the OpenID configuration
    /// names. Machines get tokens for the MCP server here as well.
    Environment,
}

impl Place {
    /// The issuer identifier, as the metadata names it.
    pub(crate) fn issuer(self, settings: &Settings) -> String {
        match self {
            Self::Resource => settings.issuer(),
            Self::Environment => settings.environment_url.clone(),
        }
    }
}
