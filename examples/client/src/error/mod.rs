//! What can go wrong: who is at fault, what was seen, and what to do.
//!
//! | file | job |
//! |---|---|
//! | `party` | who is at fault |
//! | `report` | the parts of each message: code, party, what was seen, what to do |
//! | `from_rmcp` | rmcp's errors as errors of this client |

mod from_rmcp;
mod party;
mod report;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

pub use party::Party;
pub use report::ErrorReport;

use crate::redact;

/// Why the client failed. Its message is one sentence without secrets: what was seen, and what to do;
/// [`report`](Self::report) returns the same in parts.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum ClientError {
    /// The URL or another setting cannot be used as given.
    Usage(String),
    /// No server accepts connections at the MCP URL.
    ServerUnreachable {
        /// The URL of the server.
        url: String,
        /// The failure of the network.
        reason: String,
    },
    /// The URL is not that of an MCP server.
    NotMcp {
        /// The URL of the server.
        url: String,
        /// Why the URL is not that of an MCP endpoint.
        reason: String,
    },
    /// The MCP server is out of order.
    ServerFailed {
        /// The URL of the server.
        url: String,
        /// The HTTP status: 429, or 500 to 599.
        status: u16,
    },
    /// The MCP server answers the handshake as no revision of the protocol permits.
    Handshake {
        /// The URL of the server.
        url: String,
        /// What it answered.
        reason: String,
    },
    /// The server asks for a login, and nothing says where to log in.
    NoAuthorizationServer {
        /// The URL of the server.
        url: String,
        /// The URLs that were tried.
        tried: Vec<String>,
    },
    /// The server refuses the request, and no scope can help.
    Forbidden {
        /// The URL of the server.
        url: String,
        /// Its reason.
        reason: String,
    },
    /// A document, or the authorization server, cannot be reached or is out of order.
    IssuerUnreachable {
        /// The URL that was requested.
        url: String,
        /// Why it could not be read.
        reason: String,
    },
    /// Metadata leads to a private or reserved address.
    ForbiddenAddress {
        /// The host or the URL.
        place: String,
    },
    /// The server names another authorization server than the one that the credentials are for.
    OtherIssuer {
        /// The URL of the server.
        url: String,
        /// The issuer of the credentials.
        expected: String,
        /// The issuer that the server names.
        found: String,
    },
    /// The protected resource metadata must not be used (RFC 9728).
    ResourceMetadata {
        /// The URL of the document.
        url: String,
        /// What is wrong with it.
        reason: String,
        /// The resource that the document is for, if that is another one.
        resource: Option<String>,
    },
    /// The authorization server metadata must not be used (RFC 8414).
    Metadata(String),
    /// The authorization server refused the registration, or its answer cannot be used.
    Registration(String),
    /// Another program has the port of `--callback-port`.
    CallbackPortTaken {
        /// The port asked for.
        port: u16,
    },
    /// The listener for the callback could not be opened.
    CallbackListener(String),
    /// The URL to open is not one to hand to a browser.
    UnsafeUrl(String),
    /// The user or the authorization server refused the login (RFC 6749 section 4.1.2.1).
    Denied {
        /// The error code.
        error: String,
        /// The authorization server's message.
        description: Option<String>,
    },
    /// A page for a person came where a redirect was expected.
    LoginPage {
        /// Where the page is, without its parameters.
        url: String,
    },
    /// The authorization endpoint answered with an error page.
    AuthorizeRefused {
        /// The HTTP status.
        status: u16,
        /// Its error, shortened.
        reason: String,
    },
    /// The authorization server sent the code to another URL than the redirect URI.
    CallbackMoved {
        /// The redirect URI of the request.
        expected: String,
        /// Where the response went, without its parameters.
        received: String,
    },
    /// The redirects of a headless login did not lead to the redirect URI.
    Headless(String),
    /// The browser was not redirected back in time.
    Timeout {
        /// The timeout, in seconds.
        seconds: u64,
    },
    /// The authorization response failed a check.
    Callback(String),
    /// The token endpoint refused: its `error` code.
    Token(String),
    /// The token endpoint is out of order or cannot be reached. Stored tokens are kept.
    TokenUnavailable(String),
    /// The token response cannot be used.
    TokenResponse(String),
    /// The issuer does not accept a client that was registered by hand.
    UnknownClient,
    /// A key of this client cannot be used.
    Key(String),
    /// The token store failed during a request.
    Credentials(String),
    /// Nothing is stored for this server.
    NoTokens(String),
    /// The revocation endpoint refused.
    Revocation(String),
    /// There is no keyring to protect tokens with.
    Keyring(String),
    /// Tokens could not be read or written.
    Store {
        /// The file or directory.
        path: PathBuf,
        /// The error of the system.
        reason: String,
    },
    /// A token is accepted, but its scopes do not suffice.
    InsufficientScope {
        /// The scopes that the server asks for, separated by blanks.
        wanted: String,
    },
    /// The server asks for more scopes and does not name them.
    ScopeNotNamed {
        /// The URL of the server.
        url: String,
    },
    /// The server still refuses after a fresh login.
    StillRefused {
        /// The URL of the server.
        url: String,
        /// Its reason.
        reason: String,
        /// Whether the issuer stated that the token expires at once.
        expires_at_once: bool,
    },
    /// A tool answered with an error.
    Tool {
        /// Its name.
        tool: String,
        /// Its message.
        reason: String,
    },
    /// The server answered with another error of the protocol, or the connection failed.
    Mcp {
        /// The URL of the server.
        url: String,
        /// The error.
        reason: String,
    },
    /// This program failed.
    Internal(String),
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

/// The innermost cause: "connection refused" says more than "error sending request".
#[must_use]
pub fn root_cause(error: &(dyn std::error::Error + 'static)) -> String {
    let mut last = error;
    while let Some(source) = last.source() {
        last = source;
    }
    redact::printable(&last.to_string())
}
