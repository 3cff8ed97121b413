//! `scalekit-doctor`: what is wrong with a deployment, and what to change; see `--help`. The checks
//! themselves are [`auth_scalekit::diagnose`](mod@auth_scalekit::diagnose).
//!
//! | module | job |
//! |---|---|
//! | `cli` | the arguments |
//! | `token` | a pasted token, from standard input or a file |
//! | `run` | the diagnosis and its output |
//! | `table` | the findings as a table for people |
//! | `terminal` | width and colours |

mod cli;
mod run;
mod table;
mod terminal;
mod token;

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use auth_core::error::ErrorChain;
use clap::Parser;
use cli::Cli;
use run::run;
use tracing_subscriber::EnvFilter;

/// The exit code for wrong arguments; clap uses the same.
const WRONG_USE: u8 = 2;

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    // The findings already contain what the provider logs about a bad token or key set.
    init_logging();
    match run(cli).await {
        Ok(diagnosis) if diagnosis.has_no_failures() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            // Nothing can be reported when standard error is closed.
            let _ = writeln!(std::io::stderr(), "error: {}", ErrorChain(&error));
            ExitCode::from(WRONG_USE)
        }
    }
}

/// Logs to standard error what `RUST_LOG` asks for. Default: nothing.
fn init_logging() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("off"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
}
