//! [`TokenValidity`]: the issuer of a token and when it is valid.

use std::time::{Duration, SystemTime};

use auth_core::verifier::InvalidReason;

/// The issuer of a token and when it is valid, by its claims. Checked on verification and again whenever a cached
/// introspection response is used: that may be later, or after the clock was corrected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TokenValidity {
    /// The index of the trusted issuer.
    pub(crate) issuer: usize,
    /// The index of the name, among the names of that issuer.
    pub(crate) issuer_name: usize,
    pub(crate) expires_at: Option<SystemTime>,
    pub(crate) not_before: Option<SystemTime>,
    pub(crate) issued_at: Option<SystemTime>,
}

impl TokenValidity {
    /// Checks `now`, with `leeway` for clocks that differ. At equality `exp` has passed
    /// ([RFC 7519 section 4.1.4](https://www.rfc-editor.org/rfc/rfc7519#section-4.1.4)); `nbf` and `iat` are in
    /// the past or present (sections 4.1.5 and 4.1.6).
    pub(crate) fn check(&self, now: SystemTime, leeway: Duration) -> Result<(), InvalidReason> {
        // A sum that overflows is later than any time.
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
