//! [`Collector`]: gathers the findings and passes each on as soon as it is known.

#[cfg(feature = "management")]
use super::check::Check;
#[cfg(feature = "management")]
use super::finding::Severity;
use super::finding::{Diagnosis, Finding};

/// The findings so far, and the callback for each.
pub(crate) struct Collector<F> {
    diagnosis: Diagnosis,
    on_finding: F,
}

impl<F: FnMut(&Finding) + Send> Collector<F> {
    pub(crate) fn new(on_finding: F) -> Self {
        Self {
            diagnosis: Diagnosis::default(),
            on_finding,
        }
    }

    pub(crate) fn add(&mut self, finding: Finding) {
        (self.on_finding)(&finding);
        self.diagnosis.push(finding);
    }

    pub(crate) fn all(&mut self, findings: impl IntoIterator<Item = Finding>) {
        findings.into_iter().for_each(|finding| self.add(finding));
    }

    /// Whether a finding of this check is as it should be.
    #[cfg(feature = "management")]
    pub(crate) fn has_passed(&self, check: Check) -> bool {
        let mut findings = self.diagnosis.findings().iter();
        findings.any(|finding| check.is_of(finding) && finding.severity == Severity::Ok)
    }

    pub(crate) fn end(self) -> Diagnosis {
        self.diagnosis
    }
}
