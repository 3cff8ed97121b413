//! [`LiveSessions`]: asks the issuer whether the session of a token still exists.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::SystemTime;

use async_trait::async_trait;

use crate::token::VerifiedToken;
use crate::verifier::VerifyError;

/// Knows which sessions exist at the issuer now, for operations that must not wait until a change is reported: those
/// whose policies include [`session_is_live`](crate::policy::session_is_live()). The layer calls it for every request
/// for one, after [`Revocations`](super::Revocations), so an implementation should cache its answers for a few seconds.
#[async_trait]
pub trait LiveSessions: Debug + Send + Sync + 'static {
    /// Checks that the session in which the token was issued
    /// ([`session_id`](VerifiedToken::session_id)) exists at `now`.
    ///
    /// # Errors
    ///
    /// [`VerifyError::Invalid`] if it has ended (401), or if the token has none;
    /// [`VerifyError::Unavailable`] if that is not known now (503).
    async fn check(&self, token: &VerifiedToken, now: SystemTime) -> Result<(), VerifyError>;
}

/// Implements the trait for a pointer, by that of its target.
macro_rules! forwarded {
    ($($pointer:ident),*) => {$(
        #[async_trait]
        #[deny(clippy::missing_trait_methods)]
        impl<L: LiveSessions + ?Sized> LiveSessions for $pointer<L> {
            async fn check(
                &self,
                token: &VerifiedToken,
                now: SystemTime,
            ) -> Result<(), VerifyError> {
                (**self).check(token, now).await
            }
        }
    )*};
}

forwarded!(Arc, Box);
