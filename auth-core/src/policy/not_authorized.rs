//! [`NotAuthorized`]: why an authorizer does not allow a request.

use std::time::Duration;

use super::denied::Denied;
use crate::verifier::Unavailable;

/// Why an authorizer does not allow a request.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum NotAuthorized {
    /// The request is denied, as by a policy.
    Denied(Denied),
    /// The caller has used up a quota, and can try again after this time: 429 with `Retry-After`
    /// ([RFC 6585](https://www.rfc-editor.org/rfc/rfc6585#section-4)).
    RateLimited(Duration),
    /// No decision is available now: 503, never 403.
    Unavailable(Unavailable),
}

impl From<Denied> for NotAuthorized {
    fn from(denied: Denied) -> Self {
        Self::Denied(denied)
    }
}

impl From<Unavailable> for NotAuthorized {
    fn from(unavailable: Unavailable) -> Self {
        Self::Unavailable(unavailable)
    }
}
