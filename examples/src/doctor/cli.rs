//! The arguments of the `doctor` binary.

use std::path::PathBuf;

use clap::Parser;

const MORE: &str = "\
Examples:
  doctor                            check what the SCALEKIT_ variables describe
  doctor --token-stdin < token.txt  and explain why a token is refused
  pbpaste | doctor --token-stdin    the same with one that was copied (xclip -o, wl-paste)
  doctor --json | jq .findings      for programs

Reads SCALEKIT_ENVIRONMENT_URL, SCALEKIT_RESOURCE_ID, SCALEKIT_MCP_URL (default
http://localhost:8000/mcp) and SCALEKIT_REQUIRED_SCOPES (separated by spaces or commas). COLUMNS sets
the width, NO_COLOR switches colours off, RUST_LOG=debug shows what happens.

Exit codes: 0 nothing fails, 1 something fails, 2 wrong use.";

/// Checks a Scalekit environment and the MCP server that it protects, and says what to change.
///
/// A token is never an argument, since others on the machine can see arguments; it is sent to nobody
/// and never printed.
#[derive(Debug, Parser)]
#[command(name = "doctor", version, after_help = MORE)]
pub struct Cli {
    /// Print one JSON object with all findings instead of the table.
    #[arg(long)]
    pub json: bool,

    /// Read an access token from standard input, and explain it.
    #[arg(long, conflicts_with = "token_file")]
    pub token_stdin: bool,

    /// Read an access token from this file, and explain it.
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,

    /// Ask the environment at private network addresses too.
    #[arg(long)]
    pub allow_private: bool,

    /// No colours, as when the output is not a terminal.
    #[arg(long)]
    pub no_color: bool,
}
