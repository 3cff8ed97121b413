//! When a token is good by the times in the answer about it. Judged at first and at each further
//! use, which may come later or under a clock that was corrected.

use std::time::{Duration, SystemTime};

use auth_core::InvalidReason;
use serde_json::{Map, Value};

use crate::jwt::numeric_date;

/// `exp`, `nbf` and `iat`, all of them optional
/// ([RFC 7662 section 2.2](https://www.rfc-editor.org/rfc/rfc7662#section-2.2)).
#[derive(Debug, Clone, Copy)]
pub(super) struct Times {
    pub(super) expires_at: Option<SystemTime>,
    not_before: Option<SystemTime>,
    issued_at: Option<SystemTime>,
}

impl Times {
    pub(super) fn read(claims: &Map<String, Value>) -> Result<Self, InvalidReason> {
        let read = |name| claims.get(name).map(numeric_date::parse).transpose();
        Ok(Self {
            expires_at: read("exp")?,
            not_before: read("nbf")?,
            issued_at: read("iat")?,
        })
    }

    /// Judges `now`, with `leeway` for clocks that differ. At equality with `exp` the token has
    /// expired.
    pub(super) fn judge(&self, now: SystemTime, leeway: Duration) -> Result<(), InvalidReason> {
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
