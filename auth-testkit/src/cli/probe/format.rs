//! The formats of the report.

use std::path::Path;

use clap::ValueEnum;

use crate::cli::Failure;
use crate::probe::Report;

/// How a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    Table,
    Json,
    Junit,
    Html,
}

impl Format {
    /// The format of a file, by its extension.
    ///
    /// # Errors
    ///
    /// When the extension is that of no format.
    pub(super) fn of(file: &Path) -> Result<Self, Failure> {
        match file.extension().and_then(|ending| ending.to_str()) {
            Some("json") => Ok(Self::Json),
            Some("xml") => Ok(Self::Junit),
            Some("html") => Ok(Self::Html),
            Some("txt") => Ok(Self::Table),
            _ => Err(format!(
                "output: expected a file that ends in .json, .xml, .html or .txt, got {}",
                file.display()
            )
            .into()),
        }
    }

    pub(super) fn render(self, report: &Report) -> String {
        match self {
            Self::Table => report.to_string(),
            Self::Json => format!("{:#}\n", report.to_json()),
            Self::Junit => report.to_junit(),
            Self::Html => report.to_html(),
        }
    }
}
