//! `cargo run -p examples --bin server`: a protected MCP server; see `--help`.

use std::io::Write;
use std::process::ExitCode;

use auth_core::ErrorChain;
use clap::Parser;
use examples::server::cli::Cli;
use examples::server::run::run;

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    // rmcp tells of every request that it serves; that is for RUST_LOG=debug.
    examples::logging::init("info,rmcp=warn");
    match run(cli).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody is left to tell when standard error is gone.
            let _ = writeln!(std::io::stderr(), "{}", ErrorChain(&error));
            ExitCode::from(error.exit_code())
        }
    }
}
