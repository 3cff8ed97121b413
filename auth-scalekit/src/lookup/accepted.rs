//! [`Accepted`]: a token that its issuer has accepted.

use std::time::{Duration, SystemTime};

use auth_core::token::VerifiedToken;
use auth_core::verifier::InvalidReason;

use crate::claims::TokenValidity;

/// A token that passed all checks but those of the time: several requests may share the answer of the issuer.
#[derive(Debug)]
pub(crate) struct Accepted {
    pub(crate) token: VerifiedToken,
    pub(crate) validity: TokenValidity,
    pub(crate) leeway: Duration,
}

impl Accepted {
    /// The token, if it is valid at `now`.
    pub(super) fn at(&self, now: SystemTime) -> Result<VerifiedToken, InvalidReason> {
        self.validity.check(now, self.leeway)?;
        Ok(self.token.clone())
    }

    /// Allows the reuse of the token until `time`.
    pub(super) fn reuse_until(&mut self, time: SystemTime) {
        self.token = self.token.clone().reusable_until(time);
    }

    pub(super) fn expires_at(&self) -> SystemTime {
        self.token.expires_at()
    }
}
