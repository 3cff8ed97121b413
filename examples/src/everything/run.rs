//! From the command line to a running server.

use super::cli::Cli;
use super::handler::site;
use crate::server::run::{ServerError, run_dangerously_unprotected, run_protected};

/// Runs until ctrl-c.
///
/// # Errors
///
/// [`ServerError`], whose text says what to change.
pub async fn run(cli: Cli) -> Result<(), ServerError> {
    if cli.dangerously_unprotected {
        run_dangerously_unprotected(&cli.options, site()?).await
    } else {
        run_protected(&cli.options, site()?).await
    }
}
