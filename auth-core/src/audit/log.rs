//! Events as `tracing` reports them.
//!
//! Target `auth_core::audit`, with the [fields](super#fields) of the event and `error.message`.
//! Admitted requests at `DEBUG`, refusals at `INFO`, also those of a dry run, outages at `WARN`.
//!
//! Refusals without a verified caller can be caused by anyone, at any rate: the first 20 a minute
//! and the first of each kind are logged at their level, the others at `DEBUG`. One line at `INFO`
//! reports that this begins, and another one how many there were.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use tracing::field::Empty;

use super::fields::{self, audit_fields};
use super::sampler::{DEFAULT_LIMIT, Passed, Sampler};
use super::{AuditSummary, AuthDecision, AuthEvent};
use crate::error::ErrorChain;
use crate::verifier::UnavailableReason;
use crate::wire::Refusal;

/// The target that filters go by.
pub(super) const TARGET: &str = "auth_core::audit";

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
        let AuthDecision::Refused(refusal) = &event.decision else {
            return match event.dry_run {
                Some(_) => would_be_refused(event),
                None => admitted(event),
            };
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
                { "auth.resource" = &*self.resource },
                "many refusals without a verified caller: further ones of this minute are counted"
            );
        }
        refused(event, refusal, passed == Passed::InFull);
    }

    fn summarize(&self, summary: &AuditSummary) {
        tracing::info!(
            target: TARGET,
            {
                "auth.resource" = &*self.resource,
                count = summary.unverified(),
                since = seconds(summary.since),
                until = seconds(summary.until),
                kinds = %summary,
            },
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
        audit_fields!(log_fields!($level, $message, event, $error));
    }};
}

macro_rules! log_fields {
    (($level:ident, $message:literal, $event:ident, $error:expr)
     $($name:literal => $field:ident,)*) => {
        tracing::$level!(
            target: TARGET,
            { $($name = fields::$field($event),)* "error.message" = $error },
            $message
        )
    };
}

fn would_be_refused(event: &AuthEvent) {
    let error = event.dry_run.as_ref().map(|it| ErrorChain(it).to_string());
    event!(
        info,
        "request admitted that a dry run refuses",
        event,
        error
    );
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
        Refusal::Unavailable(unavailable)
            if unavailable.reason() != UnavailableReason::UnknownKey =>
        {
            event!(warn, "request refused", event, display(error));
        }
        _ => event!(info, "request refused", event, display(error)),
    }
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
    fn an_admitted_request_is_logged_at_debug() {
        // Registers the call site before there is a subscriber: another thread could do so in between.
        Log::new("".into()).record(&admitted());
        for (level, expected) in [
            (Level::INFO, ""),
            (
                Level::DEBUG,
                "DEBUG auth_core::audit: request admitted auth.decision=\"admitted\" \
                 auth.resource=\"https://mcp.example/mcp\" http.request.method=\"POST\" \
                 url.path=\"/mcp\" auth.issuer=\"https://id.example\" user.id=\"usr_1\" \
                 auth.client_id=\"c_1\" auth.organization=\"org_1\" \
                 auth.batch=\"tools/call \\\"add\\\", tools/list\" auth.token.id_hash=\"HASH\" \
                 http.request.header.x-request-id=\"r-1\" auth.decision.duration=0.0015\n",
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
            let hash = event.token_id_hash().unwrap();
            assert_eq!(written, expected.replace("HASH", &hash), "{level}");
        }
    }
}
