//! The terminal: how wide the output may be, and whether it is coloured.

use std::io::{self, IsTerminal as _};

use auth_scalekit::diagnose::Severity;
use console::{Style, Term};

/// Columns when neither `COLUMNS` nor a terminal gives a width.
const DEFAULT_COLUMNS: usize = 80;
/// Longer lines are hard to read on a wide screen.
const MAX_COLUMNS: usize = 120;
/// The table needs this width for its columns.
const MIN_COLUMNS: usize = 40;

/// `COLUMNS`, else the width of the terminal, else 80; limited to 40..=120.
pub(crate) fn columns() -> usize {
    let variable = std::env::var("COLUMNS").ok();
    let terminal = Term::stdout().size_checked();
    limited(
        variable.as_deref(),
        terminal.map(|(_, columns)| columns.into()),
    )
}

fn limited(variable: Option<&str>, terminal: Option<usize>) -> usize {
    let variable = variable.and_then(|text| text.parse().ok());
    let usable = |columns: &usize| *columns > 0;
    variable
        .filter(usable)
        .or(terminal.filter(usable))
        .unwrap_or(DEFAULT_COLUMNS)
        .clamp(MIN_COLUMNS, MAX_COLUMNS)
}

/// Whether standard output is a terminal and `NO_COLOR` is not set (<https://no-color.org>).
pub(crate) fn has_colors() -> bool {
    let disabled = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    !disabled && io::stdout().is_terminal()
}

/// The colour of a severity, one of those that every terminal has.
pub(crate) fn style(severity: Severity) -> Style {
    match severity {
        Severity::Ok => Style::new().green(),
        Severity::Note => Style::new().cyan(),
        Severity::Warning => Style::new().yellow(),
        Severity::Failure => Style::new().red().bold(),
        Severity::Skipped => Style::new().dim(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_come_from_the_variable_then_the_terminal_then_the_default() {
        for (variable, terminal, columns) in [
            (None, None, 80),
            (None, Some(100), 100),
            (Some("60"), Some(100), 60),
            (Some("x"), Some(100), 100),
            (Some("0"), None, 80),
            (Some("1"), None, 40),
            (None, Some(500), 120),
        ] {
            let found = limited(variable, terminal);
            assert_eq!(found, columns, "{variable:?} {terminal:?}");
        }
    }

    #[test]
    fn every_severity_has_a_color() {
        for severity in Severity::ALL {
            let painted = style(severity).force_styling(true).apply_to("a");
            let painted = painted.to_string();
            assert!(painted.starts_with("\u{1b}[") && painted.ends_with("ma\u{1b}[0m"));
        }
    }
}
