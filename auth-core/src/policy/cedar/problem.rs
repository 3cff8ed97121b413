//! Errors of Cedar, each with its place in the file.

use std::fmt::Write;

use miette::{Diagnostic, LabeledSpan};

use crate::support::reload::FileProblem;

/// The error in one line: what is wrong, and what to change if Cedar knows it.
pub(super) fn problem(text: &str, error: &dyn Diagnostic) -> FileProblem {
    let label = error.labels().and_then(|mut labels| labels.next());
    let mut line = error.to_string();
    // Writing to a `String` does not fail.
    if let Some(label) = label.as_ref().and_then(LabeledSpan::label) {
        let _ = write!(line, ": {label}");
    }
    if let Some(help) = error.help() {
        let _ = write!(line, ": {help}");
    }
    let line = line.replace('\n', " ");
    match label {
        Some(label) => FileProblem::at(text, label.offset(), line),
        None => FileProblem::new(line),
    }
}
