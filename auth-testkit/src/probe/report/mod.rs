//! The report of a run: the outcome of each probe, and the scores.

mod html;
mod json;
mod junit;
mod text;

use std::time::Duration;

use super::catalogue::{Group, Probe};
use super::level::Level;
use super::outcome::Outcome;

/// The outcome of one probe.
#[derive(Debug, Clone)]
pub struct ProbeResult {
    probe: Probe,
    outcome: Outcome,
    took: Duration,
}

impl ProbeResult {
    pub(super) fn new(probe: Probe, outcome: Outcome, took: Duration) -> Self {
        Self {
            probe,
            outcome,
            took,
        }
    }

    /// The probe.
    #[must_use]
    pub fn probe(&self) -> &Probe {
        &self.probe
    }

    /// Its outcome.
    #[must_use]
    pub fn outcome(&self) -> &Outcome {
        &self.outcome
    }

    /// What was seen, or why nothing could be; empty when it passed.
    fn detail(&self) -> &str {
        match &self.outcome {
            Outcome::Passed => "",
            Outcome::Failed(detail)
            | Outcome::Untestable(detail)
            | Outcome::NotApplicable(detail) => detail,
        }
    }
}

/// The number of probes with each outcome.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Score {
    /// The server keeps the rule.
    pub passed: usize,
    /// The server breaks the rule.
    pub failed: usize,
    /// The probe could not be made.
    pub untestable: usize,
    /// The server lacks the optional feature.
    pub not_applicable: usize,
}

impl Score {
    /// The share of the passed among the passed and failed, in percent; rounded down, so that 100 means all.
    /// None when no probe passed or failed.
    #[must_use]
    pub fn percent(&self) -> Option<usize> {
        (self.passed * 100).checked_div(self.passed + self.failed)
    }

    fn add(&mut self, outcome: &Outcome) {
        match outcome {
            Outcome::Passed => self.passed += 1,
            Outcome::Failed(_) => self.failed += 1,
            Outcome::Untestable(_) => self.untestable += 1,
            Outcome::NotApplicable(_) => self.not_applicable += 1,
        }
    }
}

/// The outcome of each probe; displays as a table.
#[derive(Debug, Clone)]
pub struct Report {
    url: String,
    protocol: &'static str,
    /// Which tools were called.
    tools: Option<String>,
    results: Vec<ProbeResult>,
}

impl Report {
    pub(super) fn new(url: &str, protocol: &'static str) -> Self {
        Self {
            url: url.to_owned(),
            protocol,
            tools: None,
            results: Vec::new(),
        }
    }

    pub(super) fn uses(&mut self, tools: Option<String>) {
        self.tools = tools;
    }

    pub(super) fn add(&mut self, result: ProbeResult) {
        self.results.push(result);
    }

    /// Each probe and its outcome, in order.
    #[must_use]
    pub fn results(&self) -> &[ProbeResult] {
        &self.results
    }

    /// Whether no probe failed, and at least one passed.
    #[must_use]
    pub fn passed(&self) -> bool {
        let score = self.score(|_| true);
        score.failed == 0 && score.passed > 0
    }

    /// The score of the probes that are counted.
    pub fn score(&self, counts: impl Fn(&Probe) -> bool) -> Score {
        let mut score = Score::default();
        for result in self.results.iter().filter(|result| counts(&result.probe)) {
            score.add(&result.outcome);
        }
        score
    }

    fn of_level(&self, level: Level) -> Score {
        self.score(|probe| probe.level() == level)
    }

    fn of_group(&self, group: Group) -> impl Iterator<Item = &ProbeResult> {
        let results = self.results.iter();
        results.filter(move |result| result.probe.group() == group)
    }

    /// The groups with at least one result.
    fn groups(&self) -> impl Iterator<Item = Group> {
        let groups = Group::all().iter().copied();
        groups.filter(|group| self.of_group(*group).next().is_some())
    }
}
