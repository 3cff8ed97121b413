//! `cargo run -p examples`: the whole job, from the first request to refusals, in one process.

use std::io::Write;
use std::process::ExitCode;

use auth_core::error::ErrorChain;

#[tokio::main]
async fn main() -> ExitCode {
    // The refusals of the demo are its content; RUST_LOG=info shows what the server logs of them.
    examples::logging::init("error,rmcp::transport::worker=off");
    match examples::demo::run().await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            // When standard error is closed, there is no place for the message.
            let _ = writeln!(std::io::stderr(), "{}", ErrorChain(&error));
            ExitCode::FAILURE
        }
    }
}
