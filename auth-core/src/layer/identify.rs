//! Step 5: the token's verification, its proof of possession, its revocation, and its session.

use std::time::SystemTime;

use super::evaluation::Evaluation;
use super::guard::Guard;
use crate::proof::{ProofRequest, ProofVerifier};
use crate::revocation::{LiveSessions, Revocations};
use crate::support::Clock;
use crate::token::VerifiedToken;
use crate::token::{BearerToken, Presented};
use crate::verifier::WatchedHead;
use crate::verifier::{InvalidReason, MAX_LEEWAY, VerifyError};
use crate::verifier::{Lookup, VerifiedTokens};
use crate::verifier::{TokenVerifier, VerifyRequest};

impl Guard {
    /// The token, if it is cached.
    pub(super) fn cached_token(
        &self,
        credentials: Presented<'_>,
        head: WatchedHead<'_>,
        evaluation: &Evaluation,
    ) -> Option<VerifiedToken> {
        let verified = self.verified.as_ref()?;
        let vary = self.provider.vary(head.peek());
        match verified.look_up(
            credentials,
            vary.as_deref(),
            evaluation.now,
            evaluation.begun,
        ) {
            Lookup::Known(token) => Some(token),
            Lookup::Unknown(_) => None,
        }
    }

    /// The token, from the cache or from the verifier.
    pub(super) async fn verify(
        &self,
        credentials: BearerToken<'_>,
        head: WatchedHead<'_>,
        now: SystemTime,
    ) -> Result<VerifiedToken, VerifyError> {
        let request = VerifyRequest::new(credentials, now).with_watched_head(head);
        let since = self.clock.monotonic();
        VerifiedTokens::verify(self.verified.as_ref(), &self.provider, request, since).await
    }

    /// A token that is bound to a key needs a proof of possession with every request.
    pub(super) async fn check_proof(
        &self,
        token: &VerifiedToken,
        credentials: BearerToken<'_>,
        head: WatchedHead<'_>,
        now: SystemTime,
    ) -> Result<(), VerifyError> {
        let Some(confirmation) = token.confirmation() else {
            return Ok(());
        };
        let Some(proofs) = &self.proofs else {
            return Err(InvalidReason::UncheckedProof.into());
        };
        let request = ProofRequest::new(token, confirmation, credentials, head.peek(), now);
        proofs.check(request).await
    }

    pub(super) fn check_revocations(&self, token: &VerifiedToken) -> Result<(), VerifyError> {
        let revocations = self.revocations.as_ref();
        revocations.map_or(Ok(()), |revocations| revocations.check(token))
    }

    /// That a token is still valid which was valid when its request arrived: it was neither revoked
    /// since, nor has it expired by more than the longest leeway of a verifier.
    pub(super) fn check_again(&self, token: &VerifiedToken) -> Result<(), VerifyError> {
        self.check_revocations(token)?;
        let end = token.expires_at().checked_add(MAX_LEEWAY);
        match end.is_some_and(|end| self.clock.now() >= end) {
            true => Err(InvalidReason::Expired.into()),
            false => Ok(()),
        }
    }

    /// The session of the token, which has to exist at the issuer now by a policy of this request.
    pub(super) async fn check_session(
        &self,
        token: &VerifiedToken,
        now: SystemTime,
    ) -> Result<(), VerifyError> {
        match &self.live_sessions {
            Some(sessions) => sessions.check(token, now).await,
            // The layer is not built without them.
            None => Err(InvalidReason::Other.into()),
        }
    }
}
