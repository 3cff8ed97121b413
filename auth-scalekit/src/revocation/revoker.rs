//! [`Revoker`]: revokes here, and ends sessions at Scalekit.

use std::future::Future;
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

    pub(crate) async fn end_session(
        self: &Arc<Self>,
        session_id: &str,
    ) -> Result<(), EndSessionError> {
        let (revoker, id) = (Arc::clone(self), session_id.to_owned());
        self.to_its_end(async move {
            // First here: the revocation is in effect however long the API takes, and whatever it answers.
            let store = revoker.revoke(RevocationTarget::session(&*id)).await;
            let api = match &revoker.management {
                Some(management) => management.revoke_session(&id).await,
                None => Err(ManagementError::not_set_up()),
            };
            EndSessionError::unless_ended(store, api)
        })
        .await
    }

    pub(crate) async fn end_sessions_of(
        self: &Arc<Self>,
        user_id: &str,
    ) -> Result<(), EndSessionError> {
        let (revoker, id) = (Arc::clone(self), user_id.to_owned());
        self.to_its_end(async move {
            let mut store = revoker.revoke(RevocationTarget::subject(&*id)).await;
            let api = match &revoker.management {
                Some(management) => {
                    let api = management.revoke_sessions_of(&id).await;
                    // Until the API has answered, the sessions may have been refreshed: those tokens are newer than
                    // the first revocation. The second one includes it.
                    store = revoker.revoke(RevocationTarget::subject(&*id)).await;
                    api
                }
                None => Err(ManagementError::not_set_up()),
            };
            EndSessionError::unless_ended(store, api)
        })
        .await
    }

    /// Runs `job` to its end, also if the caller goes away before: a client that disconnects must not leave a session
    /// at Scalekit that can be refreshed.
    async fn to_its_end(
        &self,
        job: impl Future<Output = Result<(), EndSessionError>> + Send + 'static,
    ) -> Result<(), EndSessionError> {
        // Without the API there is nothing to leave undone, and no need for a runtime.
        if self.management.is_none() {
            return job.await;
        }
        match tokio::spawn(job).await {
            Ok(ended) => ended,
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            // The runtime shuts down.
            Err(_) => EndSessionError::unless_ended(Ok(()), Err(ManagementError::interrupted())),
        }
    }
}
