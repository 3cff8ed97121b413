//! The two authorization servers of an environment.

/// Which authorization server was asked, or has granted something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AuthorizationServer {
    /// `{env}/resources/{res}`: signs users in to the MCP server.
    Resource,
    /// `{env}`: signs users in to the client itself, by the endpoints that the OpenID configuration
    /// names. Machines get tokens for the MCP server here as well.
    Environment,
}
