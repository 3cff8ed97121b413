//! [`AuditSummary`]: how many events were omitted, by kind and by cause.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use super::AuthEvent;

/// The number of events that were omitted in a period.
///
/// Each omitted event is counted in one summary, so counts of several summaries can be added.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AuditSummary {
    /// When the first of them happened.
    pub since: SystemTime,
    /// When the last of them happened.
    pub until: SystemTime,
    /// The number of each kind. The kinds are a closed set of labels: no request can create a new
    /// one.
    pub counts: Vec<AuditCount>,
}

/// How many events of one kind were omitted.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AuditCount {
    /// Why they were omitted.
    pub omission: Omission,
    /// Whether they have a verified caller ([`AuthEvent::is_verified`]).
    pub verified: bool,
    /// The public URL of the protected resource.
    pub resource: Arc<str>,
    /// The label of the decision ([`AuthDecision::as_str`](crate::audit::AuthDecision::as_str)).
    pub decision: &'static str,
    /// Their `error.type` ([`AuthDecision::error_type`](crate::audit::AuthDecision::error_type)).
    pub error_type: Option<&'static str>,
    /// How many there were.
    pub count: u64,
}

/// Why an event was omitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Omission {
    /// There were many like it without a verified caller ([`Sampled`](crate::audit::Sampled)).
    Sampled,
    /// The queue before the sink was full ([`Queued`](crate::audit::Queued)).
    QueueFull,
    /// The sink panicked ([`Queued`](crate::audit::Queued)).
    SinkPanicked,
    /// The part of the file for events without a verified caller is full
    /// ([`JsonLines`](crate::audit::JsonLines)).
    FileShare,
    /// The file could not be written ([`JsonLines`](crate::audit::JsonLines)).
    WriteFailed,
}

impl Omission {
    /// A short, stable label.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sampled => "sampled",
            Self::QueueFull => "queue_full",
            Self::SinkPanicked => "sink_panicked",
            Self::FileShare => "file_share",
            Self::WriteFailed => "write_failed",
        }
    }
}

impl AuditSummary {
    /// How many events with a verified caller were omitted.
    #[must_use]
    pub fn verified(&self) -> u64 {
        self.count(|count| count.verified)
    }

    /// How many events without a verified caller were omitted.
    #[must_use]
    pub fn unverified(&self) -> u64 {
        self.count(|count| !count.verified)
    }

    fn count(&self, which: impl Fn(&AuditCount) -> bool) -> u64 {
        let counts = self.counts.iter().filter(|count| which(count));
        counts.fold(0, |sum, count| sum.saturating_add(count.count))
    }

    fn add(&mut self, added: AuditCount) {
        let known = self.counts.iter_mut().find(|count| count.is_like(&added));
        match known {
            Some(known) => known.count = known.count.saturating_add(added.count),
            None => self.counts.push(added),
        }
    }
}

impl AuditCount {
    fn of(event: &AuthEvent, omission: Omission) -> Self {
        Self {
            omission,
            verified: event.is_verified(),
            resource: Arc::clone(&event.resource),
            decision: event.decision.as_str(),
            error_type: event.decision.error_type(),
            count: 1,
        }
    }

    /// Whether the event is of this kind.
    fn is_of(&self, event: &AuthEvent, omission: Omission) -> bool {
        self.omission == omission
            && self.verified == event.is_verified()
            && self.decision == event.decision.as_str()
            && self.error_type == event.decision.error_type()
            && self.resource == event.resource
    }

    /// Whether both are of one kind.
    fn is_like(&self, other: &Self) -> bool {
        self.omission == other.omission
            && self.verified == other.verified
            && self.resource == other.resource
            && self.decision == other.decision
            && self.error_type == other.error_type
    }
}

/// The kinds and their counts in one line, without the resource: `no_credentials: 12, invalid_token
/// expired: 1`.
impl fmt::Display for AuditSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, count) in self.counts.iter().enumerate() {
            let separator = if at > 0 { ", " } else { "" };
            write!(f, "{separator}{}", count.decision)?;
            if let Some(error) = count.error_type.filter(|error| *error != count.decision) {
                write!(f, " {error}")?;
            }
            write!(f, ": {}", count.count)?;
        }
        Ok(())
    }
}

/// Counts omitted events until the summary is taken.
#[derive(Debug, Default)]
pub(super) struct Tally(Option<AuditSummary>);

