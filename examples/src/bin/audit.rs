//! `cargo run -p examples --bin audit`: reads and verifies audit files; see the documentation of `examples::audit`.

use std::process::ExitCode;

use clap::Parser;
use examples::audit::{Cli, exit_code};

#[tokio::main]
async fn main() -> ExitCode {
    examples::logging::init("warn");
    exit_code(Cli::parse()).await
}
