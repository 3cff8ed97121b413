//! The report for other programs.

use serde_json::{Value, json};

use super::{ProbeResult, Report, Score};
use crate::probe::level::Level;

impl Report {
    /// As JSON: `url`, `protocol`, `tools` (one line), `scores` by level and `all`, and `probes` with `name`, `group`,
    /// `level`, `rule`, `requirement`, `outcome` (`passed`, `failed`, `untestable` or
    /// `not-applicable`), `detail` and `millis`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut scores = json!({ "all": score(self.score(|_| true)) });
        for level in Level::all() {
            scores[level.name()] = score(self.of_level(*level));
        }
        json!({
            "url": self.url,
            "protocol": self.protocol,
            "tools": self.tools,
            "scores": scores,
            "probes": self.results.iter().map(result).collect::<Vec<Value>>(),
        })
    }
}

fn score(score: Score) -> Value {
    json!({
        "passed": score.passed,
        "failed": score.failed,
        "untestable": score.untestable,
        "not_applicable": score.not_applicable,
        "percent": score.percent(),
    })
}

fn result(result: &ProbeResult) -> Value {
    let probe = &result.probe;
    json!({
        "name": probe.name(),
        "group": probe.group().name(),
        "level": probe.level().name(),
        "rule": probe.rule(),
        "requirement": probe.requirement(),
        "outcome": result.outcome.name(),
        "detail": result.detail(),
        "millis": u64::try_from(result.took.as_millis()).unwrap_or(u64::MAX),
    })
}