impl Tally {
    /// Counts one event.
    pub(super) fn add(&mut self, event: &AuthEvent, omission: Omission) {
        let at = event.decided_at();
        let sum = self.0.get_or_insert_with(|| AuditSummary {
            since: at,
            until: at,
            counts: Vec::new(),
        });
        sum.since = sum.since.min(at);
        sum.until = sum.until.max(at);
        // A flood has few kinds, so the kind is usually known and nothing is allocated.
        let known = { sum.counts.iter_mut() }.find(|count| count.is_of(event, omission));
        match known {
            Some(known) => known.count = known.count.saturating_add(1),
            None => sum.counts.push(AuditCount::of(event, omission)),
        }
    }

    /// Adds a summary.
    pub(super) fn merge(&mut self, more: AuditSummary) {
        let Some(sum) = &mut self.0 else {
            self.0 = Some(more);
            return;
        };
        sum.since = sum.since.min(more.since);
        sum.until = sum.until.max(more.until);
        for count in more.counts {
            sum.add(count);
        }
    }

    pub(super) fn sum(&self) -> Option<&AuditSummary> {
        self.0.as_ref()
    }

    /// Takes the summary.
    pub(super) fn take(&mut self) -> Option<AuditSummary> {
        self.0.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::tests::{admitted, later, refused};

    #[test]
    fn kinds_are_counted_separately_and_times_span_all() {
        let mut tally = Tally::default();
        assert_eq!(tally.take(), None);
        let (earlier, at) = (refused(), refused().decided_at());
        tally.add(&later(refused(), 5), Omission::Sampled);
        tally.add(&earlier, Omission::Sampled);
        tally.add(&later(refused(), 3), Omission::QueueFull);
        tally.add(&admitted(), Omission::QueueFull);
        let mut other = Tally::default();
        other.add(&later(refused(), 9), Omission::Sampled);
        tally.merge(other.take().unwrap());
        let sum = tally.take().unwrap();
        assert_eq!((sum.verified(), sum.unverified()), (1, 4));
        assert_eq!(sum.since, at);
        assert_eq!(sum.until, later(refused(), 9).decided_at());
        let counts: Vec<_> = sum
            .counts
            .iter()
            .map(|count| (count.omission.as_str(), count.verified, count.count))
            .collect();
        assert_eq!(
            counts,
            [
                ("sampled", false, 3),
                ("queue_full", false, 1),
                ("queue_full", true, 1)
            ]
        );
        assert_eq!(
            sum.to_string(),
            "invalid_token expired: 3, invalid_token expired: 1, admitted: 1"
        );
        assert_eq!(tally.take(), None);
    }

    #[test]
    fn resources_are_counted_apart() {
        let mut tally = Tally::default();
        let mut other = refused();
        other.resource = "https://other.example/mcp".into();
        for event in [refused(), other.clone(), other] {
            tally.add(&event, Omission::Sampled);
        }
        let sum = tally.take().unwrap();
        let counts: Vec<_> = sum.counts.iter().map(|count| count.count).collect();
        assert_eq!(counts, [1, 2]);
    }

    #[test]
    fn counts_of_one_kind_add_up_over_summaries() {
        let one = || AuditCount::of(&refused(), Omission::Sampled);
        for (difference, other, expected) in [
            ("none", one(), &[2][..]),
            (
                "omission",
                AuditCount {
                    omission: Omission::QueueFull,
                    ..one()
                },
                &[1, 1],
            ),
            (
                "verified",
                AuditCount {
                    verified: true,
                    ..one()
                },
                &[1, 1],
            ),
            (
                "resource",
                AuditCount {
                    resource: "https://other.example/mcp".into(),
                    ..one()
                },
                &[1, 1],
            ),
            (
                "decision",
                AuditCount {
                    decision: "insufficient_scope",
                    ..one()
                },
                &[1, 1],
            ),
            (
                "reason",
                AuditCount {
                    error_type: Some("not_yet_valid"),
                    ..one()
                },
                &[1, 1],
            ),
        ] {
            let mut tally = Tally::default();
            for count in [one(), other] {
                tally.merge(AuditSummary {
                    since: refused().decided_at(),
                    until: refused().decided_at(),
                    counts: vec![count],
                });
            }
            let sum = tally.take().unwrap();
            let counts: Vec<_> = sum.counts.iter().map(|count| count.count).collect();
            assert_eq!(counts, expected, "another {difference}");
        }
    }
}
