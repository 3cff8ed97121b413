//! The findings as they come.

use super::finding::{Diagnosis, Finding};

/// The findings so far, and who is told of them.
pub(crate) struct Report<F> {
    diagnosis: Diagnosis,
    tell: F,
}

impl<F: FnMut(&Finding) + Send> Report<F> {
    pub(crate) fn new(tell: F) -> Self {
        Self {
            diagnosis: Diagnosis::default(),
            tell,
        }
    }

    pub(crate) fn add(&mut self, finding: Finding) {
        (self.tell)(&finding);
        self.diagnosis.push(finding);
    }

    pub(crate) fn all(&mut self, findings: impl IntoIterator<Item = Finding>) {
        findings.into_iter().for_each(|finding| self.add(finding));
    }

    pub(crate) fn end(self) -> Diagnosis {
        self.diagnosis
    }
}
