//! Step 5: whose the token is, and whether it still counts.

use std::sync::Arc;
use std::time::SystemTime;

use super::guard::Guard;
use crate::bearer::BearerToken;
use crate::clock::Clock;
use crate::error::VerifyError;
use crate::revocation::Revocations;
use crate::token::AccessToken;
use crate::verified::Lookup;
use crate::verifier::VerifyRequest;

impl Guard {
    /// Step 5.
    pub(super) async fn verify(
        &self,
        credentials: BearerToken<'_>,
        now: SystemTime,
    ) -> Result<AccessToken, VerifyError> {
        let token = self.verified(credentials, now).await?;
        self.check_revocations(&token)?;
        Ok(token)
    }

    pub(super) fn check_revocations(&self, token: &AccessToken) -> Result<(), VerifyError> {
        let revocations = self.revocations.as_ref();
        revocations.map_or(Ok(()), |revocations| revocations.check(token))
    }

    /// The token from the cache, or as its verifier knows it.
    async fn verified(
        &self,
        credentials: BearerToken<'_>,
        now: SystemTime,
    ) -> Result<AccessToken, VerifyError> {
        let Some(verified) = &self.verified else {
            return self.verify_afresh(credentials, now).await;
        };
        match verified.look_up(credentials.into(), now, self.clock.monotonic()) {
            Lookup::Known(token) => Ok(token),
            Lookup::Unknown(place) => {
                let token = self.verify_afresh(credentials, now).await?;
                verified.keep(&place, credentials, &token, now);
                Ok(token)
            }
        }
    }

    async fn verify_afresh(
        &self,
        credentials: BearerToken<'_>,
        now: SystemTime,
    ) -> Result<AccessToken, VerifyError> {
        let token = self.provider.verify(VerifyRequest::new(credentials, now));
        Ok(token.await?.with_hierarchy(Arc::clone(&self.hierarchy)))
    }
}
