//! [`TokenValidity`]: whose token it is and when it is good.

use std::time::{Duration, SystemTime};

use auth_core::InvalidReason;

/// Whose token it is and when it is good, as far as it says so itself. Judged at first, and, where the claims are
/// kept, at each further use: that may come later, or under a clock that was corrected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TokenValidity {
    /// Which of the trusted issuers it names.
    pub(crate) issuer: usize,
    /// By which of that issuer's names.
    pub(crate) issuer_name: usize,
    pub(crate) expires_at: Option<SystemTime>,
    pub(crate) not_before: Option<SystemTime>,
    pub(crate) issued_at: Option<SystemTime>,
}

impl TokenValidity {
    /// Judges `now`, with `leeway` for clocks that differ. `exp` has passed at equality already
    /// ([RFC 7519 section 4.1.4](https://www.rfc-editor.org/rfc/rfc7519#section-4.1.4)); `nbf` and `iat` lie in the
    /// past or the present (sections 4.1.5 and 4.1.6).
    pub(crate) fn judge(&self, now: SystemTime, leeway: Duration) -> Result<(), InvalidReason> {
        // A sum that cannot be had lies beyond every time that there is.
        let has_passed = |at: SystemTime| at.checked_add(leeway).is_some_and(|end| now >= end);
        let lies_ahead = |at: SystemTime| now.checked_add(leeway).is_some_and(|last| at > last);
        if self.expires_at.is_some_and(has_passed) {
            return Err(InvalidReason::Expired);
        }
        if self.not_before.is_some_and(lies_ahead) {
            return Err(InvalidReason::NotYetValid);
        }
        if self.issued_at.is_some_and(lies_ahead) {
            return Err(InvalidReason::IssuedInTheFuture);
        }
        Ok(())
    }
}
