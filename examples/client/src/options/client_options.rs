//! What to connect to, and how.

use std::time::Duration;

use url::{Host, Url};

use crate::{
    error::ClientError,
    events::Reporter,
    grants::{grant::Grant, private_key::PrivateKey},
    login::browser::Browser,
    options::authorize_hints::AuthorizeHints,
    redact,
    store::TokenStore,
};

/// Which protocol wire to speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
#[non_exhaustive]
pub enum Wire {
    /// Ask the server first, fall back to the older handshake.
    #[default]
    Auto,
    /// 2025-11-25: the `initialize` handshake and a session.
    #[value(name = "2025-11-25")]
    Stateful,
    /// 2026-07-28: no handshake, every request stands alone.
    #[value(name = "2026-07-28")]
    Stateless,
}

/// A client id from elsewhere.
#[derive(Clone)]
pub struct Preregistered {
    pub(crate) client_id: String,
    pub(crate) client_secret: Option<String>,
    pub(crate) private_key: Option<PrivateKey>,
}

impl Preregistered {
    /// Whether the client can prove that it is itself.
    pub(crate) const fn has_key(&self) -> bool {
        self.client_secret.is_some() || self.private_key.is_some()
    }
}

impl std::fmt::Debug for Preregistered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Preregistered")
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}

/// Everything [`connect`](crate::connect()) needs to know.
#[derive(Debug, Clone)]
#[must_use]
pub struct ClientOptions {
    pub(crate) server: Url,
    pub(crate) browser: Browser,
    pub(crate) callback_port: Option<u16>,
    pub(crate) callback_timeout: Duration,
    pub(crate) scopes: Vec<String>,
    pub(crate) preregistered: Option<Preregistered>,
    pub(crate) grant: Grant,
    pub(crate) hints: AuthorizeHints,
    pub(crate) metadata_url: Option<String>,
    pub(crate) allow_private: bool,
    pub(crate) wire: Wire,
    pub(crate) store: TokenStore,
    pub(crate) reporter: Reporter,
}

impl ClientOptions {
    /// The MCP server to talk to. Tokens stay in memory until [`with_store`](Self::with_store).
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
            callback_port: None,
            callback_timeout: Duration::from_secs(300),
            scopes: Vec::new(),
            preregistered: None,
            grant: Grant::default(),
            hints: AuthorizeHints::default(),
            metadata_url: None,
            allow_private: false,
            wire: Wire::Auto,
            reporter: Reporter::default(),
        })
    }

    /// The server's URL.
    #[must_use]
    pub const fn server(&self) -> &Url {
        &self.server
    }

    /// Who approves the login; a person in the system's browser unless told otherwise.
    pub const fn with_browser(mut self, browser: Browser) -> Self {
        self.browser = browser;
        self
    }

    /// The loopback port of the redirect URI. Without it 8000 is tried, then a free one.
    pub const fn with_callback_port(mut self, port: u16) -> Self {
        self.callback_port = Some(port);
        self
    }

    /// How long to wait for the browser (5 minutes).
    pub const fn with_callback_timeout(mut self, timeout: Duration) -> Self {
        self.callback_timeout = timeout;
        self
    }

    /// Ask for these scopes instead of those the server asks for.
    pub fn with_scopes(mut self, scopes: impl IntoIterator<Item = String>) -> Self {
        self.scopes = scopes.into_iter().collect();
        self
    }

    /// A client id (and secret) registered by hand; nothing is registered then.
    pub fn with_client(mut self, client_id: String, client_secret: Option<String>) -> Self {
        self.preregistered = Some(Preregistered {
            client_id,
            client_secret,
            private_key: None,
        });
        self
    }

    /// A client id registered by hand with a key, for machines.
    pub fn with_client_key(mut self, client_id: String, key: PrivateKey) -> Self {
        self.preregistered = Some(Preregistered {
            client_id,
            client_secret: None,
            private_key: Some(key),
        });
        self
    }

    /// By what right to ask for a token; that of a person unless told otherwise.
    pub fn with_grant(mut self, grant: Grant) -> Self {
        self.grant = grant;
        self
    }

    /// What the authorization endpoint is told about who will log in, and how.
    pub fn with_authorize_hints(mut self, hints: AuthorizeHints) -> Self {
        self.hints = hints;
        self
    }

    /// The https URL of a client metadata document, used where the issuer supports it.
    pub fn with_client_metadata_url(mut self, url: String) -> Self {
        self.metadata_url = Some(url);
        self
    }

    /// Let the authorization server be at a private network address.
    pub const fn allowing_private_addresses(mut self) -> Self {
        self.allow_private = true;
        self
    }

    /// The protocol wire.
    pub const fn with_wire(mut self, wire: Wire) -> Self {
        self.wire = wire;
        self
    }

    /// Where tokens are kept.
    pub fn with_store(mut self, store: TokenStore) -> Self {
        self.store = store;
        self
    }

    /// Who is told what happens.
    pub fn with_reporter(mut self, reporter: Reporter) -> Self {
        self.reporter = reporter;
        self
    }
}

/// The server's URL, when it is one to send a token to.
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
        // The text itself is not repeated: it holds a password.
        return Err(ClientError::Usage(
            "the MCP URL must not carry a user name or password".into(),
        ));
    }
    if url.fragment().is_some() {
        return Err(bad("must not have a #fragment"));
    }
    Ok(url)
}

/// https anywhere, http on loopback only: everything else would show codes and tokens to the network.
pub(crate) fn vet_web(url: &Url) -> Result<(), String> {
    match url.scheme() {
        "https" if url.host().is_some() => Ok(()),
        "http" if is_loopback(url) => Ok(()),
        "http" => Err("uses plain http outside loopback; use https".into()),
        other => Err(format!(
            "has the scheme {}; use https, or http on loopback",
            redact::printable(other)
        )),
    }
}

/// Whether the host is this machine by name or number.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            name.eq_ignore_ascii_case("localhost")
                || name.to_ascii_lowercase().ends_with(".localhost")
        }
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
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
            ("http://app.localhost/mcp", true),
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
