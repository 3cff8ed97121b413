//! [`Recorder`]: the log and the sinks of one layer.

use std::fmt;
use std::sync::Arc;

use tracing::Level;

use super::log::{Log, TARGET};
use super::{AuditSink, AuthDecision, AuthEvent};
use crate::provider::PublicUrl;

/// The log and the sinks of one layer.
pub(crate) struct Recorder {
    resource: Arc<str>,
    log: Log,
    sinks: Vec<Arc<dyn AuditSink>>,
}

impl Recorder {
    pub(crate) fn new(resource: &PublicUrl, sinks: Vec<Arc<dyn AuditSink>>) -> Self {
        let resource: Arc<str> = resource.as_str().into();
        Self {
            log: Log::new(Arc::clone(&resource)),
            resource,
            sinks,
        }
    }

    /// The resource that the events of this layer are about.
    pub(crate) fn resource(&self) -> Arc<str> {
        Arc::clone(&self.resource)
    }

    /// Whether an event of this decision is needed at all.
    pub(crate) fn wants(&self, decision: &AuthDecision, is_dry_run_refusal: bool) -> bool {
        let is_refusal = is_dry_run_refusal || matches!(decision, AuthDecision::Refused(_));
        !self.sinks.is_empty()
            || tracing::enabled!(target: TARGET, Level::DEBUG)
            || is_refusal
                && (tracing::enabled!(target: TARGET, Level::INFO)
                    || tracing::enabled!(target: TARGET, Level::WARN))
    }

    pub(crate) fn record(&self, event: &AuthEvent) {
        self.log.record(event);
        for sink in &self.sinks {
            sink.record(event);
        }
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder")
            .field("resource", &self.resource)
            .field("sinks", &self.sinks.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::audit_fn;
    use crate::audit::tests::{admitted, refused};

    fn recorder(sinks: Vec<Arc<dyn AuditSink>>) -> Recorder {
        let resource = PublicUrl::parse("https://mcp.example/mcp").unwrap();
        Recorder::new(&resource, sinks)
    }

    #[test]
    fn an_event_is_built_only_if_a_sink_or_the_log_wants_it() {
        let without = || recorder(Vec::new());
        // Registers the call site before there is a subscriber: another thread could do so in
        // between.
        without().wants(&refused().decision, false);
        let with = || recorder(vec![Arc::new(audit_fn(|_| {}))]);
        for (level, recorder, of_admitted, of_refused) in [
            (Level::ERROR, without(), false, false),
            // An outage is a warning.
            (Level::WARN, without(), false, true),
            (Level::INFO, without(), false, true),
            (Level::DEBUG, without(), true, true),
            (Level::ERROR, with(), true, true),
        ] {
            let subscriber = tracing_subscriber::fmt().with_max_level(level).finish();
            let wanted = tracing::subscriber::with_default(subscriber, || {
                [admitted(), refused()].map(|event| recorder.wants(&event.decision, false))
            });
            assert_eq!(wanted, [of_admitted, of_refused], "{level} {recorder:?}");
        }
    }

    #[test]
    fn debug_shows_the_number_of_sinks() {
        assert_eq!(
            format!("{:?}", recorder(vec![Arc::new(audit_fn(|_| {}))])),
            r#"Recorder { resource: "https://mcp.example/mcp", sinks: 1, .. }"#
        );
    }
}
