//! The outcome of a probe.

/// The outcome of a probe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The server keeps the rule.
    Passed,
    /// The server breaks the rule: what was seen.
    Failed(String),
    /// The probe could not be made: why.
    Untestable(String),
    /// The server lacks the optional feature that the rule is about: which.
    NotApplicable(String),
}

impl Outcome {
    /// In one word, for reports.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed(_) => "failed",
            Self::Untestable(_) => "untestable",
            Self::NotApplicable(_) => "not-applicable",
        }
    }
}

/// Why a probe did not pass.
#[derive(Debug)]
pub(super) enum Problem {
    Failed(String),
    Untestable(String),
    NotApplicable(String),
}

pub(super) type CheckResult<T = ()> = Result<T, Problem>;

impl From<CheckResult> for Outcome {
    fn from(found: CheckResult) -> Self {
        match found {
            Ok(()) => Self::Passed,
            Err(Problem::Failed(seen)) => Self::Failed(seen),
            Err(Problem::Untestable(why)) => Self::Untestable(why),
            Err(Problem::NotApplicable(what)) => Self::NotApplicable(what),
        }
    }
}

/// The server breaks the rule.
pub(super) fn failed<T>(seen: impl Into<String>) -> CheckResult<T> {
    Err(Problem::Failed(seen.into()))
}

/// The probe could not be made.
pub(super) fn untestable<T>(why: impl Into<String>) -> CheckResult<T> {
    Err(Problem::Untestable(why.into()))
}

/// The server lacks the optional feature that the rule is about.
pub(super) fn not_applicable<T>(what: impl Into<String>) -> CheckResult<T> {
    Err(Problem::NotApplicable(what.into()))
}

/// Fails unless it holds.
pub(super) fn expect(holds: bool, seen: impl FnOnce() -> String) -> CheckResult {
    if holds { Ok(()) } else { failed(seen()) }
}
