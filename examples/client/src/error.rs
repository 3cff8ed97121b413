//! What can go wrong; each message names what to change.

use std::path::PathBuf;

use rmcp::transport::auth::{AuthError, ProtectedResourceMetadataInvalidReason};

use crate::redact;

/// Why the client failed. Each message is one line and contains no secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The URL or another setting cannot be used as given.
    #[error("{0}")]
    Usage(String),
    /// No server accepts connections at the MCP URL.
    #[error(
        "no MCP server answers at {url} ({reason}); start it, for example with `cargo run -p examples --bin server`, or give its URL as the last argument"
    )]
    ServerUnreachable {
        /// The URL of the server.
        url: String,
        /// The failure of the network.
        reason: String,
    },
    /// The URL is not that of an MCP server.
    #[error(
        "{url} does not answer as an MCP endpoint ({reason}); check the path of the URL, often /mcp"
    )]
    NotMcp {
        /// The URL of the server.
        url: String,
        /// Why the URL is not that of an MCP endpoint.
        reason: String,
    },
    /// Discovery of the authorization server failed.
    #[error(
        "cannot read the OAuth metadata at {url} ({reason}); check that the authorization server is running and reachable from here"
    )]
    IssuerUnreachable {
        /// The URL of the document.
        url: String,
        /// Why it could not be read.
        reason: String,
    },
    /// The metadata must not be used.
    #[error("the OAuth metadata of this server cannot be used: {0}")]
    Metadata(String),
    /// The authorization server refused the registration.
    #[error(
        "the authorization server did not register this client ({0}); register one by hand and give it with --client-id"
    )]
    Registration(String),
    /// Another program has the port of `--callback-port`.
    #[error(
        "callback port {port} is taken on loopback; choose another with --callback-port, or leave it out for a free one"
    )]
    CallbackPortTaken {
        /// The port asked for.
        port: u16,
    },
    /// The listener for the callback could not be opened.
    #[error("cannot listen for the login callback on loopback ({0})")]
    CallbackListener(std::io::Error),
    /// The URL to open is not one to hand to a browser.
    #[error("will not open the authorization URL: {0}")]
    UnsafeUrl(String),
    /// The user or the server refused.
    #[error("the login was refused: {0}")]
    Denied(String),
    /// A page for a person came where a redirect was expected.
    #[error(
        "{url} shows a page instead of approving by itself; run without --headless to log in with a browser"
    )]
    LoginPage {
        /// Where the page is, without its parameters.
        url: String,
    },
    /// The authorization endpoint answered with an error page.
    #[error("the authorization endpoint answered {status} ({reason})")]
    AuthorizeRefused {
        /// The HTTP status.
        status: u16,
        /// Its error, shortened.
        reason: String,
    },
    /// The redirects of a headless login did not lead to the redirect URI.
    #[error("headless login stopped: {0}; run without --headless to log in with a browser")]
    Headless(String),
    /// The browser was not redirected back in time.
    #[error("no login arrived within {seconds} s; run again, or increase --timeout")]
    Timeout {
        /// The timeout, in seconds.
        seconds: u64,
    },
    /// The response of the authorization server failed a check.
    #[error("the login callback was refused: {0}")]
    Callback(String),
    /// The token endpoint refused the code or the refresh token.
    #[error("the token endpoint refused: {0}")]
    Token(String),
    /// The issuer does not accept a client that was registered by hand.
    #[error(
        "the issuer does not accept this client; check --client-id, and set MCP_CLIENT_SECRET or --private-key"
    )]
    UnknownClient,
    /// Nothing is stored for this server.
    #[error("no tokens for {0}; log in with `client login`")]
    NoTokens(String),
    /// The revocation endpoint refused.
    #[error(
        "the issuer did not revoke the tokens ({0}); to only forget them here: client tokens clear URL"
    )]
    Revocation(String),
    /// There is no keyring to protect tokens with.
    #[error(
        "the system's keyring cannot be used ({0}); set MCP_CLIENT_PASSPHRASE to a passphrase that protects the tokens"
    )]
    Keyring(String),
    /// Tokens could not be read or written.
    #[error("token store {path}: {reason}; choose another directory with --token-dir")]
    Store {
        /// The file or directory.
        path: PathBuf,
        /// The error of the system.
        reason: String,
    },
    /// A token is accepted, but its scopes do not suffice.
    #[error(
        "this needs the scope {0}, and logging in again did not get it; ask the administrator for it, or use --scope"
    )]
    InsufficientScope(String),
    /// The server still refuses after a fresh login.
    #[error(
        "the server refuses the token it was just given ({0}); check that server and authorization server agree on issuer and audience"
    )]
    StillRefused(String),
    /// A tool answered with an error.
    #[error("tool {tool}: {reason}")]
    Tool {
        /// Its name.
        tool: String,
        /// Its message.
        reason: String,
    },
    /// Everything else rmcp reports.
    #[error("{0}")]
    Mcp(String),
}

impl ClientError {
    /// The exit code of the binary: 2 for bad input, 1 for all other errors.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            _ => 1,
        }
    }
}

impl From<AuthError> for ClientError {
    fn from(error: AuthError) -> Self {
        match error {
            AuthError::DiscoveryRequestFailed { url, source } => Self::IssuerUnreachable {
                url: redact::url(&url),
                reason: root_cause(source.as_ref()),
            },
            AuthError::ProtectedResourceMetadataInvalid { reason, .. } => match *reason {
                ProtectedResourceMetadataInvalidReason::ResourceMismatch { permitted, .. } => {
                    Self::Metadata(format!(
                        "it is for {}; give that URL",
                        redact::url(&permitted)
                    ))
                }
                other => Self::Metadata(redact::printable(&other.to_string())),
            },
            AuthError::RegistrationFailed(reason) => Self::Registration(redact::printable(&reason)),
            AuthError::TokenExchangeFailed(reason)
            | AuthError::TokenRefreshFailed(reason)
            | AuthError::TokenRefreshRejected(reason) => Self::Token(redact::printable(&reason)),
            error @ (AuthError::MetadataError(_)
            | AuthError::AuthorizationServerMismatch { .. }
            | AuthError::PkceUnsupported
            | AuthError::NoAuthorizationSupport) => {
                Self::Metadata(redact::printable(&error.to_string()))
            }
            // rmcp does not report the servers that it skipped.
            error @ AuthError::AuthorizationServersUnavailable { .. } => Self::Metadata(format!(
                "{}; one at a private or reserved address is not asked, unless a name leads there and --allow-private is given",
                redact::printable(&error.to_string())
            )),
            other => Self::Mcp(redact::printable(&other.to_string())),
        }
    }
}

/// The innermost cause: "connection refused" says more than "error sending request".
#[must_use]
pub fn root_cause(error: &(dyn std::error::Error + 'static)) -> String {
    let mut last = error;
    while let Some(source) = last.source() {
        last = source;
    }
    redact::printable(&last.to_string())
}
