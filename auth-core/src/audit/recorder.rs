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
        // The level of the event itself first: where filters of tracing-subscriber are nested, a check of
        // another level that is disabled makes the next event disappear.
        !self.sinks.is_empty()
            || is_refusal
                && (tracing::enabled!(target: TARGET, Level::INFO)
                    || tracing::enabled!(target: TARGET, Level::WARN))
            || tracing::enabled!(target: TARGET, Level::DEBUG)
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
    fn a_refusal_is_logged_where_filters_are_nested() {
        use std::io::{self, Write};
        use std::sync::Mutex;
        use tracing_subscriber::filter::{LevelFilter, filter_fn};
        use tracing_subscriber::layer::{Layer, SubscriberExt};

        #[derive(Clone, Default)]
        struct Lines(Arc<Mutex<Vec<u8>>>);

        impl Write for Lines {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                self.0.lock().unwrap().write(bytes)
            }

            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }

        let lines = Lines::default();
        let writer = lines.clone();
        let layer = tracing_subscriber::fmt::layer()
            .with_writer(move || writer.clone())
            .with_filter(LevelFilter::INFO)
            .with_filter(filter_fn(|_| true));
        let subscriber = tracing_subscriber::registry().with(layer);
        let recorder = recorder(Vec::new());
        tracing::subscriber::with_default(subscriber, || {
            for event in [refused(), refused()] {
                assert!(recorder.wants(&event.decision, false));
                recorder.record(&event);
            }
        });
        let lines = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        assert_eq!(lines.matches("request refused").count(), 2, "{lines}");
    }

    #[test]
    fn debug_shows_the_number_of_sinks() {
        assert_eq!(
            format!("{:?}", recorder(vec![Arc::new(audit_fn(|_| {}))])),
            r#"Recorder { resource: "https://mcp.example/mcp", sinks: 1, .. }"#
        );
    }
}
