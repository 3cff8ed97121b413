//! `cargo run -p examples --bin multi_org`: a server for several organizations; see the documentation of `examples::multi_org`.

use std::process::ExitCode;

use clap::Parser;
use examples::multi_org::{Cli, run};
use examples::server::run::exit_code;

#[tokio::main]
async fn main() -> ExitCode {
    exit_code(run(Cli::parse())).await
}
