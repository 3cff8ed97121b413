//! What happens during a login, as typed events.

use std::{fmt, path::PathBuf, sync::Arc};

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use url::Url;

use crate::redact;

/// An event of the client. It contains no secret but the URL that the user has to open, which only
/// [`Authorize::url`] returns.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Progress {
    /// Tokens of an earlier login are used.
    StoredTokens {
        /// The issuer.
        issuer: Option<String>,
    },
    /// The server asked for a login; its `WWW-Authenticate` lines, empty when it sent none.
    Challenge(String),
    /// Discovery is done.
    Discovery(Discovered),
    /// The client id for this login.
    Registration {
        /// Where the id comes from.
        kind: Identity,
        /// The id; it is public.
        client_id: String,
        /// The redirect URI.
        redirect_uri: Option<String>,
    },
    /// The URL the user has to approve.
    Authorization(Authorize),
    /// The browser could not be started; the user has to open the URL by hand.
    BrowserFailed(String),
    /// The authorization response arrived.
    Callback {
        /// Whether it contains a code.
        granted: bool,
    },
    /// Tokens were issued for the code.
    TokenExchange(Granted),
    /// New tokens were issued for a refresh token.
    Refreshed(Granted),
    /// The refresh token was refused; the OAuth error code.
    RefreshRefused(String),
    /// The login is repeated, and why.
    LoginAgain(String),
    /// The MCP session is up.
    Connected {
        /// The protocol version both speak.
        protocol: String,
        /// The name the server gives itself.
        server: String,
    },
    /// The tokens are not stored, and why.
    NotKept(String),
    /// A stored file could not be read and was renamed.
    SetAside {
        /// Its new name.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// One HTTP exchange of the login.
    Exchange(Exchange),
}

/// What discovery found.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Discovered {
    /// How it was found.
    pub source: String,
    /// The authorization server.
    pub issuer: Option<String>,
    /// Where the user approves.
    pub authorization_endpoint: String,
    /// Where tokens come from.
    pub token_endpoint: String,
}

/// Where the client id comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Identity {
    /// Registered just now.
    Registered,
    /// Registered by an earlier login.
    Reused,
    /// Given by the user.
    Preregistered,
    /// The URL of a client metadata document.
    MetadataDocument,
}

/// The authorization request. `Debug` shortens its secrets.
#[derive(Clone)]
pub struct Authorize {
    url: Url,
    by_hand: bool,
}

impl Authorize {
    pub(crate) const fn new(url: Url, by_hand: bool) -> Self {
        Self { url, by_hand }
    }

    /// Whether a person has to open it; not in a headless login.
    #[must_use]
    pub const fn by_hand(&self) -> bool {
        self.by_hand
    }

    /// The URL to open. It contains the state of this login, so it must not be logged.
    #[must_use]
    pub const fn url(&self) -> &Url {
        &self.url
    }
}

impl fmt::Debug for Authorize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&redact::url(&self.url))
    }
}

/// What tokens were granted, without the tokens.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Granted {
    /// The scopes, when the answer names them.
    pub scope: Option<String>,
    /// Seconds the access token lives.
    pub expires_in: Option<u64>,
    /// Whether a refresh token came with it.
    pub refresh_token: bool,
}

/// Which step of the login an HTTP exchange belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// The MCP URL itself, asked for its challenge.
    Probe,
    /// RFC 9728 metadata.
    ResourceMetadata,
    /// RFC 8414 or OpenID Connect metadata.
    ServerMetadata,
    /// RFC 7591 registration.
    Registration,
    /// The authorization endpoint, in a headless login.
    Authorize,
    /// The token endpoint.
    Token,
    /// The revocation endpoint (RFC 7009).
    Revocation,
}

/// One HTTP exchange as it went over the wire, with secrets shortened.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Exchange {
    /// What it was for.
    pub step: Step,
    /// The method.
    pub method: String,
    /// The URL.
    pub url: String,
    /// Fields of the form or JSON body sent.
    pub sent: Vec<(String, String)>,
    /// The status, or why there is none.
    pub status: Result<u16, String>,
    /// Headers of the answer that matter for OAuth.
    pub headers: Vec<(String, String)>,
    /// Members of the JSON answer.
    pub received: Vec<(String, String)>,
}

type Watcher = dyn Fn(&Progress) + Send + Sync;

/// Receives the events. Cloning it is cheap; by default events are dropped.
#[derive(Clone)]
pub struct Reporter(Arc<Watcher>);

impl Reporter {
    /// Calls `watch` for every event, on the task where it happens.
    pub fn new(watch: impl Fn(&Progress) + Send + Sync + 'static) -> Self {
        Self(Arc::new(watch))
    }

    /// Sends every event to a stream.
    #[must_use]
    pub fn channel() -> (Self, UnboundedReceiver<Progress>) {
        let (sender, receiver) = unbounded_channel();
        // A watcher that went away is no reason to stop the login.
        let reporter = Self::new(move |event| drop(sender.send(event.clone())));
        (reporter, receiver)
    }

    pub(crate) fn report(&self, event: &Progress) {
        (self.0)(event);
    }
}

impl Default for Reporter {
    fn default() -> Self {
        Self::new(|_| ())
    }
}

impl fmt::Debug for Reporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reporter")
    }
}
