//! The arguments of `scalekit-doctor`.

use std::path::PathBuf;

use auth_scalekit::diagnose::RegisteredClient;
use clap::Parser;

const MORE: &str = "\
Examples:
  scalekit-doctor                            check the deployment that the SCALEKIT_ variables describe
  scalekit-doctor --token-stdin < token.txt  also explain why a token is refused
  pbpaste | scalekit-doctor --token-stdin    the same with a copied token (xclip -o, wl-paste)
  scalekit-doctor --client-id m2m_1234       try whether this client can log in, up to the login page
  scalekit-doctor --management               also check the settings in Scalekit
  scalekit-doctor --json | jq .findings      for programs

Reads SCALEKIT_ENVIRONMENT_URL, SCALEKIT_RESOURCE_ID, SCALEKIT_MCP_URL (default
http://localhost:8000/mcp) and SCALEKIT_REQUIRED_SCOPES (separated by spaces or commas). COLUMNS sets
the width, NO_COLOR disables colours, RUST_LOG=debug enables the log.

--management needs SCALEKIT_CLIENT_ID and SCALEKIT_CLIENT_SECRET, or SCALEKIT_CLIENT_ID_FILE and
SCALEKIT_CLIENT_SECRET_FILE: a client of the environment. It makes about 20 calls, which change
nothing, and reports which of them are permitted. Names and addresses of people are not shown.

A client is tried with one authorization request, which no user approves; Scalekit may log it as a
login that was started. If the issuer returns a code anyway, it cannot be redeemed and is not shown.

Exit codes: 0 no check fails, 1 a check fails, 2 wrong arguments.";

/// Checks a Scalekit environment and the MCP server that it protects, and explains what to change.
///
/// A token is never an argument, since other users of the machine can see arguments. It is not sent to
/// any server and never printed.
#[derive(Debug, Parser)]
#[command(name = "scalekit-doctor", version, after_help = MORE)]
pub(crate) struct Cli {
    /// Print one JSON object with all findings instead of the table.
    #[arg(long)]
    pub(crate) json: bool,

    /// Read an access token from standard input, and explain it.
    #[arg(long, conflicts_with = "token_file")]
    pub(crate) token_stdin: bool,

    /// Read an access token from this file, and explain it.
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,

    /// Check whether the issuer knows this client and its redirect URI.
    #[arg(long, value_name = "ID")]
    pub(crate) client_id: Option<String>,

    /// The redirect URI that is registered for the client.
    #[arg(long, value_name = "URI", requires = "client_id", default_value = RegisteredClient::DEFAULT_REDIRECT_URI)]
    pub(crate) redirect_uri: String,

    /// Read the settings of the MCP server in Scalekit, and what the client credentials permit.
    #[arg(long)]
    pub(crate) management: bool,

    /// Allow private network addresses for the environment.
    #[arg(long)]
    pub(crate) allow_private: bool,

    /// No colours, as when the output is not a terminal.
    #[arg(long)]
    pub(crate) no_color: bool,
}

impl Cli {
    /// The client to try. An empty id counts as none, as when a shell variable is empty.
    #[must_use]
    pub(crate) fn client(&self) -> Option<RegisteredClient> {
        let id = self.client_id.as_deref();
        let id = id.filter(|id| !id.trim().is_empty())?;
        Some(RegisteredClient::new(id).redirect_uri(&self.redirect_uri))
    }
}
