//! `cargo run -p examples --bin rbac`: a server whose policies are in a file; see the documentation of
//! `examples::rbac`.

use std::process::ExitCode;

use clap::Parser;
use examples::rbac::cli::{Cli, run};
use examples::server::run::exit_code_and_log;

#[tokio::main]
async fn main() -> ExitCode {
    // Of admitted requests too, it shows which policies decided.
    exit_code_and_log("info,rmcp=warn,auth_core::audit=debug", run(Cli::parse())).await
}
