//! [`Answer`]: how a call ended. An outage is never a missing permission.

use crate::diagnose::report::{Check, Finding};
use crate::management::{ManagementError, ManagementErrorKind, TOKEN_CALL};

/// The code of gRPC for a missing permission. Another 403 is that of a proxy.
const PERMISSION_DENIED: u64 = 7;

/// How a call ended.
pub(super) type Answer<'a> = Result<(), &'a Problem>;

/// Why a call brought nothing.
#[derive(Debug, Clone)]
pub(super) enum Problem {
    Failed(ManagementError),
    /// The API did not answer in time.
    TimedOut,
    /// It needs the id of something that was not found: what.
    NoId(&'static str),
    /// The API did not answer calls before.
    NotMade,
}

/// What an answer shows about the permission.
#[derive(Debug, Clone, Copy)]
pub(super) enum Verdict<'a> {
    Allowed,
    Forbidden(&'a ManagementError),
    NotJudged,
    NoId(&'static str),
}

pub(super) fn verdict<'a>(answer: &Answer<'a>) -> Verdict<'a> {
    match *answer {
        Ok(()) => Verdict::Allowed,
        Err(Problem::NoId(what)) => Verdict::NoId(what),
        Err(Problem::TimedOut | Problem::NotMade) => Verdict::NotJudged,
        Err(Problem::Failed(error)) if error.call() == TOKEN_CALL => Verdict::NotJudged,
        Err(Problem::Failed(error)) => match error.kind() {
            // What the call names is gone, or the answer is longer than expected: it was answered.
            ManagementErrorKind::NotFound | ManagementErrorKind::Unreadable => Verdict::Allowed,
            ManagementErrorKind::Refused
                if error.status() == Some(403) && error.grpc_code() == Some(PERMISSION_DENIED) =>
            {
                Verdict::Forbidden(error)
            }
            _ => Verdict::NotJudged,
        },
    }
}

impl Problem {
    /// In a few words, without what the server sent.
    pub(super) fn reason(&self) -> String {
        match self {
            Self::Failed(error) => reason(error),
            Self::TimedOut => "no answer in time".into(),
            Self::NoId(what) => format!("no {what} is known"),
            Self::NotMade => "the API did not answer before".into(),
        }
    }

    /// A stable identifier, for [`Finding::code`].
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::NoId(_) => "no-id",
            Self::TimedOut | Self::NotMade => "unavailable",
            Self::Failed(error) => match (verdict(&Err(self)), error.kind()) {
                (Verdict::Forbidden(_), _) => "forbidden",
                (_, ManagementErrorKind::RateLimited) => "rate-limited",
                (_, ManagementErrorKind::Unreadable) => "bad-answer",
                _ => "unavailable",
            },
        }
    }

    /// The finding of a check that needs the answer.
    pub(super) fn skip(&self, check: Check) -> Finding {
        check.skipped(self.code(), format!("not checked: {}", self.reason()))
    }
}

/// The status and the code of an error, or why there is no answer.
pub(super) fn reason(error: &ManagementError) -> String {
    let Some(status) = error.status() else {
        let text = error.to_string();
        let after_call = text.strip_prefix(error.call());
        let after_call = after_call.and_then(|text| text.strip_prefix(": "));
        return after_call.unwrap_or(&text).to_owned();
    };
    match error.error_code() {
        Some(code) => format!("status {status}, {code}"),
        None => format!("status {status}"),
    }
}
