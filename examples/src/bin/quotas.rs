//! `cargo run -p examples --bin quotas`: a server with quotas; see the documentation of `examples::quotas`.

use std::process::ExitCode;

use clap::Parser;
use examples::quotas::{Cli, run};
use examples::server::run::exit_code;

#[tokio::main]
async fn main() -> ExitCode {
    exit_code(run(Cli::parse())).await
}
