//! [`ProcessError`]: why an event was not processed.

use std::time::Duration;

use auth_core::verifier::Unavailable;
use thiserror::Error;

use super::effects::MissingMember;
use super::handler::HandlerError;

/// When to deliver an event again that did not find its end.
pub(super) const SOON: Duration = Duration::from_secs(5);

/// Why an event was not processed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ProcessError {
    /// Another delivery of the event is being processed, here or in another process.
    #[error("another delivery of the event is being processed")]
    InProgress,
    /// A member that the revocation needs is absent or malformed. The next delivery of the event has the same fault.
    #[error("the event has no valid member {0:?}, which its revocation needs")]
    Malformed(&'static str),
    /// The store of revocations, or of processed events, is unavailable, or did not answer for 2.5 s.
    #[error("the effects of the event cannot be stored now")]
    Unavailable(#[source] Unavailable),
    /// The lookup of users is unavailable.
    #[error("the user of the event cannot be looked up now")]
    Lookup(#[source] Unavailable),
    /// The handler of the application has failed.
    #[error("the handler of the application has failed")]
    Handler(#[source] HandlerError),
    /// The lookup, the stores and the handler have taken 5 s, or too many other events are being processed.
    #[error("the event was not processed in time: the lookup, a store or the handler is slow")]
    TimedOut,
}

impl ProcessError {
    /// When to deliver the event again; `None` if that is of no use.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Malformed(_) => None,
            Self::Unavailable(unavailable) | Self::Lookup(unavailable) => {
                Some(unavailable.retry_after().max(SOON))
            }
            Self::InProgress | Self::Handler(_) | Self::TimedOut => Some(SOON),
        }
    }
}

impl From<MissingMember> for ProcessError {
    fn from(MissingMember(name): MissingMember) -> Self {
        Self::Malformed(name)
    }
}

impl From<Unavailable> for ProcessError {
    fn from(unavailable: Unavailable) -> Self {
        Self::Unavailable(unavailable)
    }
}
