//! One [`AuthEvent`] for each decision of the layer: to `tracing`, and to sinks of the user's own.
//!
//! `tracing` gets every event under the target `auth` with the same field names (see `log`). A
//! sink is called in the request's own task, so one that does more than count belongs behind a
//! [`Queued`], which never makes a request wait.

mod json_lines;
mod log;
#[cfg(feature = "metrics")]
mod metrics;
mod queued;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use sha2::{Digest, Sha256};

pub use json_lines::JsonLines;
pub(crate) use log::log;
#[cfg(feature = "metrics")]
pub use metrics::Metrics;
pub use queued::Queued;

use crate::error::InvalidReason;
use crate::operation::Operation;
use crate::refusal::Refusal;
use crate::token::AccessToken;

/// A decision of the layer about one request.
///
/// There is one for each request that is not for a public document, and one more ([`late`]) when an
/// extractor of a handler or a tool refuses it afterwards, or when its stream is ended because the
/// token is refused by now.
///
/// [`late`]: Self::late
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct AuthEvent {
    /// When the request was judged.
    pub at: SystemTime,
    /// What was decided.
    pub outcome: Outcome,
    /// The verified caller, also of a request that was refused afterwards.
    pub token: Option<AccessToken>,
    /// What the request asked for, as far as it was looked at.
    pub operations: Vec<Operation>,
    /// The request's `x-request-id`, if an outer layer gave it one.
    pub request_id: Option<String>,
    /// How long the decision took, without the inner service.
    pub latency: Duration,
    /// Whether the request had been admitted before, in an event of its own. This one then is about
    /// the moment of the refusal, and names no operations.
    pub late: bool,
}

/// What was decided about a request.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Outcome {
    /// It went on, with a verified caller.
    Admitted,
    /// It went on without a token: what it asked for is public.
    Public,
    /// It was turned away.
    Refused(Refusal),
}

impl Outcome {
    /// A short, stable label for logs and metrics: `admitted`, `public`, or the label of the
    /// [`Refusal`].
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Admitted => "admitted",
            Self::Public => "public",
            Self::Refused(refusal) => refusal.as_str(),
        }
    }

    /// What is wrong with a token that was refused for itself.
    #[must_use]
    pub fn reason(&self) -> Option<InvalidReason> {
        match self {
            Self::Refused(Refusal::InvalidToken(invalid) | Refusal::TokenTooLong(invalid)) => {
                Some(invalid.reason())
            }
            _ => None,
        }
    }
}

impl AuthEvent {
    /// A name for the token that says nothing of it: the first 16 bytes of the SHA-256 of its
    /// `jti`, in hexadecimal. `None` for a token that has none.
    #[must_use]
    pub fn token_id_hash(&self) -> Option<String> {
        let id = self.token.as_ref()?.token_id()?;
        let hash = Sha256::digest(id);
        Some(
            hash.iter()
                .take(16)
                .map(|byte| format!("{byte:02x}"))
                .collect(),
        )
    }
}

/// Where events go. Closures are sinks.
///
/// ```
/// use auth_core::{AuthEvent, AuthLayer, AuthProvider};
///
/// # fn demo(provider: impl AuthProvider) -> Result<(), auth_core::ConfigErrors> {
/// let layer = AuthLayer::builder(provider)
///     .audit(|event: &AuthEvent| println!("{}", event.outcome.as_str()))
///     .build()?;
/// # let _ = layer; Ok(()) }
/// ```
pub trait AuditSink: Send + Sync + 'static {
    /// Takes note of an event. The request waits for it.
    fn record(&self, event: &AuthEvent);
}

impl<F: Fn(&AuthEvent) + Send + Sync + 'static> AuditSink for F {
    fn record(&self, event: &AuthEvent) {
        self(event);
    }
}

impl<S: AuditSink + ?Sized> AuditSink for Arc<S> {
    fn record(&self, event: &AuthEvent) {
        (**self).record(event);
    }
}

/// The sinks of one layer.
#[derive(Clone, Default)]
pub(crate) struct Sinks(pub(crate) Vec<Arc<dyn AuditSink>>);

impl Sinks {
    pub(crate) fn record(&self, event: &AuthEvent) {
        for sink in &self.0 {
            sink.record(event);
        }
    }
}

impl fmt::Debug for Sinks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sinks({})", self.0.len())
    }
}

/// Events for the tests of the sinks.
#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::scope::Scopes;

    pub(crate) fn admitted() -> AuthEvent {
        let at = SystemTime::UNIX_EPOCH + Duration::from_millis(1_800_000_000_250);
        let token = AccessToken::assertion("https://id.example", "usr_1", at)
            .with_client_id("c_1")
            .with_organization("org_1")
            .with_token_id("marker-jti");
        AuthEvent {
            at,
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

    #[test]
    fn labels() {
        let scopes = Scopes::parse("a").unwrap();
        for (outcome, label, reason) in [
            (Outcome::Admitted, "admitted", None),
            (Outcome::Public, "public", None),
            (
                refused().outcome,
                "invalid_token",
                Some(InvalidReason::Expired),
            ),
            (
                Outcome::Refused(Refusal::InsufficientScope(scopes)),
                "insufficient_scope",
                None,
            ),
        ] {
            assert_eq!(outcome.as_str(), label);
            assert_eq!(outcome.reason(), reason, "{label}");
        }
    }

    #[test]
    fn a_token_id_is_told_by_its_hash() {
        // printf marker-jti | sha256sum
        let hash = admitted().token_id_hash().unwrap();
        assert_eq!(hash.len(), 32);
        assert!(!hash.contains("marker"));
        assert_eq!(Some(hash), admitted().token_id_hash());
        assert_eq!(refused().token_id_hash(), None);
    }
}
