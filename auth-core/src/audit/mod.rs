//! One [`AuthEvent`] for each decision of the layer: for `tracing`, and for each [`AuditSink`].
//!
//! A sink is called in the task of the request, so one that does more than count belongs behind a
//! [`Queued`], which never makes a request wait.
//!
//! Events without a verified caller can be caused by anyone, at any rate. Therefore they share no
//! resource with those of verified callers: neither places in the queue, nor bytes of the audit file,
//! nor lines of the log. Those that are left out are counted by kind, and the counts are recorded.
//!
//! | | events without a verified caller | how many were left out |
//! |---|---|---|
//! | `tracing` (`log`) | 20 a minute and the first of each kind, the others at `DEBUG` | one line a minute |
//! | [`Queued`] | separate slots, an eighth of the capacity | a summary, once the sink has caught up |
//! | [`Sampled`] | 20 a minute and the first of each kind | a summary a minute |
//! | [`JsonLines`] | the same, in an eighth of each file | a line a minute, later at doubling counts |
//! | `Metrics` | all are counted | |
//!
//! A custom sink gets every event; [`Sampled`] around it changes that.
//!
//! # Fields
//!
//! The log and [`JsonLines`] write these fields, and leave out those without a value. The names are
//! those of [OpenTelemetry](https://opentelemetry.io/docs/specs/semconv/) where it has one.
//!
//! | field | |
//! |---|---|
//! | `auth.decision` | `admitted`, `public`, or the label of the [`Refusal`](crate::wire::Refusal) |
//! | `error.type` | the reason of a refusal, such as `expired`; its label where there is no other reason |
//! | `auth.resource` | the public URL of the MCP server, from configuration |
//! | `http.request.method` | at most 15 bytes of it |
//! | `url.path` | without the query; at most 256 bytes |
//! | `auth.rejected` | the `Host` or `Origin` that was refused |
//! | `auth.issuer` | `iss` of the verified token |
//! | `user.id` | `sub` of the verified token |
//! | `auth.client_id` | `client_id` of the verified token |
//! | `auth.organization` | the organization of the verified token |
//! | `mcp.method.name` | the JSON-RPC method, such as `tools/call` |
//! | `gen_ai.tool.name` | the tool that is called |
//! | `gen_ai.prompt.name` | the prompt that is asked for |
//! | `mcp.resource.uri` | the URI of the resource or skill, or the template |
//! | `auth.batch` | instead of the four fields above: the operations of a batch, such as `tools/call "add", tools/list` |
//! | `auth.policies` | the policies that decided, as an [`Authorizer`](crate::policy::Authorizer) reports them |
//! | `auth.dry_run` | the label of the refusal that a [dry run](crate::policy::DryRun) would have answered with |
//! | `auth.token.id_hash` | the first half of the SHA-256 of `jti`, in hexadecimal |
//! | `http.request.header.x-request-id` | at most 128 bytes |
//! | `auth.decision.duration` | seconds, without the inner service |
//! | `auth.decision.late` | `true` where the request had been forwarded before it was refused |

mod event;
mod fields;
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

pub use event::{AuthDecision, AuthEvent};
pub use json_lines::{
    ChainBreak, ChainBreakKind, ChainHead, ChainKey, ChainReport, ChainVerifier, InvalidChainHead,
    InvalidChainKey, JsonLines, JsonLinesBuilder,
};
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
///     .audit(audit_fn(|event| println!("{}", event.decision.as_str())))
///     .build()?;
/// # let _ = layer; Ok(()) }
/// ```
pub trait AuditSink: Debug + Send + Sync + 'static {
    /// Records an event. The request waits for it.
    fn record(&self, event: &AuthEvent);

    /// Records that events were omitted before they reached this sink. Default: does nothing.
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
            decision: AuthDecision::Admitted,
            token: Some(token),
            operations: vec![Operation::tool("add"), Operation::new("tools/list")],
            policies: Vec::new(),
            dry_run: None,
            request_id: Some("r-1".into()),
            latency: Duration::from_micros(1500),
            late: false,
        }
    }

    pub(crate) fn refused() -> AuthEvent {
        AuthEvent {
            decision: AuthDecision::Refused(InvalidReason::Expired.into()),
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

    /// The table of the module's documentation is what operators write their queries by.
    #[test]
    fn every_field_is_documented() {
        macro_rules! names {
            (() $($name:literal => $field:ident,)*) => { [$($name),*] };
        }
        let table = include_str!("mod.rs")
            .lines()
            .filter_map(|line| line.strip_prefix("//! | `")?.split('`').next())
            .filter(|name| name.contains('.') && !name.contains("::"));
        let documented: Vec<_> = table.collect();
        let fields = fields::audit_fields!(names!());
        let differs = |a: &[&str], b: &[&str]| -> Vec<String> {
            let missing = a.iter().filter(|name| !b.contains(name));
            missing.map(ToString::to_string).collect()
        };
        assert_eq!(
            (differs(&fields, &documented), differs(&documented, &fields)),
            (Vec::new(), Vec::new()),
            "without a row in the table of src/audit/mod.rs, and rows without a field"
        );
        assert_eq!(documented, fields, "the order of src/audit/fields.rs");
    }

    #[test]
    fn labels() {
        let scopes = Scopes::parse("a").unwrap();
        let host = Excerpt::new(b"evil.example", 128);
        for (decision, label, reason, rejected) in [
            (AuthDecision::Admitted, "admitted", None, None),
            (AuthDecision::Public, "public", None, None),
            (refused().decision, "invalid_token", Some("expired"), None),
            (
                AuthDecision::Refused(Refusal::InsufficientScope(scopes)),
                "insufficient_scope",
                None,
                None,
            ),
            (
                AuthDecision::Refused(Refusal::HostNotAllowed(host.clone())),
                "host_not_allowed",
                None,
                Some("evil.example"),
            ),
            (
                AuthDecision::Refused(Refusal::OriginNotAllowed(host)),
                "origin_not_allowed",
                None,
                Some("evil.example"),
            ),
        ] {
            assert_eq!(decision.as_str(), label);
            assert_eq!(decision.reason(), reason, "{label}");
            assert_eq!(
                decision.rejected().map(Excerpt::as_str),
                rejected,
                "{label}"
            );
        }
    }

    #[test]
    fn token_id_hash_is_a_hash_of_jti() {
        // printf marker-jti | sha256sum
        let hash = admitted().token_id_hash().unwrap();
        assert_eq!(hash.len(), 32);
        assert!(!hash.contains("marker"));
        assert_eq!(Some(hash), admitted().token_id_hash());
        assert_eq!(refused().token_id_hash(), None);
    }
}
