//! What to connect to, and how.

use std::time::Duration;

use secrecy::SecretString;
use url::Url;

use super::{
    authorize_hints::AuthorizeHints, browser::Browser, callback_host::CallbackHost, wire::Wire,
};
use crate::{
    error::ClientError,
    events::Reporter,
    grants::{Grant, Preregistered, PrivateKey},
    redact,
    store::TokenStore,
    transport::EnvironmentProxy,
    web_url::vet_web,
};

/// The MCP server to connect to, and how; the argument of [`connect`](crate::connect()).
#[derive(Debug, Clone)]
#[must_use]
pub struct ClientOptions {
    pub(crate) server: Url,
    pub(crate) browser: Browser,
    pub(crate) callback_host: CallbackHost,
    pub(crate) callback_port: Option<u16>,
    pub(crate) callback_timeout: Duration,
    pub(crate) scopes: Vec<String>,
    pub(crate) preregistered: Option<Preregistered>,
    pub(crate) grant: Grant,
    pub(crate) issuer: Option<String>,
    pub(crate) hints: AuthorizeHints,
    pub(crate) metadata_url: Option<String>,
    pub(crate) allow_private: bool,
    trust_proxy: bool,
    pub(crate) wire: Wire,
    pub(crate) store: TokenStore,
    pub(crate) reporter: Reporter,
}

impl ClientOptions {
    /// The options for an MCP server. Tokens are kept in memory unless [`with_store`](Self::with_store) is called.
    ///
    /// # Errors
    ///
    /// [`ClientError::Usage`] when the URL is not http or https, plain http outside loopback, or
    /// carries a user name, a password or a fragment.
    pub fn new(server: &str) -> Result<Self, ClientError> {
        let server = vet_server(server)?;
        Ok(Self {
            store: TokenStore::in_memory(),
            server,
            browser: Browser::System,
            callback_host: CallbackHost::Localhost,
            callback_port: None,
            callback_timeout: Duration::from_secs(300),
            scopes: Vec::new(),
            preregistered: None,
            grant: Grant::default(),
            issuer: None,
            hints: AuthorizeHints::default(),
            metadata_url: None,
            allow_private: false,
            trust_proxy: false,
            wire: Wire::Auto,
            reporter: Reporter::default(),
        })
    }

    /// The URL of the MCP server.
    #[must_use]
    pub const fn server(&self) -> &Url {
        &self.server
    }

    /// Who approves the login. Default: a person in the browser of this machine.
    pub const fn with_browser(mut self, browser: Browser) -> Self {
        self.browser = browser;
        self
    }

    /// The host of the redirect URI. Default: `localhost`.
    pub const fn with_callback_host(mut self, host: CallbackHost) -> Self {
        self.callback_host = host;
        self
    }

    /// The loopback port of the redirect URI. Default: 8000, or any free port when that is taken.
    pub const fn with_callback_port(mut self, port: u16) -> Self {
        self.callback_port = Some(port);
        self
    }

    /// How long to wait for the redirect. Default: 5 minutes.
    pub const fn with_callback_timeout(mut self, timeout: Duration) -> Self {
        self.callback_timeout = timeout;
        self
    }

    /// Request these scopes instead of those that the server names.
    pub fn with_scopes(mut self, scopes: impl IntoIterator<Item = String>) -> Self {
        self.scopes = scopes.into_iter().collect();
        self
    }

    /// A client id, and its secret if it has one, that was registered by hand. The client does not register itself then.
    pub fn with_client(mut self, client_id: String, client_secret: Option<SecretString>) -> Self {
        self.preregistered = Some(Preregistered {
            client_id,
            client_secret,
            private_key: None,
        });
        self
    }

    /// A client id that was registered by hand with a key, for clients without a user.
    pub fn with_client_key(mut self, client_id: String, key: PrivateKey) -> Self {
        self.preregistered = Some(Preregistered {
            client_id,
            client_secret: None,
            private_key: Some(key),
        });
        self
    }

    /// The grant to use. Default: the authorization code.
    pub fn with_grant(mut self, grant: Grant) -> Self {
        self.grant = grant;
        self
    }

