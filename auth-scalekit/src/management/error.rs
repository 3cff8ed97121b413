//! [`ManagementError`]: why a call of the management API failed.

use std::fmt;
use std::time::Duration;

use auth_core::verifier::Unavailable;
use http::StatusCode;
use thiserror::Error;

use super::error_code::ErrorCode;
use super::error_details::ErrorDetails;
use crate::remote::json_body::BodyProblem;

/// When to try again if the API does not say it.
const SOON: Duration = Duration::from_secs(1);

/// What to do about it.
pub(crate) const NOT_SET_UP: &str = "not set up: set SCALEKIT_CLIENT_ID and SCALEKIT_CLIENT_SECRET, or call \
     management of the builder";

/// What to check when the API refuses this server.
const REFUSED: &str = ": check SCALEKIT_CLIENT_ID and SCALEKIT_CLIENT_SECRET, the permissions of that client, \
     and from which addresses it may be used";

/// Why a call of the management API failed.
///
/// It names the call, the status, and of the answer only vetted codes and names: the error code, the id of the request,
/// permissions and fields. It contains nothing else of the answer, and nothing of credentials.
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
    /// Too many calls (429).
    RateLimited,
    /// The call is not acceptable (400, 409 and other 4xx), or was not sent because an argument cannot be right.
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
        details: Box<ErrorDetails>,
    },
    /// The call was not sent: why.
    NotSent(&'static str),
    /// There are no credentials to send.
    NotSetUp,
    /// There is no answer, or no body.
    Body(BodyProblem),
    /// The body is not what the API documents: which part.
    Unreadable(&'static str),
    /// The body is not what the API documents: which member.
    Malformed(&'static str),
    /// A list is longer than its bound.
    TooLong { max: usize, unit: &'static str },
}

impl Problem {
    pub(super) fn status(
        kind: ManagementErrorKind,
        status: StatusCode,
        details: ErrorDetails,
    ) -> Self {
        Self::Status {
            kind,
            status,
            details: Box::new(details),
        }
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
            | Problem::Unreadable(_)
            | Problem::Malformed(_)
            | Problem::TooLong { .. } => ManagementErrorKind::Unreadable,
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

    /// The name of the error in the answer, such as `RATE_LIMITED`.
    #[must_use]
    pub fn error_code(&self) -> Option<&ErrorCode> {
        self.details()?.error_code.as_ref()
    }

    /// The number of the error in [gRPC](https://grpc.github.io/grpc/core/md_doc_statuscodes.html), such as 6 for
    /// something that exists already. The API answers both 6 and 10 with status 409.
    #[must_use]
    pub fn grpc_code(&self) -> Option<u64> {
        self.details()?.grpc_code
    }

    /// The id of the request at Scalekit, for its support.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.details()?.request_id.as_deref()
    }

    /// The permissions that the call needs, if the API reports them: one of them is missing if the call was refused
    /// (403).
    pub fn required_permissions(&self) -> impl Iterator<Item = &str> {
        let details = self.details().into_iter();
        details
            .flat_map(|details| &details.required_permissions)
            .map(|name| &**name)
    }

    /// The fields of the request that the API does not accept (400), by their names.
    pub fn invalid_fields(&self) -> impl Iterator<Item = &str> {
        let details = self.details().into_iter();
        details
            .flat_map(|details| &details.invalid_fields)
            .map(|name| &**name)
    }

    fn details(&self) -> Option<&ErrorDetails> {
        match &self.problem {
            Problem::Status { details, .. } => Some(details),
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
            Self::Status {
                kind,
                status,
                details,
            } => write_status(f, *kind, *status, details),
            Self::NotSent(why) => f.write_str(why),
            Self::NotSetUp => f.write_str(NOT_SET_UP),
            Self::Body(problem) => fmt::Display::fmt(problem, f),
            Self::Unreadable(part) => write!(f, "the answer has {part}"),
            Self::Malformed(member) => write!(f, "the answer has an unusable member {member}"),
            Self::TooLong { max, unit } => write!(f, "the list has more than {max} {unit}"),
        }
    }
}

/// The status with all names that help to find the cause.
fn write_status(
    f: &mut fmt::Formatter<'_>,
    kind: ManagementErrorKind,
    status: StatusCode,
    details: &ErrorDetails,
) -> fmt::Result {
    write!(f, "status {}", status.as_u16())?;
    if let Some(code) = &details.error_code {
        write!(f, " ({code})")?;
    }
    if let Some(id) = &details.request_id {
        write!(f, ", request {id}")?;
    }
    if !details.invalid_fields.is_empty() {
        write!(f, ": fields {}", details.invalid_fields.join(", "))?;
    }
    if !details.required_permissions.is_empty() {
        let permissions = details.required_permissions.join(", ");
        write!(f, ": needs the permissions {permissions}")?;
    }
    match kind {
        ManagementErrorKind::Refused => f.write_str(REFUSED),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
