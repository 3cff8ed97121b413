//! `cargo run -p examples --bin replicas`: one of several processes; see the documentation of `examples::replicas`.

use std::process::ExitCode;

use clap::Parser;
use examples::replicas::{Cli, run};
use examples::server::run::exit_code;

#[tokio::main]
async fn main() -> ExitCode {
    exit_code(run(Cli::parse())).await
}
