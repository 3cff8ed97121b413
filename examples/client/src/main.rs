//! An MCP client that logs in with OAuth. See `client --help`.

use std::process::ExitCode;

use clap::Parser as _;
use client::cli::{Cli, logging, run, terminal};

/// What a shell reports for a program that was stopped with ctrl-c.
const INTERRUPTED: u8 = 130;

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let json = cli.connect.json;
    // The worker logs a 401 as an error; here every login starts with one.
    logging::init("warn,rmcp::transport::worker=off");
    tokio::select! {
        result = run(cli) => match result {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                terminal::error(&error, json);
                ExitCode::from(error.exit_code())
            }
        },
        _ = tokio::signal::ctrl_c() => {
            terminal::note("stopped");
            ExitCode::from(INTERRUPTED)
        }
    }
}
