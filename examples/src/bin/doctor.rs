//! `cargo run -p examples --bin doctor`: what is wrong with a set-up; see `--help`.

use std::io::Write;
use std::process::ExitCode;

use auth_core::ErrorChain;
use clap::Parser;
use examples::doctor::cli::Cli;
use examples::doctor::run::run;

/// What clap ends with, too.
const WRONG_USE: u8 = 2;

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    // What the provider logs of a bad token or key set is said by the findings.
    examples::logging::init("off");
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
