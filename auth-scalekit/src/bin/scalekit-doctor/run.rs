//! From the arguments to findings, as they come, and to the exit code.

use std::io::{self, IsTerminal as _, Write};

use auth_scalekit::ScalekitBuilder;
use auth_scalekit::diagnose::{Diagnosis, Finding, Given, diagnose};
use thiserror::Error;

use crate::cli::Cli;
use crate::color::Palette;
use crate::table::Table;
use crate::token::{self, TokenError};
use crate::width::width;

/// Why there is no diagnosis.
#[derive(Debug, Error)]
#[non_exhaustive]
pub(crate) enum DoctorError {
    /// A token was promised and is not there.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The output is closed or full.
    #[error("cannot write the findings")]
    Output(#[source] io::Error),
}

/// Makes all checks and prints what comes of them.
///
/// # Errors
///
/// [`DoctorError`] when a token cannot be read, or nothing can be printed.
pub(crate) async fn run(cli: Cli) -> Result<Diagnosis, DoctorError> {
    let token = match &cli.token_file {
        Some(path) => Some(token::from_file(path)?),
        None if cli.token_stdin => Some(token::from_stdin()?),
        None => None,
    };
    let given = Given::default().token(token).client(cli.client());
    let mut settings = ScalekitBuilder::from_env();
    if cli.allow_private {
        settings = settings.allow_private_addresses();
    }
    if cli.json {
        let diagnosis = diagnose(settings, given, |_| ()).await;
        let json = serde_json::to_string_pretty(&diagnosis).map_err(io::Error::other);
        json.and_then(|json| print(&json))
            .map_err(DoctorError::Output)?;
        return Ok(diagnosis);
    }
    let table = Table::new(width(), palette(&cli));
    let mut printed = Ok(());
    let tell = |finding: &Finding| {
        if printed.is_ok() {
            printed = print(&table.row(finding));
        }
    };
    let diagnosis = diagnose(settings, given, tell).await;
    printed
        .and_then(|()| print(&table.summary(&diagnosis)))
        .map_err(DoctorError::Output)?;
    Ok(diagnosis)
}

/// Colours are for a person at a terminal who has not switched them off (<https://no-color.org>).
fn palette(cli: &Cli) -> Palette {
    let switched_off = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    if cli.no_color || switched_off || !io::stdout().is_terminal() {
        Palette::Plain
    } else {
        Palette::Colored
    }
}

/// At once, so that a finding is seen while the next is looked for.
fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{text}")?;
    out.flush()
}
