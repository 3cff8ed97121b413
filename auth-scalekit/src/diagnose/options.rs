//! [`Given`]: what is tried beside the settings.

use crate::diagnose::client::RegisteredClient;
use crate::diagnose::token::PastedToken;

/// A token and a client to be tried, or one of them, or nothing, which is the default.
///
/// ```
/// use auth_scalekit::diagnose::{Given, RegisteredClient};
///
/// let given = Given::default().client(RegisteredClient::new("m2m_1000000001"));
/// # drop(given);
/// ```
#[derive(Debug, Clone, Default)]
pub struct Given {
    pub(super) token: Option<PastedToken>,
    pub(super) client: Option<RegisteredClient>,
}

impl Given {
    /// This token is explained. It is sent to nobody.
    #[must_use]
    pub fn token(mut self, token: impl Into<Option<PastedToken>>) -> Self {
        self.token = token.into();
        self
    }

    /// This client is tried, by one authorization request that nobody approves. Scalekit may show
    /// it in its log, as a login that was begun.
    #[must_use]
    pub fn client(mut self, client: impl Into<Option<RegisteredClient>>) -> Self {
        self.client = client.into();
        self
    }
}
