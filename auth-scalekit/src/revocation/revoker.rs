//! [`Revoker`]: revokes here, and ends sessions at Scalekit.

use std::sync::Arc;
use std::time::Duration;

use auth_core::error::{ConfigError, ConfigErrors};
use auth_core::revocation::{Revocation, RevocationStore, RevocationTarget};
use auth_core::support::Clock;
use auth_core::verifier::Unavailable;

use super::end_session_error::EndSessionError;
use crate::management::{Management, ManagementError};

/// What revocations of one environment need.
#[derive(Debug)]
pub(crate) struct Revoker {
    /// The canonical issuer of the tokens.
    pub(crate) issuer: Box<str>,
    pub(crate) store: Arc<dyn RevocationStore>,
    pub(crate) clock_skew: Duration,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) management: Option<Management>,
}

impl Revoker {
    pub(crate) const DEFAULT_CLOCK_SKEW: Duration = Duration::from_secs(5);
    const MAX_CLOCK_SKEW: Duration = Duration::from_secs(60);

    /// Adds an error for a difference that is too large.
    pub(crate) fn vet_clock_skew(errors: &mut ConfigErrors, skew: Duration) {
        if skew > Self::MAX_CLOCK_SKEW {
            let problem = "is more than 60 s: synchronize the clock of this server instead";
            errors.push(ConfigError::new("revocation_clock_skew", problem));
        }
    }

    /// Revokes `target` as of now, by a clock of Scalekit that may be ahead.
    pub(crate) async fn revoke(&self, target: RevocationTarget) -> Result<(), Unavailable> {
        let now = self.clock.now();
        let at = now.checked_add(self.clock_skew).unwrap_or(now);
        let revocation = Revocation::new(self.issuer.clone(), target, at);
        self.store.revoke(&[revocation]).await
    }

    pub(crate) async fn end_session(&self, session_id: &str) -> Result<(), EndSessionError> {
        // First here: the revocation is in effect however long the API takes, and whatever it answers.
        let store = self.revoke(RevocationTarget::session(session_id)).await;
        let api = match &self.management {
            Some(management) => management.revoke_session(session_id).await,
            None => Err(ManagementError::not_set_up()),
        };
        EndSessionError::unless_ended(store, api)
    }

    pub(crate) async fn end_sessions_of(&self, user_id: &str) -> Result<(), EndSessionError> {
        let store = self.revoke(RevocationTarget::subject(user_id)).await;
        let api = match &self.management {
            Some(management) => management.revoke_sessions_of(user_id).await,
            None => Err(ManagementError::not_set_up()),
        };
        EndSessionError::unless_ended(store, api)
    }
}
