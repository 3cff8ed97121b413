//! The command line of `everything`.

use clap::Parser;

use crate::server::cli::Options;

/// A protected MCP server with everything that the official conformance suite asks for.
///
/// Reads the same variables as `server`: SCALEKIT_ENVIRONMENT_URL, SCALEKIT_RESOURCE_ID,
/// SCALEKIT_MCP_URL (default http://localhost:8000/mcp) and SCALEKIT_REQUIRED_SCOPES. Exit codes:
/// 0 stopped, 1 failed while serving, 2 could not start.
#[derive(Debug, Parser)]
#[command(name = "everything")]
pub struct Cli {
    /// What it shares with other servers.
    #[command(flatten)]
    pub options: Options,

    /// Serve everyone, without the auth layer, to compare with the protected server. Needs no
    /// Scalekit; of the variables only SCALEKIT_MCP_URL counts.
    #[arg(long, conflicts_with = "mock")]
    pub dangerously_unprotected: bool,
}
