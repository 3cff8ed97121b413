//! [`DiagnoseOptions`]: what to check beside the settings.

use crate::diagnose::client::RegisteredClient;
use crate::diagnose::token::PastedToken;

/// What to check beside the settings: an access token, a client, the settings in Scalekit, or (by default) none of them.
///
/// ```
/// use auth_scalekit::diagnose::{DiagnoseOptions, RegisteredClient};
///
/// let options = DiagnoseOptions::default().client(RegisteredClient::new("m2m_1000000001"));
/// # drop(options);
/// ```
#[derive(Debug, Clone, Default)]
pub struct DiagnoseOptions {
    pub(super) token: Option<PastedToken>,
    pub(super) client: Option<RegisteredClient>,
    #[cfg(feature = "management")]
    pub(super) management: bool,
}

impl DiagnoseOptions {
    /// Verifies this token and explains a refusal. The token is not sent to any server.
    #[must_use]
    pub fn token(mut self, token: impl Into<Option<PastedToken>>) -> Self {
        self.token = token.into();
        self
    }

    /// Tries this client with one authorization request, which no user approves. Scalekit may log
    /// it as a login that was started.
    #[must_use]
    pub fn client(mut self, client: impl Into<Option<RegisteredClient>>) -> Self {
        self.client = client.into();
        self
    }

    /// Whether to read the settings of the MCP server, and what the client credentials permit, from the management API.
    /// It needs the credentials of the settings ([`ScalekitBuilder::management`](crate::ScalekitBuilder::management)).
    /// About 20 calls, one after the other; none changes anything. Default: no.
    #[cfg(feature = "management")]
    #[must_use]
    pub fn management(mut self, on: bool) -> Self {
        self.management = on;
        self
    }
}
