//! [`Issuer`]: who is asked about a token, and [`CallError`], why there was no answer.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use auth_core::support::async_trait;
use auth_core::verifier::InvalidReason;

use super::accepted::Accepted;

/// The answer of an issuer about a token.
pub(crate) type Verdict = Result<Accepted, InvalidReason>;

/// The issuer of tokens that only it can read.
#[async_trait]
pub(crate) trait Issuer: Send + Sync + 'static {
    /// Asks about a token that was presented at `now`, by one call within every limit that a broken server makes
    /// necessary. The times of the token are not checked.
    ///
    /// # Errors
    ///
    /// [`CallError`] for everything that is no verdict about the token.
    async fn ask(&self, token: &str, now: SystemTime) -> Result<Verdict, CallError>;

    /// The error when the task of a call ended without a result.
    fn abandoned(&self) -> CallError;
}

/// Why a call failed. It says nothing about the token, and contains nothing of it.
#[derive(Debug, Clone)]
pub(crate) struct CallError {
    kind: FailureKind,
    retry_after: Option<Duration>,
    error: Arc<dyn Error + Send + Sync>,
}

/// The kind of a failure. A caller must not be able to stop the calls for all tokens, and a firewall may
/// reject a token in any of these ways but the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FailureKind {
    /// No complete answer: refused, reset, timed out.
    NoAnswer,
    /// An answer that is not as documented.
    BadAnswer,
    /// The issuer reports that the credentials of this server are wrong.
    Credentials,
}

impl CallError {
    /// * `retry_after`: the delay that the issuer requests.
    pub(crate) fn new(
        kind: FailureKind,
        retry_after: Option<Duration>,
        error: impl Error + Send + Sync + 'static,
    ) -> Self {
        Self {
            kind,
            retry_after,
            error: Arc::new(error),
        }
    }

    pub(super) fn kind(&self) -> FailureKind {
        self.kind
    }

    pub(super) fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }
}

/// The error itself: this type only says what follows from it.
impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.error, f)
    }
}

impl Error for CallError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.error.source()
    }
}
