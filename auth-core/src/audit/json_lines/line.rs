//! What is written, as lines of JSON.

use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;

use super::file::Removed;
use crate::audit::summary::Tally;
use crate::audit::{AuditCount, AuditSummary, AuthEvent, Omission};

/// What a sink is given.
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

    /// Whether a verified caller stands behind it, or behind one of what it counts.
    pub(super) fn is_verified(self) -> bool {
        match self {
            Self::Event(event) => event.is_verified(),
            Self::Summary(summary) => summary.verified() > 0,
        }
    }

    /// Counts it, because it is not written. What was left out before stays what it was.
    pub(super) fn add_to(self, tally: &mut Tally, omission: Omission) {
        match self {
            Self::Event(event) => tally.add(event, omission),
            Self::Summary(summary) => tally.merge(summary.clone()),
        }
    }

    /// It as a line; `None` is what serde has for an error that these types do not have.
    pub(super) fn line(self) -> Option<Vec<u8>> {
        match self {
            Self::Event(event) => line(&EventLine::of(event)),
            Self::Summary(summary) => line(&SummaryLine::of(summary)),
        }
    }
}

impl Removed {
    /// It as a line of that time.
    pub(super) fn line(&self, at: SystemTime) -> Option<Vec<u8>> {
        line(&RemovedLine {
            time: seconds(at),
            record: "file_removed",
            file: &self.name,
            lines: self.lines,
        })
    }
}

fn line(value: &impl Serialize) -> Option<Vec<u8>> {
    let mut line = serde_json::to_vec(value).ok()?;
    line.push(b'\n');
    Some(line)
}

#[derive(Serialize)]
struct EventLine<'a> {
    time: f64,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    resource: &'a str,
    method: &'a str,
    path: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rejected: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    issuer: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    organization: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    operations: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_id_hash: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
    latency_us: u128,
    #[serde(skip_serializing_if = "Option::is_none")]
    late: Option<bool>,
}

impl<'a> EventLine<'a> {
    fn of(event: &'a AuthEvent) -> Self {
        let token = event.token.as_ref();
        Self {
            time: seconds(event.at),
            outcome: event.outcome.as_str(),
            reason: event.outcome.reason(),
            resource: &event.resource,
            method: event.method.as_str(),
            path: event.path.as_str(),
            rejected: event.outcome.rejected().map(|rejected| rejected.as_str()),
            issuer: token.map(|token| token.issuer()),
            subject: token.map(|token| token.subject()),
            client_id: token.and_then(|token| token.client_id()),
            organization: token.and_then(|token| token.organization()),
            operations: event.operations.iter().map(ToString::to_string).collect(),
            token_id_hash: event.token_id_hash(),
            request_id: event.request_id.as_deref(),
            latency_us: event.latency.as_micros(),
            late: event.late.then_some(true),
        }
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
    resource: &'a str,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
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
            outcome: count.outcome,
            reason: count.reason,
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

fn seconds(at: SystemTime) -> f64 {
    at.duration_since(UNIX_EPOCH)
        .map_or(0.0, |since| since.as_secs_f64())
}
