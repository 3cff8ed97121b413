//! When an event stream ends: with its token.
//!
//! 1. A while after the token's expiry, at once.
//! 2. When the token is refused by now: it was revoked, its key was withdrawn, the caller is not
//!    allowed any more. That is asked from time to time. Where it cannot be asked, the stream goes
//!    on.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;

use super::guard::Guard;
use crate::bearer::BearerToken;
use crate::clock::Sleep;
use crate::error::{InvalidReason, VerifyError};
use crate::policy::PolicyRequest;
use crate::refusal::Refusal;
use crate::token::AccessToken;
use crate::verifier::VerifyRequest;

/// How an open stream is watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct StreamRules {
    /// How long it may go on after the expiry of its token.
    pub(super) leeway: Duration,
    /// How often its token is asked about.
    pub(super) recheck_every: Duration,
}

impl StreamRules {
    /// 60 s each: the leeway that the expiry itself has, and how long a verifier may go by what it
    /// knows of a token.
    pub(super) const DEFAULT: Self = Self {
        leeway: Duration::from_secs(60),
        recheck_every: Duration::from_secs(60),
    };

    /// More often would be more than a verifier can tell.
    pub(super) const MIN_RECHECK: Duration = Duration::from_secs(1);
}

/// What was sent to open a stream.
pub(super) struct Opener {
    pub(super) caller: AccessToken,
    pub(super) authorization: HeaderValue,
    pub(super) request_id: Option<HeaderValue>,
}

impl Guard {
    /// Ends when the stream must; `None` for a stream that outlives its token.
    pub(super) fn end_of_stream(self: &Arc<Self>, opener: Opener) -> Option<Sleep> {
        let rules = self.streams?;
        let guard = Arc::clone(self);
        Some(Box::pin(async move {
            let end = opener.caller.expires_at().checked_add(rules.leeway);
            loop {
                let now = guard.clock.now();
                let left = end.map(|end| end.duration_since(now).unwrap_or_default());
                match left {
                    Some(left) if left <= rules.recheck_every => {
                        return guard.clock.sleep(left).await;
                    }
                    _ => guard.clock.sleep(rules.recheck_every).await,
                }
                if let Some(refusal) = guard.refused_by_now(&opener).await {
                    let request_id = opener.request_id.as_ref();
                    return guard.tell_late(refusal, Some(&opener.caller), request_id);
                }
            }
        }))
    }

    /// Why the stream's token is refused, if it is.
    async fn refused_by_now(&self, opener: &Opener) -> Option<Refusal> {
        let credentials = BearerToken::from_line(&opener.authorization).ok()??;
        let now = self.clock.now();
        match self
            .provider
            .verify(VerifyRequest::new(credentials, now))
            .await
        {
            Ok(token) => {
                let token = token.with_hierarchy(Arc::clone(&self.hierarchy));
                let denied = self.authorize_any(&PolicyRequest::new(&token, now)).err()?;
                Some(self.refusal(denied, &token))
            }
            // That is for the leeway to say, and an outage says nothing of the token.
            Err(VerifyError::Invalid(invalid)) if invalid.reason() == InvalidReason::Expired => {
                None
            }
            Err(VerifyError::Unavailable(_)) => None,
            Err(error) => Some(error.into()),
        }
    }
}
