//! [`RegisteredClient`]: a client as it is registered with the issuer.

/// A client to try: its id, and the redirect URI to which its users return.
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
    /// The redirect URI of the example client.
    pub const DEFAULT_REDIRECT_URI: &str = "http://localhost:8000/auth/callback";

    /// A client with this id and [`DEFAULT_REDIRECT_URI`](Self::DEFAULT_REDIRECT_URI). White space
    /// around the id is removed.
    #[must_use]
    pub fn new(client_id: &str) -> Self {
        Self {
            client_id: client_id.trim().into(),
            redirect_uri: Self::DEFAULT_REDIRECT_URI.into(),
        }
    }

    /// Sets the redirect URI, which is sent unchanged: issuers compare it byte for byte
    /// ([RFC 6749 section 3.1.2.3](https://www.rfc-editor.org/rfc/rfc6749#section-3.1.2.3)). One that
    /// is not a usable URL is reported as a finding.
    #[must_use]
    pub fn redirect_uri(mut self, redirect_uri: &str) -> Self {
        self.redirect_uri = redirect_uri.into();
        self
    }
}
