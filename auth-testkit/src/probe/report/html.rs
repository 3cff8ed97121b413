//! The report as an HTML page.

use askama::Template;

use super::{ProbeResult, Report, Score};
use crate::probe::catalogue::Group;
use crate::probe::level::Level;

const STYLE: &str = include_str!("../../../templates/probe.css");

#[derive(Template)]
#[template(path = "probe.html")]
struct Html<'a> {
    style: &'a str,
    url: &'a str,
    protocol: &'a str,
    tools: Option<&'a str>,
    all: Score,
    levels: Vec<(Level, Score)>,
    groups: Vec<(Group, Score, Vec<&'a ProbeResult>)>,
}

impl Report {
    /// As a page of HTML without scripts.
    #[must_use]
    pub fn to_html(&self) -> String {
        let levels = Level::all().iter();
        let groups = self.groups().map(|group| {
            let score = self.score(|probe| probe.group() == group);
            (group, score, self.of_group(group).collect())
        });
        let html = Html {
            style: STYLE,
            url: &self.url,
            protocol: self.protocol,
            tools: self.tools.as_deref(),
            all: self.score(|_| true),
            levels: levels
                .map(|level| (*level, self.of_level(*level)))
                .collect(),
            groups: groups.collect(),
        };
        html.render().expect("a report is written to memory")
    }
}

impl Score {
    fn shown(&self) -> String {
        self.percent()
            .map_or("–".to_owned(), |percent| format!("{percent} %"))
    }

    /// Whether there is something to look at.
    fn is_open(&self) -> bool {
        self.failed > 0
    }
}
