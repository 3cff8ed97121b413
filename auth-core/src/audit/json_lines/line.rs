//! The lines of JSON.

use std::time::SystemTime;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::encode::{line, seconds};
use super::file::Removed;
use crate::audit::fields::{self, audit_fields};
use crate::audit::summary::Tally;
use crate::audit::{AuditCount, AuditSummary, AuthEvent, Omission};

/// What a sink receives.
#[derive(Debug, Clone, Copy)]
pub(super) enum Record<'a> {
    Event(&'a AuthEvent),
    Summary(&'a AuditSummary),
}

impl Record<'_> {
    /// When it happened.
    pub(super) fn at(self) -> SystemTime {
        match self {
            Self::Event(event) => event.decided_at(),
            Self::Summary(summary) => summary.until,
        }
    }

    /// Whether it has a verified caller, or a summary counts an event that has one.
    pub(super) fn is_verified(self) -> bool {
        match self {
            Self::Event(event) => event.is_verified(),
            Self::Summary(summary) => summary.verified() > 0,
        }
    }

    /// Counts it as omitted. A summary is added with the reasons that it has.
    pub(super) fn add_to(self, tally: &mut Tally, omission: Omission) {
        match self {
            Self::Event(event) => tally.add(event, omission),
            Self::Summary(summary) => tally.merge(summary.clone()),
        }
    }

    /// Its line; `None` only for an error of serde, which these types do not cause.
    pub(super) fn line(self) -> Option<Vec<u8>> {
        match self {
            Self::Event(event) => line(&EventLine(event)),
            Self::Summary(summary) => line(&SummaryLine::of(summary)),
        }
    }
}

impl Removed {
    /// Its line, with this time.
    pub(super) fn line(&self, at: SystemTime) -> Option<Vec<u8>> {
        line(&RemovedLine {
            time: seconds(at),
            record: "file_removed",
            file: &self.name,
            lines: self.lines,
        })
    }
}

/// An event with its [`fields`]; those without a value are left out.
struct EventLine<'a>(&'a AuthEvent);

macro_rules! serialize_fields {
    (($map:ident, $event:ident) $($name:literal => $field:ident,)*) => {
        $(
            if let Some(value) = fields::$field($event) {
                $map.serialize_entry($name, &value)?;
            }
        )*
    };
}

impl Serialize for EventLine<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let event = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("time", &seconds(event.at))?;
        audit_fields!(serialize_fields!(map, event));
        map.end()
    }
}

#[derive(Serialize)]
struct SummaryLine<'a> {
    time: f64,
    record: &'static str,
    since: f64,
    until: f64,
    verified: u64,
    unverified: u64,
    counts: Vec<CountLine<'a>>,
}

#[derive(Serialize)]
struct CountLine<'a> {
    omission: &'static str,
    verified: bool,
    #[serde(rename = "auth.resource")]
    resource: &'a str,
    #[serde(rename = "auth.decision")]
    decision: &'static str,
    #[serde(rename = "error.type", skip_serializing_if = "Option::is_none")]
    error_type: Option<&'static str>,
    count: u64,
}

impl<'a> SummaryLine<'a> {
    fn of(summary: &'a AuditSummary) -> Self {
        Self {
            time: seconds(summary.until),
            record: "summary",
            since: seconds(summary.since),
            until: seconds(summary.until),
            verified: summary.verified(),
            unverified: summary.unverified(),
            counts: summary.counts.iter().map(CountLine::of).collect(),
        }
    }
}

impl<'a> CountLine<'a> {
    fn of(count: &'a AuditCount) -> Self {
        Self {
            omission: count.omission.as_str(),
            verified: count.verified,
            resource: &count.resource,
            decision: count.decision,
            error_type: count.error_type,
            count: count.count,
        }
    }
}

#[derive(Serialize)]
struct RemovedLine<'a> {
    time: f64,
    record: &'static str,
    file: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    lines: Option<u64>,
}
