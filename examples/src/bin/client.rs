//! An MCP client that logs in with OAuth. See `client --help`.

use std::process::ExitCode;

use clap::Parser as _;
use examples::client::{cli::Cli, run::run, ui};
use tracing_subscriber::EnvFilter;

/// What a shell reports for a program that was stopped with ctrl-c.
const INTERRUPTED: u8 = 130;

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    start_log();
    tokio::select! {
        result = run(cli) => match result {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                ui::note(&format!("error: {error}"));
                ExitCode::from(error.exit_code())
            }
        },
        _ = tokio::signal::ctrl_c() => {
            ui::note("stopped");
            ExitCode::from(INTERRUPTED)
        }
    }
}

fn start_log() {
    // The worker reports a 401 as an error of its own; here it is how every login starts.
    let mut filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new("warn,rmcp::transport::worker=off"));
    // At debug level rmcp's OAuth module logs the authorization code and vendor token fields.
    if let Ok(directive) = "rmcp::transport::auth=info".parse() {
        filter = filter.add_directive(directive);
    }
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
}
