//! The parts of each message.

use std::{error::Error, fmt};

use serde::Serialize;

use super::{ClientError, Party};

/// An error in parts: for `--json`, and for programs that use this crate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ErrorReport {
    /// A name of the kind of error, in snake case. It does not change with the sentence.
    pub code: &'static str,
    /// Who is at fault: `server`, `issuer`, `client`, `network` or `user`.
    pub at_fault: &'static str,
    /// What was seen.
    pub seen: String,
    /// What to do about it; none where only the message itself can say it.
    pub fix: Option<String>,
}

impl ClientError {
    /// Who is at fault.
    #[must_use]
    pub fn at_fault(&self) -> Party {
        self.parts().1
    }

    /// The error in parts.
    #[must_use]
    pub fn report(&self) -> ErrorReport {
        let (code, at_fault, seen, fix) = self.parts();
        ErrorReport {
            code,
            at_fault: at_fault.name(),
            seen,
            fix,
        }
    }

    #[allow(
        clippy::too_many_lines,
        reason = "a table: one row for each kind of error"
    )]
    fn parts(&self) -> (&'static str, Party, String, Option<String>) {
        use Party::{Client, Issuer, Network, Server, User};
        let row = |code, party, seen: String, fix: &str| {
            let fix = (!fix.is_empty()).then(|| fix.to_owned());
            (code, party, seen, fix)
        };
        match self {
            Self::Usage(what) => row("usage", Client, what.clone(), ""),
            Self::ServerUnreachable { url, reason } => row(
                "server_unreachable",
                Network,
                format!("no MCP server answers at {url} ({reason})"),
                "start it, for example with `cargo run -p examples --bin server`, or give its URL as the last argument",
            ),
            Self::NotMcp { url, reason } => row(
                "not_mcp",
                Server,
                format!("{url} does not answer as an MCP endpoint ({reason})"),
                "check the path of the URL, often /mcp",
            ),
            Self::ServerFailed { url, status } => row(
                "server_failed",
                Server,
                format!("the MCP server at {url} failed (HTTP {status})"),
                "try again later, or ask its operator",
            ),
            Self::Handshake { url, reason } => row(
                "handshake",
                Server,
                format!("the MCP server at {url} does not complete the handshake ({reason})"),
                "choose another version with --wire, or ask its operator to update it",
            ),
            Self::NoAuthorizationServer { url, tried } => row(
                "no_authorization_server",
                Server,
                format!(
                    "the MCP server at {url} asks for a login and names no authorization server, neither in WWW-Authenticate nor at {}",
                    tried.join(" or ")
                ),
                "ask its operator to publish protected resource metadata (RFC 9728)",
            ),
            Self::Forbidden { url, reason } => row(
                "forbidden",
                Server,
                format!("the MCP server at {url} refuses this user or client ({reason})"),
                "no scope would change that, so ask its administrator for access",
            ),
            Self::IssuerUnreachable { url, reason } => row(
                "issuer_unreachable",
                Network,
                format!("cannot read {url} ({reason})"),
                "check that the authorization server is running and reachable from here",
            ),
            Self::ForbiddenAddress { place } => row(
                "forbidden_address",
                Server,
                format!(
                    "metadata of this server leads to {place}, which is at a private or reserved address"
                ),
                "give --allow-private if that is on your own network (loopback and reserved addresses are never used)",
            ),
            Self::OtherIssuer {
                url,
                expected,
                found,
            } => (
                "other_issuer",
                Server,
                format!(
                    "the MCP server at {url} names {found} as its authorization server, and these credentials are for {expected}"
                ),
                Some(format!(
                    "if the server has moved there, give --issuer {found}; otherwise send it nothing, and ask its operator"
                )),
            ),
            Self::ResourceMetadata {
                url,
                reason,
                resource,
            } => (
                "resource_metadata",
                Server,
                format!("the resource metadata at {url} cannot be used: {reason}"),
                Some(match resource {
                    Some(resource) => format!(
                        "give the URL {resource} as the last argument if that is the server you mean, or ask the operator of the MCP server to correct `resource` (RFC 9728 section 3.3)"
                    ),
                    None => "ask the operator of the MCP server to correct the document (RFC 9728)"
                        .to_owned(),
                }),
            ),
            Self::Metadata(what) => row(
                "issuer_metadata",
                Issuer,
                format!("the metadata of the authorization server cannot be used: {what}"),
                "ask its operator to correct it (RFC 8414)",
            ),
            Self::Registration(why) => row(
                "registration",
                Issuer,
                format!("the authorization server did not register this client ({why})"),
                "register one by hand and give it with --client-id",
            ),
            Self::CallbackPortTaken { port } => row(
                "callback_port_taken",
                Client,
                format!("callback port {port} is taken on loopback"),
                "choose another with --callback-port, or leave it out for a free one",
            ),
            Self::CallbackListener(error) => row(
                "callback_listener",
                Client,
                format!("cannot listen for the login callback on loopback ({error})"),
                "check that this machine has a loopback interface that programs may listen on",
            ),
            Self::UnsafeUrl(why) => row(
                "unsafe_url",
                Issuer,
                format!("the authorization endpoint cannot be opened: {why}"),
                "ask the operator of the authorization server for an https endpoint",
            ),
            Self::Denied { error, description } => {
                let party = match error.as_str() {
                    "access_denied" => User,
                    _ => Issuer,
                };
                let seen = match description {
                    Some(description) => format!("the login was refused: {error}, {description}"),
                    None => format!("the login was refused: {error}"),
                };
                let fix = match party {
                    User => "log in again and approve the request",
                    _ => "ask the operator of the authorization server what this code means there",
                };
                row("denied", party, seen, fix)
            }
            Self::LoginPage { url } => row(
                "login_page",
                Client,
                format!("{url} shows a page instead of approving by itself"),
                "run without --headless to log in with a browser",
            ),
            Self::AuthorizeRefused { status, reason } => row(
                "authorize_refused",
                Issuer,
                format!("the authorization endpoint answered {status} ({reason})"),
                "check --client-id and --scope, or ask the operator of the authorization server",
            ),
            Self::CallbackMoved { expected, received } => row(
                "callback_moved",
                Issuer,
                format!(
                    "the authorization server answered to {received} instead of the redirect URI {expected}"
                ),
                "ask its operator to send responses to the very redirect URI of the request (RFC 6749 section 3.1.2.3)",
            ),
            Self::Headless(why) => row(
                "headless",
                Issuer,
                format!("the headless login stopped: {why}"),
                "run without --headless to log in with a browser",
            ),
            Self::Timeout { seconds } => row(
                "timeout",
                User,
                format!("no login arrived within {seconds} s"),
                "run again, or increase --timeout",
            ),
            Self::Callback(why) => row(
                "callback",
                Issuer,
                format!("the login callback was refused: {why}"),
                "run again; if it repeats, ask the operator of the authorization server",
            ),
            Self::Token(error) => row(
                "token_refused",
                Issuer,
                format!("the token endpoint refused: {error}"),
                "try again; if it repeats, ask the operator of the authorization server",
            ),
            Self::TokenUnavailable(reason) => row(
                "token_unavailable",
                Issuer,
                format!("the token endpoint is out of order ({reason})"),
                "try again later; the stored tokens are kept",
            ),
            Self::TokenResponse(why) => row(
                "token_response",
                Issuer,
                format!("the token response cannot be used: {why}"),
                "ask the operator of the authorization server to correct it (RFC 6749 section 5.1)",
            ),
            Self::UnknownClient => row(
                "unknown_client",
                Client,
                "the issuer does not accept this client".to_owned(),
                "check --client-id, and set MCP_CLIENT_SECRET or --private-key",
            ),
            Self::Key(why) => row(
                "key",
                Client,
                why.clone(),
                "give another key, or remove the stored one with `client tokens clear`",
            ),
            Self::Credentials(why) => row("credentials", Client, why.clone(), ""),
            Self::NoTokens(url) => row(
                "no_tokens",
                Client,
                format!("no tokens for {url}"),
                "log in with `client login`",
            ),
            Self::Revocation(error) => row(
                "revocation",
                Issuer,
                format!("the issuer did not revoke the tokens ({error})"),
                "to only forget them here: client tokens clear URL",
            ),
            Self::Keyring(why) => row(
                "keyring",
                Client,
                format!("the system's keyring cannot be used ({why})"),
                "set MCP_CLIENT_PASSPHRASE to a passphrase that protects the tokens",
            ),
            Self::Store { path, reason } => row(
                "store",
                Client,
                format!("token store {}: {reason}", path.display()),
                "choose another directory with --token-dir",
            ),
            Self::InsufficientScope { wanted } => row(
                "insufficient_scope",
                Issuer,
                format!("this needs the scope {wanted}, and logging in again did not get it"),
                "ask the administrator for it, or use --scope",
            ),
            Self::ScopeNotNamed { url } => row(
                "scope_not_named",
                Server,
                format!(
                    "the MCP server at {url} asks for more scopes (403 insufficient_scope) and names none"
                ),
                "give the scopes with --scope, or ask its operator to name them in the challenge (RFC 6750 section 3)",
            ),
            Self::StillRefused {
                reason,
                expires_at_once: true,
                ..
            } => row(
                "still_refused",
                Issuer,
                format!(
                    "the authorization server issued a token that expires at once (expires_in), and the MCP server refuses it ({reason})"
                ),
                "ask the operator of the authorization server for a longer lifetime",
            ),
            Self::StillRefused { url, reason, .. } => row(
                "still_refused",
                Server,
                format!("the MCP server at {url} refuses the token it was just given ({reason})"),
                "check that server and authorization server agree on issuer and audience",
            ),
            Self::Tool { tool, reason } => {
                row("tool", Server, format!("tool {tool}: {reason}"), "")
            }
            Self::Mcp { url, reason } => row(
                "mcp",
                Server,
                format!("the MCP server at {url} answered with an error: {reason}"),
                "",
            ),
            Self::Internal(why) => row(
                "internal",
                Client,
                format!("this client failed: {why}"),
                "report it with the output of --trace",
            ),
        }
    }
}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (_, _, seen, fix) = self.parts();
        match fix {
            Some(fix) => write!(f, "{seen}; {fix}"),
            None => f.write_str(&seen),
        }
    }
}

impl Error for ClientError {}
