//! `scalekit-doctor`: what is wrong with a set-up, and what to change; see `--help`. The checks
//! themselves are [`auth_scalekit::diagnose`](mod@auth_scalekit::diagnose).
//!
//! | module | job |
//! |---|---|
//! | `cli` | the arguments |
//! | `token` | a pasted token, from standard input or a file |
//! | `run` | from the arguments to the exit code |
//! | `table` | findings as people read them |
//! | `wrap`, `width`, `color` | lines that fit the terminal |

mod cli;
mod color;
mod run;
mod table;
mod token;
mod width;
mod wrap;

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use auth_core::ErrorChain;
use clap::Parser;
use cli::Cli;
use run::run;
use tracing_subscriber::EnvFilter;

/// What clap ends with, too.
const WRONG_USE: u8 = 2;

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    // What the provider logs of a bad token or key set is said by the findings.
    init_logging();
    match run(cli).await {
        Ok(diagnosis) if diagnosis.is_sound() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            // Nobody is left to tell when standard error is gone.
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
