//! The command line of the server.

use std::net::SocketAddr;

use clap::{Args, Parser};

/// A protected MCP server: notes behind Scalekit.
///
/// Reads SCALEKIT_ENVIRONMENT_URL, SCALEKIT_RESOURCE_ID, SCALEKIT_MCP_URL (default
/// http://localhost:8000/mcp) and SCALEKIT_REQUIRED_SCOPES (separated by spaces or commas; default
/// notes:read). Serves before Scalekit gives keys: /ready reports whether it has them.
/// RUST_LOG=debug shows what happens. Exit codes: 0 stopped, 1 failed while serving, 2 could not
/// start.
#[derive(Debug, Parser)]
#[command(name = "server")]
pub struct Cli {
    /// The options of all servers.
    #[command(flatten)]
    pub options: Options,
}

/// How an MCP server is served.
#[derive(Debug, Args)]
pub struct Options {
    /// Run a mock Scalekit inside, with published keys, instead of using a real environment.
    #[arg(long)]
    pub mock: bool,

    /// Listen here instead of at the port of SCALEKIT_MCP_URL on loopback.
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen: Option<SocketAddr>,

    /// Print one line of JSON on standard output once the server is ready.
    #[arg(long)]
    pub ready_json: bool,
}

impl Options {
    /// Runs a mock where no Scalekit environment is configured, for a tutorial.
    pub fn mock_without_scalekit(&mut self) {
        let is_set = |name: &str| std::env::var_os(name).is_some();
        let has_scalekit =
            is_set("SCALEKIT_ENVIRONMENT_URL") || is_set("SCALEKIT_ENVIRONMENT_URL_FILE");
        self.mock |= !has_scalekit;
    }
}
