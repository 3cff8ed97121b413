//! [`AuthEvent`]: one decision of the layer.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::Method;
use sha2::{Digest, Sha256};

use crate::error::Excerpt;
use crate::operation::Operation;
use crate::token::VerifiedToken;
use crate::wire::Refusal;

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
    /// When the request came.
    pub at: SystemTime,
    /// The public URL of the protected resource, from configuration.
    pub resource: Arc<str>,
    /// The HTTP method. One that is longer than any known method is cut.
    pub method: Method,
    /// The path of the request without its query; at most 256 bytes.
    pub path: Excerpt,
    /// What was decided.
    pub outcome: Outcome,
    /// The verified caller, also of a request that was refused afterwards.
    pub token: Option<VerifiedToken>,
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
    /// It was forwarded, with a verified caller.
    Admitted,
    /// It was forwarded without a token: what it asked for is public.
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

    /// A label for what is wrong with the token, or for what keeps it from being verified: that of
    /// [`Refusal::reason`].
    #[must_use]
    pub fn reason(&self) -> Option<&'static str> {
        match self {
            Self::Refused(refusal) => refusal.reason(),
            Self::Admitted | Self::Public => None,
        }
    }

    /// The `Host` or `Origin` that was refused, where it was refused for that.
    #[must_use]
    pub fn rejected(&self) -> Option<&Excerpt> {
        match self {
            Self::Refused(refusal) => refusal.rejected(),
            Self::Admitted | Self::Public => None,
        }
    }
}

impl AuthEvent {
    /// Whether a verified caller stands behind the event. One that does not can be caused by
    /// anybody, as often as they like.
    #[must_use]
    pub fn is_verified(&self) -> bool {
        self.token.is_some()
    }

    /// When the decision was made. A sender can put off the decision but not date it back.
    pub(crate) fn decided_at(&self) -> SystemTime {
        self.at.checked_add(self.latency).unwrap_or(self.at)
    }

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
