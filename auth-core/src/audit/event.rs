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
/// There is one for each request that is not for a public document. There is another one, with
/// [`late`] set, if an extractor of a handler or a tool refuses the request later, or if its stream
/// ends because the token is no longer valid.
///
/// [`late`]: Self::late
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct AuthEvent {
    /// When the request arrived.
    pub at: SystemTime,
    /// The public URL of the protected resource, from configuration.
    pub resource: Arc<str>,
    /// The HTTP method; at most 15 bytes of it.
    pub method: Method,
    /// The path of the request without its query; at most 256 bytes.
    pub path: Excerpt,
    /// The decision.
    pub decision: AuthDecision,
    /// The verified caller, also if the request was refused.
    pub token: Option<VerifiedToken>,
    /// The operations that the request asks for, if they had to be determined.
    pub operations: Vec<Operation>,
    /// The names of the policies that decided, as authorizers report them; at most 32.
    pub policies: Vec<Box<str>>,
    /// What an authorizer in a [dry run](crate::policy::DryRun) would have answered.
    pub dry_run: Option<Refusal>,
    /// `x-request-id` of the request, if it has one.
    pub request_id: Option<String>,
    /// How long the decision took, without the inner service.
    pub latency: Duration,
    /// Whether the request had already been admitted, and this event reports a refusal after that.
    /// The admission is a separate event. Such an event has the time of the refusal and names no
    /// operations.
    pub late: bool,
}

/// The decision about a request.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum AuthDecision {
    /// It was forwarded, with a verified caller.
    Admitted,
    /// It was forwarded without a token: the operation is public.
    Public,
    /// It was refused.
    Refused(Refusal),
}

impl AuthDecision {
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

    /// The label of the cause of a refusal ([`Refusal::reason`]), if there is one.
    #[must_use]
    pub fn reason(&self) -> Option<&'static str> {
        match self {
            Self::Refused(refusal) => refusal.reason(),
            Self::Admitted | Self::Public => None,
        }
    }

    /// For the field `error.type` of logs and metrics: the [`reason`](Self::reason) where there is
    /// one, else the label of the refusal. `None` for a request that was forwarded.
    #[must_use]
    pub fn error_type(&self) -> Option<&'static str> {
        match self {
            Self::Refused(refusal) => Some(refusal.reason().unwrap_or(refusal.as_str())),
            Self::Admitted | Self::Public => None,
        }
    }

    /// The refused `Host` or `Origin`, if the request was refused for it.
    #[must_use]
    pub fn rejected(&self) -> Option<&Excerpt> {
        match self {
            Self::Refused(refusal) => refusal.rejected(),
            Self::Admitted | Self::Public => None,
        }
    }
}

impl AuthEvent {
    /// Whether the event has a verified caller. Events without one can be caused by anyone, at any
    /// rate.
    #[must_use]
    pub fn is_verified(&self) -> bool {
        self.token.is_some()
    }

    /// When the decision was made. Senders can delay it, but not put it into the past.
    pub(crate) fn decided_at(&self) -> SystemTime {
        self.at.checked_add(self.latency).unwrap_or(self.at)
    }

    /// A pseudonym of the token: the first 16 bytes of the SHA-256 of its `jti`, in hexadecimal.
    /// `None` if the token has no `jti`.
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
