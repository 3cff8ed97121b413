//! [`RegisteredClient`]: a client as it should be known to the issuer.

/// A client that is to be tried: an id, and where its users are sent back to.
///
/// ```
/// use auth_scalekit::diagnose::RegisteredClient;
///
/// let client = RegisteredClient::new("m2m_1000000001").redirect_uri("http://localhost:9000/cb");
/// # drop(client);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisteredClient {
    pub(super) client_id: String,
    pub(super) redirect_uri: String,
}

impl RegisteredClient {
    /// Where the example client listens.
    pub const DEFAULT_REDIRECT_URI: &str = "http://localhost:8000/auth/callback";

    /// The client of this id, with the redirect URI of the example client. White space around the
    /// id is taken off.
    #[must_use]
    pub fn new(client_id: &str) -> Self {
        Self {
            client_id: client_id.trim().into(),
            redirect_uri: Self::DEFAULT_REDIRECT_URI.into(),
        }
    }

    /// Another redirect URI, sent as it is: issuers compare it byte for byte
    /// ([RFC 6749 section 3.1.2.3](https://www.rfc-editor.org/rfc/rfc6749#section-3.1.2.3)). One that
    /// cannot be used is a finding.
    #[must_use]
    pub fn redirect_uri(mut self, redirect_uri: &str) -> Self {
        self.redirect_uri = redirect_uri.into();
        self
    }
}
