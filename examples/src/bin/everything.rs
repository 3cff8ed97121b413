//! `cargo run -p examples --bin everything`: the server of the conformance runs; see `--help`.

use std::process::ExitCode;

use clap::Parser;
use examples::everything::{cli::Cli, run};
use examples::server::run::exit_code;

#[tokio::main]
async fn main() -> ExitCode {
    exit_code(run(Cli::parse())).await
}
