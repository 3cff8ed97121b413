//! What a diagnosis says: [`Finding`]s, each of one check.

use serde::Serialize;

/// How much a [`Finding`] matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// As it should be.
    Ok,
    /// Worth knowing, and nothing to change for most.
    Note,
    /// Some callers will have trouble.
    Warning,
    /// Logins or requests fail.
    Failure,
    /// Not checked, since something that it depends on is missing.
    Skipped,
}

impl Severity {
    /// All of them, the best first.
    pub const ALL: [Self; 5] = [
        Self::Ok,
        Self::Note,
        Self::Warning,
        Self::Failure,
        Self::Skipped,
    ];

    /// `ok`, `note`, `warning`, `failure` or `skipped`, as in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Failure => "failure",
            Self::Skipped => "skipped",
        }
    }
}

/// What came of one check. No text of it holds a token or the code of a redirect; what comes from an
/// answer or from a token's claims is quoted, escaped and cut to a bounded length.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// The check, one of [`CHECKS`](super::CHECKS): `metadata-issuer`. It does not change.
    pub id: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// Which of the troubles that the check knows, in one word that does not change: `refused`,
    /// `wrong_audience`. Only with a warning, a failure or a skipped check.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trouble: Option<&'static str>,
    /// What was found, in one sentence without a full stop.
    pub what: String,
    /// Why it matters.
    pub why: &'static str,
    /// What to change. Absent when there is nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<String>,
}

/// All findings, in the order of the checks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Diagnosis {
    findings: Vec<Finding>,
}

impl Diagnosis {
    /// The findings, in the order in which they were made.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// How many findings are of this severity.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        let same = |finding: &&Finding| finding.severity == severity;
        self.findings.iter().filter(same).count()
    }

    /// Whether nothing fails. Warnings and skipped checks are no failures.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.count(Severity::Failure) == 0
    }

    pub(crate) fn push(&mut self, finding: Finding) {
        self.findings.push(finding);
    }
}
