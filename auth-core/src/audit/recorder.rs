//! [`Recorder`]: where the events of one layer go.

use std::fmt;
use std::sync::Arc;

use tracing::Level;

use super::log::{Log, TARGET};
use super::{AuditSink, AuthEvent, Outcome};
use crate::public_url::PublicUrl;

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

    /// What the events of this layer are about.
    pub(crate) fn resource(&self) -> Arc<str> {
        Arc::clone(&self.resource)
    }

    /// Whether an event of this outcome has to be made at all.
    pub(crate) fn wants(&self, outcome: &Outcome) -> bool {
        let is_refusal = matches!(outcome, Outcome::Refused(_));
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
