//! The `resource` that the metadata of the MCP server names.

use super::{Misbehaviour, Settings};

impl Settings {
    /// The URL of the MCP server, unless a misbehaviour names another; none: the member is left out. The issuer grants
    /// tokens for it either way, so that a client which accepts what it must not is not stopped by anything else.
    pub(crate) fn advertised_resource(&self) -> Option<String> {
        let environment = &self.environment_url;
        let url = self.mcp_url();
        let is = |misbehaviour| self.misbehaves(misbehaviour);
        match () {
            () if is(Misbehaviour::ResourceAbsent) => None,
            () if is(Misbehaviour::ResourceWithQuery) => Some(format!("{url}?tenant=1")),
            () if is(Misbehaviour::ResourceWithFragment) => Some(format!("{url}#tools")),
            () if is(Misbehaviour::ResourceWithUser) => Some(url.replacen("://", "://user@", 1)),
            () if is(Misbehaviour::ResourceParentPath) => Some(format!("{environment}/")),
            () if is(Misbehaviour::ResourceOfAnotherHost) => {
                Some("https://other.example/mcp".to_owned())
            }
            // The well-known document of an origin is about the origin (RFC 9728 section 3.1).
            () if is(Misbehaviour::ChallengeAbsentRootMetadata) => Some(environment.clone()),
            () => Some(url),
        }
    }
}
