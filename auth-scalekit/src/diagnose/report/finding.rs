//! The result of a diagnosis: [`Finding`]s, each of one check.

use serde::Serialize;

/// The severity of a [`Finding`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// As it should be.
    Ok,
    /// Worth knowing; usually nothing needs to change.
    Note,
    /// Some clients cannot log in or call.
    Warning,
    /// Logins or requests fail.
    Failure,
    /// Not checked, since a check that it depends on failed or nothing was given.
    Skipped,
}

impl Severity {
    /// All severities, in the order of the variants.
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

/// The result of one check. Its strings never contain a token or an authorization code; values from
/// replies and from token claims are quoted, escaped and truncated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// The check, one of [`CHECKS`](super::CHECKS): `metadata-issuer`. Ids are stable.
    pub id: &'static str,
    /// The severity.
    pub severity: Severity,
    /// A stable identifier of the problem, such as `refused` or `wrong_audience`. Only with a
    /// warning, a failure or a skipped check.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<&'static str>,
    /// What was found, in one sentence without a full stop.
    pub what: String,
    /// Why it matters.
    pub why: &'static str,
    /// What to change, if anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<String>,
}

/// All findings, in the order in which the checks ran.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Diagnosis {
    findings: Vec<Finding>,
}

impl Diagnosis {
    /// The findings, in the order in which the checks ran.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The number of findings with this severity.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        let same = |finding: &&Finding| finding.severity == severity;
        self.findings.iter().filter(same).count()
    }

    /// Whether no finding is a [`Severity::Failure`].
    #[must_use]
    pub fn has_no_failures(&self) -> bool {
        self.count(Severity::Failure) == 0
    }

    pub(crate) fn push(&mut self, finding: Finding) {
        self.findings.push(finding);
    }
}
