//! Findings as people read them: a row for each, wrapped beside its columns, and a last line.

use auth_scalekit::diagnose::{CHECKS, Diagnosis, Finding, Severity};

use crate::color::Palette;
use crate::wrap::wrap;

/// The longest severity.
const SEVERITY_WIDTH: usize = 7;
/// Least room for the text beside the columns; below it stands under them.
const TEXT_WIDTH: usize = 36;
const INDENT: usize = SEVERITY_WIDTH + 2;

/// How rows are written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Table {
    width: usize,
    palette: Palette,
}

impl Table {
    /// A table of so many columns of characters.
    #[must_use]
    pub(crate) fn new(width: usize, palette: Palette) -> Self {
        Self { width, palette }
    }

    /// The lines of one finding; why and fix only where something is to be done.
    #[must_use]
    pub(crate) fn row(&self, finding: &Finding) -> String {
        let severity = finding.severity;
        let label = format!("{:<SEVERITY_WIDTH$}", severity.as_str());
        let label = self.palette.paint(severity, &label);
        let id_width = CHECKS.iter().map(|id| id.len()).max().unwrap_or_default();
        let indent = INDENT + id_width + 2;
        let (indent, mut lines) = if self.width >= indent + TEXT_WIDTH {
            (indent, self.beside(&label, finding, id_width, indent))
        } else {
            (INDENT, self.below(&label, finding))
        };
        if matches!(severity, Severity::Warning | Severity::Failure) {
            lines.extend(self.labelled("why: ", finding.why, indent));
        }
        if let Some(fix) = &finding.fix {
            lines.extend(self.labelled("fix: ", fix, indent));
        }
        lines.join("\n")
    }

    /// The last line.
    #[must_use]
    pub(crate) fn summary(&self, diagnosis: &Diagnosis) -> String {
        let count = |severity, one: &str, more: &str| {
            let number = diagnosis.count(severity);
            format!("{number} {}", if number == 1 { one } else { more })
        };
        let verdict = if diagnosis.is_sound() {
            self.palette.paint(Severity::Ok, "sound")
        } else {
            self.palette.paint(Severity::Failure, "broken")
        };
        format!(
            "\n{verdict}: {}, {}, {}, {}, {}",
            count(Severity::Failure, "failure", "failures"),
            count(Severity::Warning, "warning", "warnings"),
            count(Severity::Note, "note", "notes"),
            count(Severity::Ok, "ok", "ok"),
            count(Severity::Skipped, "skipped", "skipped"),
        )
    }

    fn beside(
        &self,
        label: &str,
        finding: &Finding,
        id_width: usize,
        indent: usize,
    ) -> Vec<String> {
        let mut texts = wrap(&finding.what, self.room(indent)).into_iter();
        let first = texts.next().unwrap_or_default();
        let first = format!("{label}  {:<id_width$}  {first}", finding.id);
        std::iter::once(first.trim_end().to_owned())
            .chain(texts.map(|text| indented(&text, indent)))
            .collect()
    }

    fn below(&self, label: &str, finding: &Finding) -> Vec<String> {
        let texts = wrap(&finding.what, self.room(INDENT));
        std::iter::once(format!("{label}  {}", finding.id))
            .chain(texts.iter().map(|text| indented(text, INDENT)))
            .collect()
    }

    fn labelled(&self, label: &str, text: &str, indent: usize) -> Vec<String> {
        let hanging = indent + label.len();
        let lines = wrap(text, self.room(hanging));
        let lines = lines.iter().enumerate().map(|(index, line)| match index {
            0 => indented(&format!("{label}{line}"), indent),
            _ => indented(line, hanging),
        });
        lines.collect()
    }

    fn room(&self, indent: usize) -> usize {
        self.width.saturating_sub(indent)
    }
}

fn indented(text: &str, indent: usize) -> String {
    format!("{:indent$}{text}", "")
}
