//! Runs the diagnosis that the arguments ask for, and prints the findings.

use std::io::{self, Write};

use auth_scalekit::ScalekitBuilder;
use auth_scalekit::diagnose::{DiagnoseOptions, Diagnosis, Finding, diagnose};
use thiserror::Error;

use crate::cli::Cli;
use crate::table::Table;
use crate::terminal;
use crate::token::{self, TokenError};

/// Why there is no diagnosis.
#[derive(Debug, Error)]
#[non_exhaustive]
pub(crate) enum DoctorError {
    /// The token cannot be read.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The findings cannot be written: standard output is closed or full.
    #[error("cannot write the findings")]
    Output(#[source] io::Error),
}

/// Runs all checks and prints the findings, each as soon as it is known.
///
/// # Errors
///
/// [`DoctorError`] when the token cannot be read or the output cannot be written.
pub(crate) async fn run(cli: Cli) -> Result<Diagnosis, DoctorError> {
    let token = match &cli.token_file {
        Some(path) => Some(token::from_file(path)?),
        None if cli.token_stdin => Some(token::from_stdin()?),
        None => None,
    };
    let options = DiagnoseOptions::default()
        .token(token)
        .client(cli.client())
        .management(cli.management);
    let mut settings = ScalekitBuilder::from_env();
    if cli.allow_private {
        settings = settings.allow_private_addresses();
    }
    if cli.json {
        let diagnosis = diagnose(settings, options, |_| ()).await;
        let json = serde_json::to_string_pretty(&diagnosis).map_err(io::Error::other);
        json.and_then(|json| print(&json))
            .map_err(DoctorError::Output)?;
        return Ok(diagnosis);
    }
    let table = Table::new(terminal::columns(), !cli.no_color && terminal::has_colors());
    let mut printed = Ok(());
    let print_row = |finding: &Finding| {
        if printed.is_ok() {
            printed = print(&table.row(finding));
        }
    };
    let diagnosis = diagnose(settings, options, print_row).await;
    printed
        .and_then(|()| print(&table.summary(&diagnosis)))
        .map_err(DoctorError::Output)?;
    Ok(diagnosis)
}

/// Flushes, so that a finding is visible while the next check runs.
fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{text}")?;
    out.flush()
}
