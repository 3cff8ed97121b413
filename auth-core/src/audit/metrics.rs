//! [`Metrics`]: events as counters and a histogram of the `metrics` facade (feature `metrics`).

use std::sync::Arc;

use metrics::SharedString;

use super::{AuditSink, AuthEvent};

/// Counts decisions, for whatever recorder the program installed.
///
/// | metric | labels | |
/// |---|---|---|
/// | `auth_decisions_total` | `resource`, `outcome`, `reason` | counter, one for each request |
/// | `auth_late_refusals_total` | `resource`, `outcome`, `reason` | counter, of requests that had been admitted |
/// | `auth_decision_seconds` | `resource`, `outcome` | histogram, without the inner service |
///
/// Labels are from closed sets: nothing that a caller sends makes a new series. `resource` is the
/// configured public URL of the protected resource.
#[derive(Debug, Clone, Copy, Default)]
pub struct Metrics;

impl AuditSink for Metrics {
    fn record(&self, event: &AuthEvent) {
        let outcome = event.outcome.as_str();
        let reason = event.outcome.reason().unwrap_or_default();
        let resource = || SharedString::from(Arc::clone(&event.resource));
        let name = if event.late {
            "auth_late_refusals_total"
        } else {
            "auth_decisions_total"
        };
        metrics::counter!(
            name, "resource" => resource(), "outcome" => outcome, "reason" => reason
        )
        .increment(1);
        if !event.late {
            metrics::histogram!(
                "auth_decision_seconds", "resource" => resource(), "outcome" => outcome
            )
            .record(event.latency.as_secs_f64());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::tests::{admitted, refused};
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
                "auth_decision_seconds resource=https://mcp.example/mcp outcome=admitted [0.0015]",
                "auth_decision_seconds resource=https://mcp.example/mcp outcome=invalid_token [0.0015, 0.0015]",
                "auth_decisions_total resource=https://mcp.example/mcp outcome=admitted reason= 1",
                "auth_decisions_total resource=https://mcp.example/mcp outcome=invalid_token reason=expired 2",
                "auth_late_refusals_total resource=https://mcp.example/mcp outcome=invalid_token reason=expired 1",
            ]
        );
    }
}
