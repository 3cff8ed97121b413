//! `cargo run -p examples --bin probed`: the server that `mock-scalekit probe` is made for.

use std::process::ExitCode;

use examples::probed::run;
use examples::server::run::exit_code;

#[tokio::main]
async fn main() -> ExitCode {
    exit_code(run()).await
}
