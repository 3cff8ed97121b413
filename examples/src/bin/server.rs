//! `cargo run -p examples --bin server`: a protected MCP server; see `--help`.

use std::process::ExitCode;

use clap::Parser;
use examples::server::cli::Cli;
use examples::server::run::{exit_code, run};

#[tokio::main]
async fn main() -> ExitCode {
    exit_code(run(Cli::parse())).await
}
