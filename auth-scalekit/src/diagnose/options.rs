//! [`DiagnoseOptions`]: what to check beside the settings.

use crate::diagnose::client::RegisteredClient;
use crate::diagnose::token::PastedToken;

/// What to check beside the settings: an access token, a client, both, or (by default) neither.
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
}
