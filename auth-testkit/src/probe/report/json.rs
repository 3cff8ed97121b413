//! The report for other programs.

use serde_json::{Value, json};

use super::{Report, Row, Score};
use crate::probe::level::Level;

impl Report {
    /// As JSON: `url`, `protocol`, `tools` (one line of text), `scores` by level and `all`, and `probes` with `name`, `group`,
    /// `level`, `rule`, `asks`, `outcome` (`passed`, `failed`, `untestable` or
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
            "probes": self.rows.iter().map(row).collect::<Vec<Value>>(),
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

fn row(row: &Row) -> Value {
    let probe = &row.probe;
    json!({
        "name": probe.name(),
        "group": probe.group().name(),
        "level": probe.level().name(),
        "rule": probe.rule(),
        "asks": probe.asks(),
        "outcome": row.outcome.name(),
        "detail": row.detail(),
        "millis": u64::try_from(row.took.as_millis()).unwrap_or(u64::MAX),
    })
}