    /// The only authorization server that this client logs in at. By default the MCP server chooses it; credentials that
    /// were given by hand are bound to the first one that they were used at.
    pub fn with_issuer(mut self, issuer: String) -> Self {
        self.issuer = Some(issuer);
        self
    }

    /// Whom the tokens stand for; none for a person.
    pub(crate) fn account(&self) -> Option<String> {
        self.grant.account(self.preregistered.as_ref())
    }

    /// Parameters for the authorization endpoint about the user who will log in.
    pub fn with_authorize_hints(mut self, hints: AuthorizeHints) -> Self {
        self.hints = hints;
        self
    }

    /// The https URL of a client metadata document, used where the issuer supports them.
    pub fn with_client_metadata_url(mut self, url: String) -> Self {
        self.metadata_url = Some(url);
        self
    }

    /// Permit an authorization server at a private network address.
    pub const fn allowing_private_addresses(mut self) -> Self {
        self.allow_private = true;
        self
    }

    /// Send requests through the proxy that the environment names (`HTTPS_PROXY`, `ALL_PROXY`). By default no proxy is
    /// used: it resolves names itself, so that metadata could lead it to private addresses that this client would
    /// refuse. Loopback is always reached directly.
    pub const fn dangerous_trust_environment_proxy(mut self) -> Self {
        self.trust_proxy = true;
        self
    }

    pub(crate) const fn proxy(&self) -> EnvironmentProxy {
        match self.trust_proxy {
            true => EnvironmentProxy::Trusted,
            false => EnvironmentProxy::Ignored,
        }
    }

    /// The version of the MCP wire protocol. Default: [`Wire::Auto`].
    pub const fn with_wire(mut self, wire: Wire) -> Self {
        self.wire = wire;
        self
    }

    /// Where tokens are stored.
    pub fn with_store(mut self, store: TokenStore) -> Self {
        self.store = store;
        self
    }

    /// Receives the events of the login.
    pub fn with_reporter(mut self, reporter: Reporter) -> Self {
        self.reporter = reporter;
        self
    }
}

/// Parses the URL of an MCP server, which has to be one that tokens may be sent to.
///
/// # Errors
///
/// [`ClientError::Usage`] naming what is wrong with it.
pub fn vet_server(text: &str) -> Result<Url, ClientError> {
    let bad =
        |why: &str| ClientError::Usage(format!("the MCP URL {} {why}", redact::printable(text)));
    let url = Url::parse(text.trim()).map_err(|error| {
        bad(&format!(
            "is not a URL ({error}); expected e.g. http://localhost:8000/mcp"
        ))
    })?;
    vet_web(&url).map_err(|why| bad(&why))?;
    if !url.username().is_empty() || url.password().is_some() {
        // The URL is not repeated: it contains a password.
        return Err(ClientError::Usage(
            "the MCP URL must not carry a user name or password".into(),
        ));
    }
    if url.fragment().is_some() {
        return Err(bad("must not have a #fragment"));
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn server_urls() {
        let rows = [
            ("http://localhost:8000/mcp", true),
            ("http://127.0.0.1:8000/mcp", true),
            ("http://[::1]:8000/mcp", true),
            // RFC 6761 reserves the name, but a resolver may ask the network for it.
            ("http://app.localhost/mcp", false),
            ("https://mcp.example.com", true),
            ("  https://mcp.example.com/mcp?x=1 ", true),
            ("http://mcp.example.com/mcp", false),
            ("http://localhost.example.com/mcp", false),
            ("http://10.0.0.1/mcp", false),
            ("https://user:secretpassword@mcp.example.com/", false),
            ("https://mcp.example.com/#top", false),
            ("file:///etc/passwd", false),
            ("javascript:alert(1)", false),
            ("localhost:8000/mcp", false),
            ("/mcp", false),
            ("", false),
        ];
        for (text, good) in rows {
            let result = vet_server(text);
            assert_eq!(result.is_ok(), good, "{text}");
            if let Err(error) = result {
                assert_eq!(error.exit_code(), 2, "{text}");
                assert!(!error.to_string().contains("secretpassword"), "{error}");
            }
        }
    }
}
