//! [`Metrics`]: events as counters and a histogram of the `metrics` facade (feature `metrics`).

use super::{AuditSink, AuthEvent};

/// Counts decisions, for whatever recorder the program installed.
///
/// | metric | labels | |
/// |---|---|---|
/// | `auth_decisions_total` | `outcome`, `reason` | counter, one for each request |
/// | `auth_late_refusals_total` | `outcome`, `reason` | counter, of requests that had been admitted |
/// | `auth_decision_seconds` | `outcome` | histogram, without the inner service |
///
/// Labels are from closed sets: nothing that a caller sends makes a new series.
#[derive(Debug, Clone, Copy, Default)]
pub struct Metrics;

impl AuditSink for Metrics {
    fn record(&self, event: &AuthEvent) {
        let outcome = event.outcome.as_str();
        let reason = event.outcome.reason().map_or("", |reason| reason.as_str());
        if event.late {
            metrics::counter!("auth_late_refusals_total", "outcome" => outcome, "reason" => reason)
                .increment(1);
            return;
        }
        metrics::counter!("auth_decisions_total", "outcome" => outcome, "reason" => reason)
            .increment(1);
        metrics::histogram!("auth_decision_seconds", "outcome" => outcome)
            .record(event.latency.as_secs_f64());
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{admitted, refused};
    use super::*;
    use metrics_util::debugging::{DebugValue, DebuggingRecorder};

    #[test]
    fn decisions_are_counted_by_outcome_and_reason() {
        let recorder = DebuggingRecorder::new();
        metrics::with_local_recorder(&recorder, || {
            Metrics.record(&admitted());
            Metrics.record(&refused());
            Metrics.record(&refused());
            Metrics.record(&AuthEvent {
                late: true,
                ..refused()
            });
        });
        let mut seen: Vec<_> = recorder
            .snapshotter()
            .snapshot()
            .into_vec()
            .into_iter()
            .map(|(key, _, _, value)| {
                let labels = key.key().labels();
                let labels: Vec<_> = labels
                    .map(|label| format!("{}={}", label.key(), label.value()))
                    .collect();
                let value = match value {
                    DebugValue::Counter(count) => count.to_string(),
                    DebugValue::Histogram(values) => format!("{values:?}"),
                    DebugValue::Gauge(_) => "a gauge".into(),
                };
                format!("{} {} {value}", key.key().name(), labels.join(" "))
            })
            .collect();
        seen.sort();
        assert_eq!(
            seen,
            [
                "auth_decision_seconds outcome=admitted [0.0015]",
                "auth_decision_seconds outcome=invalid_token [0.0015, 0.0015]",
                "auth_decisions_total outcome=admitted reason= 1",
                "auth_decisions_total outcome=invalid_token reason=expired 2",
                "auth_late_refusals_total outcome=invalid_token reason=expired 1",
            ]
        );
    }
}
