//! The findings as a table for people: a row for each, wrapped beside its columns, and a summary.

use auth_scalekit::diagnose::{CHECKS, Diagnosis, Finding, Severity};
use textwrap::{Options, WordSeparator, WordSplitter};

use crate::terminal::style;

/// The length of the longest severity.
const SEVERITY_WIDTH: usize = 7;
/// The text is beside the columns if at least this width is left for it, otherwise below them.
const TEXT_WIDTH: usize = 36;
const INDENT: usize = SEVERITY_WIDTH + 2;

/// How rows are written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Table {
    columns: usize,
    has_colors: bool,
}

impl Table {
    /// A table that is at most `columns` characters wide, except for longer words.
    pub(crate) fn new(columns: usize, has_colors: bool) -> Self {
        Self {
            columns,
            has_colors,
        }
    }

    /// The lines of one finding; reason and fix only for warnings and failures.
    pub(crate) fn row(&self, finding: &Finding) -> String {
        let severity = finding.severity;
        let label = format!("{:<SEVERITY_WIDTH$}", severity.as_str());
        let label = self.paint(severity, &label);
        let id = finding.id;
        let id_width = CHECKS.iter().map(|id| id.len()).max().unwrap_or_default();
        let beside = INDENT + id_width + 2;
        let (indent, mut row) = if self.columns >= beside + TEXT_WIDTH {
            let start = format!("{label}  {id:<id_width$}  ");
            (beside, self.wrap(&start, beside, &finding.what))
        } else {
            let text = self.wrap(&spaces(INDENT), INDENT, &finding.what);
            (INDENT, format!("{label}  {id}\n{text}"))
        };
        let mut add = |label: &str, text: &str| {
            let start = format!("{}{label}", spaces(indent));
            row.push('\n');
            row.push_str(&self.wrap(&start, start.len(), text));
        };
        if matches!(severity, Severity::Warning | Severity::Failure) {
            add("why: ", finding.why);
        }
        if let Some(fix) = &finding.fix {
            add("fix: ", fix);
        }
        row
    }

    /// The last line.
    pub(crate) fn summary(&self, diagnosis: &Diagnosis) -> String {
        let count = |severity, one: &str, more: &str| {
            let number = diagnosis.count(severity);
            format!("{number} {}", if number == 1 { one } else { more })
        };
        let verdict = if diagnosis.has_no_failures() {
            self.paint(Severity::Ok, "sound")
        } else {
            self.paint(Severity::Failure, "broken")
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

    /// `text` after `start`, its other lines indented. Words are never cut, so that a URL can be
    /// copied.
    fn wrap(&self, start: &str, indent: usize, text: &str) -> String {
        let indent = spaces(indent);
        let options = Options::new(self.columns)
            .break_words(false)
            .word_separator(WordSeparator::AsciiSpace)
            .word_splitter(WordSplitter::NoHyphenation)
            .initial_indent(start)
            .subsequent_indent(&indent);
        textwrap::fill(text, options)
    }

    fn paint(&self, severity: Severity, text: &str) -> String {
        let style = style(severity).force_styling(self.has_colors);
        style.apply_to(text).to_string()
    }
}

fn spaces(count: usize) -> String {
    " ".repeat(count)
}
