//! An MCP client that logs in with OAuth. See `client --help`.

use std::process::ExitCode;

use clap::Parser as _;
use examples::client::{cli::Cli, run::run, ui};
use tracing::Level;
use tracing_subscriber::{
    EnvFilter, Layer as _,
    filter::{FilterExt as _, filter_fn},
    layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

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
    let wanted = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new("warn,rmcp::transport::worker=off"));
    // Below info, rmcp's OAuth module logs the authorization code and vendor token fields.
    let harmless = filter_fn(|event| {
        *event.level() <= Level::INFO || !event.target().starts_with("rmcp::transport::auth")
    });
    tracing_subscriber::registry()
        .with(
            tracing_subscriber::fmt::layer()
                .with_writer(std::io::stderr)
                .with_filter(wanted.and(harmless)),
        )
        .init();
}
