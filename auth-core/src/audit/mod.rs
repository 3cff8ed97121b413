//! One [`AuthEvent`] for each decision of the layer: to `tracing`, and to sinks of the user's own.
//!
//! A sink is called in the request's own task, so one that does more than count belongs behind a
//! [`Queued`], which never makes a request wait.
//!
//! Events without a verified caller can be caused by anybody, as often as they like. So nothing
//! that they use is shared with those of verified callers: places in the queue, bytes of the audit
//! file, lines of the log. What is left out is counted by kind, and the sum is recorded.
//!
//! | | events without a verified caller | what says how many were left out |
//! |---|---|---|
//! | `tracing` (`log`) | 20 a minute and the first of each kind, the others at `DEBUG` | one line a minute |
//! | [`Queued`] | an eighth of the places, on top | a summary, once the sink has caught up |
//! | [`Sampled`] | 20 a minute and the first of each kind | a summary a minute |
//! | [`JsonLines`] | the same, in an eighth of each file | a line a minute, later at doubling counts |
//! | `Metrics` | all are counted | |
//!
//! A sink of the user's own gets every event; [`Sampled`] around it changes that.

mod event;
mod json_lines;
mod log;
#[cfg(feature = "metrics")]
mod metrics;
mod queued;
mod recorder;
mod request;
mod sampled;
mod sampler;
mod summary;

use std::fmt::{self, Debug};
use std::sync::Arc;

pub use event::{AuthEvent, Outcome};
pub use json_lines::{JsonLines, JsonLinesBuilder};
#[cfg(feature = "metrics")]
pub use metrics::Metrics;
pub use queued::{DroppedEvents, Queued};
pub(crate) use recorder::Recorder;
pub(crate) use request::RequestRecord;
pub use sampled::Sampled;
pub use summary::{AuditCount, AuditSummary, Omission};

/// Where events go; [`audit_fn`] makes one of a closure.
///
/// ```
/// use auth_core::audit::audit_fn;
/// use auth_core::layer::AuthLayer;
/// use auth_core::provider::AuthProvider;
///
/// # fn demo(provider: impl AuthProvider) -> Result<(), auth_core::error::ConfigErrors> {
/// let layer = AuthLayer::builder(provider)
///     .audit(audit_fn(|event| println!("{}", event.outcome.as_str())))
///     .build()?;
/// # let _ = layer; Ok(()) }
/// ```
pub trait AuditSink: Debug + Send + Sync + 'static {
    /// Takes note of an event. The request waits for it.
    fn record(&self, event: &AuthEvent);

    /// Takes note that events were left out before they reached this sink. Default: does nothing.
    fn summarize(&self, summary: &AuditSummary) {
        let _ = summary;
    }
}

/// For pointers: what they point to answers.
macro_rules! forwarded {
    ($($pointer:ident),*) => {$(
        // A method that is forgotten here would silently be its default instead of the sink's.
        #[deny(clippy::missing_trait_methods)]
        impl<S: AuditSink + ?Sized> AuditSink for $pointer<S> {
            fn record(&self, event: &AuthEvent) {
                (**self).record(event);
            }

            fn summarize(&self, summary: &AuditSummary) {
                (**self).summarize(summary);
            }
        }
    )*};
}

forwarded!(Arc, Box);

/// A sink made of a closure.
pub fn audit_fn<F>(record: F) -> AuditFn<F>
where
    F: Fn(&AuthEvent) + Send + Sync + 'static,
{
    AuditFn { record }
}

/// Made by [`audit_fn`].
#[derive(Clone, Copy)]
pub struct AuditFn<F> {
    record: F,
}

impl<F: Fn(&AuthEvent) + Send + Sync + 'static> AuditSink for AuditFn<F> {
    fn record(&self, event: &AuthEvent) {
        (self.record)(event);
    }
}

impl<F> fmt::Debug for AuditFn<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AuditFn")
            .field(&std::any::type_name::<F>())
            .finish()
    }
}

/// Events for the tests of the sinks.
#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::error::Excerpt;
    use crate::operation::Operation;
    use crate::token::Scopes;
    use crate::token::VerifiedToken;
    use crate::verifier::InvalidReason;
    use crate::wire::Refusal;
    use http::Method;
    use std::time::{Duration, SystemTime};

    pub(crate) fn admitted() -> AuthEvent {
        let at = SystemTime::UNIX_EPOCH + Duration::from_millis(1_800_000_000_250);
        let token = VerifiedToken::assertion("https://id.example", "usr_1", at)
            .with_client_id("c_1")
            .with_organization("org_1")
            .with_token_id("marker-jti");
        AuthEvent {
            at,
            resource: "https://mcp.example/mcp".into(),
            method: Method::POST,
            path: Excerpt::new(b"/mcp", 256),
            outcome: Outcome::Admitted,
            token: Some(token),
            operations: vec![Operation::tool("add"), Operation::new("tools/list")],
            request_id: Some("r-1".into()),
            latency: Duration::from_micros(1500),
            late: false,
        }
    }

    pub(crate) fn refused() -> AuthEvent {
        AuthEvent {
            outcome: Outcome::Refused(InvalidReason::Expired.into()),
            token: None,
            operations: Vec::new(),
            request_id: None,
            ..admitted()
        }
    }

    /// The same event, that many seconds later.
    pub(crate) fn later(event: AuthEvent, seconds: u64) -> AuthEvent {
        AuthEvent {
            at: event.at + Duration::from_secs(seconds),
            ..event
        }
    }

    #[test]
    fn labels() {
        let scopes = Scopes::parse("a").unwrap();
        let host = Excerpt::new(b"evil.example", 128);
        for (outcome, label, reason, rejected) in [
            (Outcome::Admitted, "admitted", None, None),
            (Outcome::Public, "public", None, None),
            (refused().outcome, "invalid_token", Some("expired"), None),
            (
                Outcome::Refused(Refusal::InsufficientScope(scopes)),
                "insufficient_scope",
                None,
                None,
            ),
            (
                Outcome::Refused(Refusal::HostNotAllowed(host.clone())),
                "host_not_allowed",
                None,
                Some("evil.example"),
            ),
            (
                Outcome::Refused(Refusal::OriginNotAllowed(host)),
                "origin_not_allowed",
                None,
                Some("evil.example"),
            ),
        ] {
            assert_eq!(outcome.as_str(), label);
            assert_eq!(outcome.reason(), reason, "{label}");
            assert_eq!(outcome.rejected().map(Excerpt::as_str), rejected, "{label}");
        }
    }

    #[test]
    fn a_token_id_is_named_by_its_hash() {
        // printf marker-jti | sha256sum
        let hash = admitted().token_id_hash().unwrap();
        assert_eq!(hash.len(), 32);
        assert!(!hash.contains("marker"));
        assert_eq!(Some(hash), admitted().token_id_hash());
        assert_eq!(refused().token_id_hash(), None);
    }
}
