//! [`Metrics`]: events as counters and a histogram of the `metrics` facade (feature `metrics`).

use std::sync::Arc;

use metrics::{Label, SharedString};

use super::{AuditSink, AuthEvent};

/// Counts decisions, with the recorder that the program has installed.
///
/// | metric | labels | |
/// |---|---|---|
/// | `auth.decisions` | `auth.resource`, `auth.decision`, `error.type` | counter, one for each request |
/// | `auth.late_refusals` | `auth.resource`, `auth.decision`, `error.type` | counter, of requests that had been admitted |
/// | `auth.decision.duration` | `auth.resource`, `auth.decision` | histogram in seconds, without the inner service |
///
/// Labels are from closed sets: no request can create a new time series. `auth.resource` is the
/// configured public URL of the MCP server.
#[derive(Debug, Clone, Copy, Default)]
pub struct Metrics;

impl AuditSink for Metrics {
    fn record(&self, event: &AuthEvent) {
        let resource = SharedString::from(Arc::clone(&event.resource));
        let mut labels = vec![
            Label::new("auth.resource", resource),
            Label::from_static_parts("auth.decision", event.decision.as_str()),
        ];
        if !event.late {
            metrics::histogram!("auth.decision.duration", labels.clone())
                .record(event.latency.as_secs_f64());
        }
        if let Some(error) = event.decision.error_type() {
            labels.push(Label::from_static_parts("error.type", error));
        }
        let name = if event.late {
            "auth.late_refusals"
        } else {
            "auth.decisions"
        };
        metrics::counter!(name, labels).increment(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::tests::{admitted, refused};
    use metrics_util::debugging::{DebugValue, DebuggingRecorder};

    #[test]
    fn decisions_are_counted_by_decision_and_error_type() {
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
                "auth.decision.duration auth.resource=https://mcp.example/mcp auth.decision=admitted [0.0015]",
                "auth.decision.duration auth.resource=https://mcp.example/mcp auth.decision=invalid_token [0.0015, 0.0015]",
                "auth.decisions auth.resource=https://mcp.example/mcp auth.decision=admitted 1",
                "auth.decisions auth.resource=https://mcp.example/mcp auth.decision=invalid_token error.type=expired 2",
                "auth.late_refusals auth.resource=https://mcp.example/mcp auth.decision=invalid_token error.type=expired 1",
            ]
        );
    }
}
