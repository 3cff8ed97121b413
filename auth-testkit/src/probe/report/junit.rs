//! The report as JUnit XML, which CI systems show.

use askama::Template;

use super::{ProbeResult, Report};
use crate::probe::catalogue::Group;
use crate::probe::outcome::Outcome;

#[derive(Template)]
#[template(path = "probe.xml", escape = "html")]
struct Xml<'a> {
    url: &'a str,
    suites: Vec<Suite<'a>>,
}

struct Suite<'a> {
    group: Group,
    results: Vec<&'a ProbeResult>,
    failures: usize,
    skipped: usize,
}

impl Report {
    /// As JUnit XML: a suite for each group; what could not be tested is skipped.
    #[must_use]
    pub fn to_junit(&self) -> String {
        let suites = self.groups().map(|group| {
            let score = self.score(|probe| probe.group() == group);
            Suite {
                group,
                results: self.of_group(group).collect(),
                failures: score.failed,
                skipped: score.untestable + score.not_applicable,
            }
        });
        let xml = Xml {
            url: &self.url,
            suites: suites.collect(),
        };
        xml.render().expect("a report is written to memory")
    }
}

impl ProbeResult {
    fn seconds(&self) -> String {
        format!("{:.3}", self.took.as_secs_f64())
    }

    /// XML 1.0 has no characters below the space but three.
    fn detail_in_xml(&self) -> String {
        let is_allowed = |c: &char| *c >= ' ' || matches!(c, '\t' | '\n' | '\r');
        self.detail().chars().filter(is_allowed).collect()
    }

    fn is_failed(&self) -> bool {
        matches!(self.outcome, Outcome::Failed(_))
    }

    fn is_skipped(&self) -> bool {
        matches!(
            self.outcome,
            Outcome::Untestable(_) | Outcome::NotApplicable(_)
        )
    }
}
