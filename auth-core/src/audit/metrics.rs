//! [`Metrics`]: events as counters and a histogram of the `metrics` facade (feature `metrics`).

use super::{AuditSink, AuthEvent};

/// Counts decisions, for whatever recorder the program installed.
///
/// | metric | labels | |
/// |---|---|---|
/// | `auth_decisions_total` | `outcome`, `reason` | counter |
/// | `auth_decision_seconds` | `outcome` | histogram, without the inner service |
///
/// Labels are from closed sets: nothing that a caller sends makes a new series.
#[derive(Debug, Clone, Copy, Default)]
pub struct Metrics;

impl AuditSink for Metrics {
    fn record(&self, event: &AuthEvent) {
        let outcome = event.outcome.as_str();
        let reason = event.outcome.reason().map_or("", |reason| reason.as_str());
        metrics::counter!("auth_decisions_total", "outcome" => outcome, "reason" => reason)
            .increment(1);
        metrics::histogram!("auth_decision_seconds", "outcome" => outcome)
            .record(event.latency.as_secs_f64());
    }
}
