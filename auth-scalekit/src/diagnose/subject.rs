//! [`Subject`]: the configuration under diagnosis.

use auth_core::provider::{AuthProvider, PublicUrl};
use auth_core::token::Scopes;

use crate::provider::ScalekitProvider;
use crate::remote::METADATA_PATH;

/// Valid settings, and the URLs derived from them.
#[derive(Debug)]
pub(super) struct Subject<'a> {
    pub(super) provider: &'a ScalekitProvider,
    pub(super) environment: &'a PublicUrl,
    pub(super) resource_id: &'a str,
    /// `{env}/resources/{res}`: the issuer that clients are sent to.
    pub(super) authorization_server: &'a str,
    pub(super) mcp_url: &'a PublicUrl,
    pub(super) required_scopes: &'a Scopes,
    /// Those of the metadata document.
    #[cfg(feature = "management")]
    pub(super) advertised_scopes: &'a Scopes,
}

impl<'a> Subject<'a> {
    pub(super) fn of(provider: &'a ScalekitProvider) -> Self {
        let metadata = provider.metadata();
        // The builder always sets exactly one.
        let server = metadata.authorization_servers.first();
        let authorization_server = server.map_or("", String::as_str);
        let resource_id = authorization_server.rsplit('/').next().unwrap_or_default();
        Self {
            provider,
            environment: provider.environment(),
            resource_id,
            authorization_server,
            mcp_url: &metadata.resource,
            required_scopes: provider.required_scopes(),
            #[cfg(feature = "management")]
            advertised_scopes: &metadata.scopes_supported,
        }
    }

    /// The URL of the metadata by RFC 8414 section 3.1: the well-known part inserted.
    pub(super) fn inserted(&self) -> String {
        format!(
            "{}{METADATA_PATH}/resources/{}",
            self.environment, self.resource_id
        )
    }

    /// The URL that Scalekit's tools use: the well-known part appended.
    pub(super) fn appended(&self) -> String {
        format!("{}{METADATA_PATH}", self.authorization_server)
    }

    pub(super) fn keys(&self) -> String {
        format!("{}/keys", self.environment)
    }
}
