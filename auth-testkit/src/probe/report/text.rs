//! The report for a terminal.

use std::fmt;

use super::{ProbeResult, Report};
use crate::probe::level::Level;
use crate::probe::outcome::Outcome;

/// One line for each probe that did not pass, then the scores.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} over MCP {}", self.url, self.protocol)?;
        if let Some(tools) = &self.tools {
            writeln!(f, "tools: {tools}")?;
        }
        writeln!(f)?;
        let not_passed = |result: &&ProbeResult| result.outcome != Outcome::Passed;
        for result in self.results.iter().filter(not_passed) {
            writeln!(f, "{result}")?;
        }
        if self.results.iter().any(|result| not_passed(&result)) {
            writeln!(f)?;
        }
        writeln!(
            f,
            "{:<12} {:>6} {:>6} {:>10} {:>14}",
            "", "passed", "failed", "untestable", "not applicable"
        )?;
        for group in self.groups() {
            let score = self.score(|probe| probe.group() == group);
            line(f, group.name(), score)?;
        }
        writeln!(f)?;
        for level in Level::all() {
            line(f, level.name(), self.of_level(*level))?;
        }
        line(f, "all", self.score(|_| true))
    }
}

fn line(f: &mut fmt::Formatter<'_>, name: &str, score: super::Score) -> fmt::Result {
    let super::Score {
        passed,
        failed,
        untestable,
        not_applicable,
    } = score;
    let percent = score
        .percent()
        .map_or("-".to_owned(), |percent| format!("{percent} %"));
    writeln!(
        f,
        "{name:<12} {passed:>6} {failed:>6} {untestable:>10} {not_applicable:>14} {percent:>7}"
    )
}

impl fmt::Display for ProbeResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self.outcome {
            Outcome::Passed => "pass",
            Outcome::Failed(_) => "FAIL",
            Outcome::Untestable(_) => "????",
            Outcome::NotApplicable(_) => "none",
        };
        let probe = &self.probe;
        write!(f, "{word}  {}/{}", probe.group(), probe.name())?;
        if self.outcome == Outcome::Passed {
            return Ok(());
        }
        write!(f, ": {}", self.detail())?;
        if matches!(self.outcome, Outcome::Failed(_)) {
            write!(
                f,
                "\n      {}: {} ({})",
                probe.level(),
                probe.requirement(),
                probe.rule()
            )?;
        }
        Ok(())
    }
}
