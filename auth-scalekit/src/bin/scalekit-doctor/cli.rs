//! The arguments of the `doctor` binary.

use std::path::PathBuf;

use auth_scalekit::diagnose::RegisteredClient;
use clap::Parser;

const MORE: &str = "\
Examples:
  doctor                            check what the SCALEKIT_ variables describe
  doctor --token-stdin < token.txt  and explain why a token is refused
  pbpaste | doctor --token-stdin    the same with one that was copied (xclip -o, wl-paste)
  doctor --client-id m2m_1234       try whether this client can log in, as far as to the login page
  doctor --json | jq .findings      for programs

Reads SCALEKIT_ENVIRONMENT_URL, SCALEKIT_RESOURCE_ID, SCALEKIT_MCP_URL (default
http://localhost:8000/mcp) and SCALEKIT_REQUIRED_SCOPES (separated by spaces or commas). COLUMNS sets
the width, NO_COLOR switches colours off, RUST_LOG=debug shows what happens.

A client is tried with one authorization request, which nobody approves; Scalekit may log it as a login
that was begun. A code that comes of it all the same is of no use to anybody, and is not shown.

Exit codes: 0 nothing fails, 1 something fails, 2 wrong use.";

/// Checks a Scalekit environment and the MCP server that it protects, and says what to change.
///
/// A token is never an argument, since others on the machine can see arguments; it is sent to nobody
/// and never printed.
#[derive(Debug, Parser)]
#[command(name = "doctor", version, after_help = MORE)]
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

    /// Try whether the issuer knows this client, and its redirect URI.
    #[arg(long, value_name = "ID")]
    pub(crate) client_id: Option<String>,

    /// Where the client listens, as it is registered.
    #[arg(long, value_name = "URI", requires = "client_id", default_value = RegisteredClient::DEFAULT_REDIRECT_URI)]
    pub(crate) redirect_uri: String,

    /// Ask the environment at private network addresses too.
    #[arg(long)]
    pub(crate) allow_private: bool,

    /// No colours, as when the output is not a terminal.
    #[arg(long)]
    pub(crate) no_color: bool,
}

impl Cli {
    /// The client that is to be tried. An id that is empty is none, as where a variable is set to
    /// nothing.
    #[must_use]
    pub(crate) fn client(&self) -> Option<RegisteredClient> {
        let id = self.client_id.as_deref();
        let id = id.filter(|id| !id.trim().is_empty())?;
        Some(RegisteredClient::new(id).redirect_uri(&self.redirect_uri))
    }
}
