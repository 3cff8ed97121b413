//! Events as `tracing` reports them.
//!
//! Target `auth`; fields `outcome`, `reason`, `resource`, `method`, `path`, `error`, `subject`,
//! `client_id`, `organization`, `operation`, `request_id`, `latency_us`, and `late` where the
//! request had been admitted before. Admitted requests at `DEBUG`, refusals at `INFO`, what the
//! server's owner should know of (an outage, a refusal of a well-meant request) at `WARN`.
//!
//! Refusals without a verified caller can be caused by anybody, as often as they like: the first
//! 20 a minute and the first of each kind are logged as said, the others at `DEBUG`. One line at
//! `INFO` says that this begins, and one how many there were.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use tracing::field::Empty;

use super::sampler::{DEFAULT_LIMIT, Passed, Sampler};
use super::{AuditSummary, AuthEvent, Outcome};
use crate::error::ErrorChain;
use crate::verifier::UnavailableReason;
use crate::wire::Refusal;

/// The target that filters go by.
pub(super) const TARGET: &str = "auth";

/// The log of one layer.
#[derive(Debug)]
pub(super) struct Log {
    resource: Arc<str>,
    sampler: Mutex<Sampler>,
}

impl Log {
    pub(super) fn new(resource: Arc<str>) -> Self {
        Self {
            resource,
            sampler: Mutex::new(Sampler::new(DEFAULT_LIMIT)),
        }
    }

    pub(super) fn record(&self, event: &AuthEvent) {
        let Outcome::Refused(refusal) = &event.outcome else {
            return admitted(event);
        };
        let (ended, passed) = {
            let mut sampler = self.sampler.lock().unwrap_or_else(PoisonError::into_inner);
            sampler.sample(event)
        };
        if let Some(ended) = ended {
            self.summarize(&ended);
        }
        if passed == Passed::CountedFirst {
            tracing::info!(
                target: TARGET,
                resource = &*self.resource,
                "many refusals without a verified caller: further ones of this minute are counted"
            );
        }
        refused(event, refusal, passed == Passed::InFull);
    }

    fn summarize(&self, summary: &AuditSummary) {
        tracing::info!(
            target: TARGET,
            resource = &*self.resource,
            count = summary.unverified(),
            since = seconds(summary.since),
            until = seconds(summary.until),
            kinds = %summary,
            "refusals without a verified caller were counted"
        );
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        let sampler = self
            .sampler
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(ended) = sampler.finish() {
            self.summarize(&ended);
        }
    }
}

/// One set of fields for all levels, which must be constants.
macro_rules! event {
    ($level:ident, $message:literal, $event:expr, $error:expr) => {{
        let event: &AuthEvent = $event;
        let token = event.token.as_ref();
        tracing::$level!(
            target: TARGET,
            outcome = event.outcome.as_str(),
            reason = event.outcome.reason(),
            resource = &*event.resource,
            method = event.method.as_str(),
            path = event.path.as_str(),
            error = $error,
            subject = token.map(|token| token.subject()),
            client_id = token.and_then(|token| token.client_id()),
            organization = token.and_then(|token| token.organization()),
            operation = operations(event),
            request_id = event.request_id.as_deref(),
            latency_us = u64::try_from(event.latency.as_micros()).unwrap_or(u64::MAX),
            late = event.late.then_some(true),
            $message
        );
    }};
}

fn admitted(event: &AuthEvent) {
    event!(debug, "request admitted", event, Empty);
}

fn refused(event: &AuthEvent, refusal: &Refusal, in_full: bool) {
    let error = match refusal {
        Refusal::InvalidToken(invalid) => ErrorChain(invalid),
        Refusal::Unavailable(unavailable) => ErrorChain(unavailable),
        refusal => ErrorChain(refusal),
    };
    match refusal {
        _ if !in_full => event!(debug, "request refused", event, display(error)),
        // Anybody can name a key that does not exist, so that one is no warning.
        Refusal::Unavailable(unavailable) if unavailable.reason() == UnavailableReason::Outage => {
            event!(warn, "request refused", event, display(error));
        }
        _ => event!(info, "request refused", event, display(error)),
    }
}

/// All of them in one string; `None` when there are none.
fn operations(event: &AuthEvent) -> Option<String> {
    let texts: Vec<_> = event.operations.iter().map(ToString::to_string).collect();
    (!texts.is_empty()).then(|| texts.join(", "))
}

/// Whole seconds since 1970.
fn seconds(at: SystemTime) -> u64 {
    at.duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::tests::admitted;
    use std::io::Write;
    use tracing::Level;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn who_is_admitted_is_logged_for_those_who_debug() {
        // Met before there is a subscriber, or another thread could meet it first just then.
        Log::new("".into()).record(&admitted());
        for (level, expected) in [
            (Level::INFO, ""),
            (
                Level::DEBUG,
                "DEBUG auth: request admitted outcome=\"admitted\" \
                 resource=\"https://mcp.example/mcp\" method=\"POST\" path=\"/mcp\" \
                 subject=\"usr_1\" client_id=\"c_1\" organization=\"org_1\" \
                 operation=\"tools/call \\\"add\\\", tools/list\" request_id=\"r-1\" \
                 latency_us=1500\n",
            ),
        ] {
            let written = Written::default();
            let writer = written.clone();
            let subscriber = tracing_subscriber::fmt()
                .with_max_level(level)
                .with_ansi(false)
                .without_time()
                .with_writer(move || writer.clone())
                .finish();
            let event = admitted();
            tracing::subscriber::with_default(subscriber, || {
                Log::new(Arc::clone(&event.resource)).record(&event);
            });
            let written = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
            assert_eq!(written, expected, "{level}");
        }
    }
}
