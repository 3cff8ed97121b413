//! [`ManagementError`]: why a call of the management API failed.

use std::fmt;
use std::time::Duration;

use auth_core::verifier::Unavailable;
use http::StatusCode;
use thiserror::Error;

use crate::remote::json_body::BodyProblem;

/// When to try again if the API does not say it.
const SOON: Duration = Duration::from_secs(1);

/// What to do about it.
pub(crate) const NOT_SET_UP: &str = "not set up: set SCALEKIT_CLIENT_ID and SCALEKIT_CLIENT_SECRET, or call \
     management of the builder";

/// Why a call of the management API failed.
///
/// It names the call, the status and the error code. It contains nothing else of the answer, and nothing of
/// credentials.
#[derive(Debug, Clone, Error)]
#[error("{call}: {problem}")]
pub struct ManagementError {
    call: &'static str,
    pub(super) problem: Problem,
    retry_after: Option<Duration>,
}

/// The kind of a [`ManagementError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ManagementErrorKind {
    /// What the call names does not exist (404).
    NotFound,
    /// The API does not accept the credentials of this server, or they lack a permission (401, 403).
    Refused,
    /// Too many calls (429). They are not repeated.
    RateLimited,
    /// The call is not acceptable (400 and other 4xx), or was not sent because an argument cannot be right.
    BadRequest,
    /// No answer in time, or a failure of the API (5xx).
    Unavailable,
    /// A successful answer that is not what the API documents.
    Unreadable,
    /// There are no credentials for the API.
    NotSetUp,
}

#[derive(Debug, Clone)]
pub(super) enum Problem {
    /// An answer with an error.
    Status {
        kind: ManagementErrorKind,
        status: StatusCode,
        code: Option<ErrorCode>,
    },
    /// The call was not sent: why.
    NotSent(&'static str),
    /// There are no credentials to send.
    NotSetUp,
    /// There is no answer, or no body.
    Body(BodyProblem),
    /// The body is not what the API documents: which part.
    Unreadable(&'static str),
}

/// The name of an error, such as `UNAUTHENTICATED`: of letters and underscores, so that nothing else of an answer gets
/// into logs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ErrorCode(Box<str>);

impl ErrorCode {
    const MAX_BYTES: usize = 64;

    pub(super) fn vetted(text: &str) -> Option<Self> {
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        let is_code = (1..=Self::MAX_BYTES).contains(&text.len()) && text.bytes().all(is_name);
        is_code.then(|| Self(text.into()))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl ManagementError {
    pub(super) fn new(call: &'static str, problem: Problem) -> Self {
        Self {
            call,
            problem,
            retry_after: None,
        }
    }

    pub(super) fn unreadable(call: &'static str, part: &'static str) -> Self {
        Self::new(call, Problem::Unreadable(part))
    }

    pub(super) fn not_sent(call: &'static str, why: &'static str) -> Self {
        Self::new(call, Problem::NotSent(why))
    }

    /// There are no credentials.
    pub(crate) fn not_set_up() -> Self {
        Self::new("management API", Problem::NotSetUp)
    }

    /// The runtime has ended before the call.
    pub(crate) fn interrupted() -> Self {
        Self::abandoned("management API")
    }

    /// The time limit has passed.
    pub(super) fn timed_out(call: &'static str) -> Self {
        let problem = BodyProblem::Transport("timed out".into());
        Self::new(call, Problem::Body(problem))
    }

    /// The task of the call ended without a result.
    pub(super) fn abandoned(call: &'static str) -> Self {
        let problem = BodyProblem::Transport("the call was abandoned".into());
        Self::new(call, Problem::Body(problem))
    }

    #[must_use]
    pub(super) fn with_retry_after(mut self, retry_after: Option<Duration>) -> Self {
        self.retry_after = retry_after;
        self
    }

    /// The kind of the error.
    #[must_use]
    pub fn kind(&self) -> ManagementErrorKind {
        match &self.problem {
            Problem::Status { kind, .. } => *kind,
            Problem::NotSent(_) => ManagementErrorKind::BadRequest,
            Problem::NotSetUp => ManagementErrorKind::NotSetUp,
            Problem::Body(BodyProblem::Transport(_)) => ManagementErrorKind::Unavailable,
            Problem::Body(BodyProblem::ContentType(_) | BodyProblem::TooLarge(_))
            | Problem::Unreadable(_) => ManagementErrorKind::Unreadable,
        }
    }

    /// Whether what the call names does not exist.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.kind() == ManagementErrorKind::NotFound
    }

    /// The call: its method and the path in the API's documentation, without values.
    #[must_use]
    pub fn call(&self) -> &'static str {
        self.call
    }

    /// The HTTP status, if it is that of an error.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match &self.problem {
            Problem::Status { status, .. } => Some(status.as_u16()),
            _ => None,
        }
    }

    /// The error code in the answer, such as `RATE_LIMITED`.
    #[must_use]
    pub fn error_code(&self) -> Option<&str> {
        match &self.problem {
            Problem::Status { code, .. } => code.as_ref().map(ErrorCode::as_str),
            _ => None,
        }
    }

    /// The delay that the API requests before the next call.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }
}

/// The state of a token cannot be determined now: 503, never that the token is invalid.
impl From<ManagementError> for Unavailable {
    fn from(error: ManagementError) -> Self {
        Self::new(error.retry_after.unwrap_or(SOON)).because(error)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status { kind, status, code } => {
                write!(f, "status {}", status.as_u16())?;
                if let Some(code) = code {
                    write!(f, " ({})", code.as_str())?;
                }
                match kind {
                    ManagementErrorKind::Refused => f.write_str(
                        ": check SCALEKIT_CLIENT_ID and SCALEKIT_CLIENT_SECRET, the permissions of that client, \
                         and from which addresses it may be used",
                    ),
                    _ => Ok(()),
                }
            }
            Self::NotSent(why) => f.write_str(why),
            Self::NotSetUp => f.write_str(NOT_SET_UP),
            Self::Body(problem) => fmt::Display::fmt(problem, f),
            Self::Unreadable(part) => write!(f, "the answer has {part}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_are_error_codes() {
        for code in ["UNAUTHENTICATED", "invalid_client", "A1"] {
            assert_eq!(ErrorCode::vetted(code).unwrap().as_str(), code);
        }
        let long = "A".repeat(65);
        for text in ["", "eyJhbGci.x.y", "a b", "a\n", "é", "a-b", &long] {
            assert_eq!(ErrorCode::vetted(text), None, "{text:?}");
        }
    }

    #[test]
    fn the_delay_that_the_api_requests_is_passed_on() {
        let error = ManagementError::timed_out("GET /x");
        let unavailable = Unavailable::from(error.clone());
        assert_eq!(unavailable.retry_after(), SOON);
        let seconds = Duration::from_secs(7);
        let unavailable = Unavailable::from(error.with_retry_after(Some(seconds)));
        assert_eq!(unavailable.retry_after(), seconds);
    }
}
