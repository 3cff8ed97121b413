//! [`Accepted`]: a token that its issuer has accepted.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use auth_core::token::{Validity, VerifiedToken};
use auth_core::verifier::InvalidReason;

use crate::claims::TokenValidity;

/// A token that passed all checks but those of the time: several requests may share the answer of the issuer.
#[derive(Debug)]
pub(crate) struct Accepted {
    pub(crate) token: VerifiedToken,
    pub(crate) validity: TokenValidity,
    pub(crate) leeway: Duration,
    /// What must hold for the answer to be used again.
    pub(crate) condition: Option<Arc<dyn Validity>>,
}

impl Accepted {
    /// The token, if it is valid at `now`.
    pub(super) fn at(&self, now: SystemTime) -> Result<VerifiedToken, InvalidReason> {
        self.validity.check(now, self.leeway)?;
        Ok(self.token.clone())
    }

    /// Allows the reuse of the token until `time`, while the condition holds.
    pub(super) fn reuse_until(&mut self, time: SystemTime) {
        let token = self.token.clone().reusable_until(time);
        self.token = match &self.condition {
            Some(condition) => token.while_holds(Arc::clone(condition)),
            None => token,
        };
    }

    /// Whether the answer may be used again.
    pub(super) fn holds(&self) -> bool {
        self.condition.as_ref().is_none_or(Validity::holds)
    }

    pub(super) fn expires_at(&self) -> SystemTime {
        self.token.expires_at()
    }
}
