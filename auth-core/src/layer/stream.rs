//! When an event stream ends: with its token.
//!
//! 1. After the leeway past the token's expiry, whatever else happens.
//! 2. When a new request with the token would be refused: it was revoked, its key was withdrawn, or
//!    the caller lost a permission. This is evaluated periodically. If the verifier is unavailable,
//!    the stream stays open; if the token now expires later, so does the stream.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, SystemTime};

use http::HeaderValue;
use http::request::Parts;

use super::guard::Guard;
use crate::audit::RequestRecord;
use crate::operation::{Arguments, Operations};
use crate::policy::DecisionRecord;
use crate::support::Sleep;
use crate::token::BearerToken;
use crate::token::VerifiedToken;
use crate::verifier::{InvalidReason, VerifyError};
use crate::verifier::{RequestHead, Seen, WatchedHead};
use crate::wire::Refusal;

/// The questions to authorizers, kept for evaluating them again.
#[derive(Default)]
pub(super) enum AuthorizerQuestions {
    /// None: there is no authorizer, or the operation is public.
    #[default]
    Nothing,
    About(Box<(Operations, Arguments)>),
    /// Arguments that are too long to be kept while a stream is open.
    TooLong,
}

/// The request that opened a stream.
pub(super) struct OpeningRequest {
    pub(super) caller: VerifiedToken,
    /// Its head, if the decision depended on it.
    pub(super) head: Option<Arc<Parts>>,
    /// The questions to authorizers.
    pub(super) questions: AuthorizerQuestions,
    /// Whether the operation is public, so that only the token matters.
    pub(super) public: bool,
    /// Whether a policy of the request needs a live session.
    pub(super) live_session: bool,
    pub(super) authorization: HeaderValue,
    pub(super) request: RequestRecord,
}

/// Whether the token of an open stream is still valid.
enum TokenState {
    /// It is valid until then.
    ValidUntil(SystemTime),
    Expired,
    /// Undetermined: a verifier or an authorizer is unavailable.
    Unknown,
    /// Undetermined: it depends on a head or on arguments that were not kept.
    Undeterminable,
    Refused(Refusal),
}

impl Guard {
    /// Completes when the stream must end; `None` for a stream that may stay open without a valid
    /// token.
    pub(super) fn end_of_stream(self: &Arc<Self>, opening: OpeningRequest) -> Option<Sleep> {
        let rules = self.streams.as_ref()?;
        let (leeway, interval, first) = (rules.leeway, rules.recheck_every, rules.first_wait());
        let guard = Arc::clone(self);
        // Subscribed first, so that no revocation since the request was evaluated is missed.
        let mut changed = self.changed(&opening.caller);
        let revoked = self.check_revocations(&opening.caller).is_err();
        Some(Box::pin(async move {
            let mut end = opening.caller.expires_at().checked_add(leeway);
            let mut wait = if revoked { Duration::ZERO } else { first };
            loop {
                // Beside the verification: a verifier that never answers does not keep the stream
                // open.
                let deadline = guard.until(end);
                let question = async {
                    guard.next_evaluation(&opening, wait, &mut changed).await;
                    guard.evaluate_unless_revoked(&opening, &mut changed).await
                };
                let Some(answer) = within(deadline, question).await else {
                    return;
                };
                wait = interval;
                let now = guard.clock.now();
                match answer {
                    TokenState::ValidUntil(expires_at) => end = expires_at.checked_add(leeway),
                    TokenState::Expired => {
                        end = end.into_iter().chain(now.checked_add(leeway)).min();
                    }
                    TokenState::Unknown => {}
                    TokenState::Undeterminable => return,
                    TokenState::Refused(refusal) => {
                        // Many issuers report an expired token as merely invalid.
                        if now < opening.caller.expires_at() {
                            guard.record_late_refusal(
                                refusal,
                                Some(&opening.caller),
                                &opening.request,
                            );
                        }
                        return;
                    }
                }
            }
        }))
    }

    /// Completes after `wait`, or when this very token was revoked: revocations of other tokens
    /// cause no verification.
    async fn next_evaluation(
        &self,
        opening: &OpeningRequest,
        wait: Duration,
        changed: &mut Option<Sleep>,
    ) {
        let mut pause = self.clock.sleep(wait);
        while within(changed.take(), &mut pause).await.is_none() {
            *changed = self.changed(&opening.caller);
            if self.check_revocations(&opening.caller).is_err() {
                return;
            }
        }
        *changed = self.changed(&opening.caller);
    }

    /// Evaluates the opening again, or reports its revocation if that comes first: a verifier or an
    /// authorizer may take long.
    async fn evaluate_unless_revoked(
        &self,
        opening: &OpeningRequest,
        changed: &mut Option<Sleep>,
    ) -> TokenState {
        let mut question = pin!(self.evaluate_opening(opening));
        loop {
            let answer = within(changed.take(), &mut question).await;
            // Subscribed first, so that no revocation until now is missed.
            *changed = self.changed(&opening.caller);
            if let Err(VerifyError::Invalid(invalid)) = self.check_revocations(&opening.caller) {
                return TokenState::Refused(invalid.into());
            }
            if let Some(answer) = answer {
                return answer;
            }
        }
    }

    /// Completes when the token may have been revoked after this call; never for `None`.
    fn changed(&self, token: &VerifiedToken) -> Option<Sleep> {
        self.revocations.as_ref().map(|it| it.changed(token))
    }

    /// Completes at that time; never for `None`.
    fn until(&self, end: Option<SystemTime>) -> Option<Sleep> {
        let left = end?.duration_since(self.clock.now()).unwrap_or_default();
        Some(self.clock.sleep(left))
    }

    async fn evaluate_opening(&self, opening: &OpeningRequest) -> TokenState {
        let Ok(Some(credentials)) = BearerToken::from_line(&opening.authorization) else {
            return TokenState::Unknown;
        };
        if matches!(opening.questions, AuthorizerQuestions::TooLong) {
            return TokenState::Undeterminable;
        }
        let seen = Seen::default();
        let head = match &opening.head {
            Some(parts) => WatchedHead::unwatched(RequestHead::of(parts)),
            None => WatchedHead::new(RequestHead::empty(), &seen),
        };
        let answer = self.evaluate_again(opening, credentials, head).await;
        if seen.get() {
            return TokenState::Undeterminable;
        }
        match answer {
            Ok(token) => TokenState::ValidUntil(token.expires_at()),
            Err(Refusal::Unavailable(_)) => TokenState::Unknown,
            Err(Refusal::InvalidToken(invalid)) if invalid.reason() == InvalidReason::Expired => {
                TokenState::Expired
            }
            Err(refusal) => TokenState::Refused(refusal),
        }
    }

    /// The decision that the opening request would get now. A proof of possession is not checked
    /// again: it was for that request only.
    async fn evaluate_again(
        &self,
        opening: &OpeningRequest,
        credentials: BearerToken<'_>,
        head: WatchedHead<'_>,
    ) -> Result<VerifiedToken, Refusal> {
        let now = self.clock.now();
        let token = self.verify(credentials, head, now).await?;
        self.check_revocations(&token)?;
        if opening.public {
            return Ok(token);
        }
        let member = self.member(&token, &[])?;
        let request = self.policy_request(&token, now, head).for_recheck();
        let request = request.with_member(member.as_ref());
        self.authorize_any(&request)
            .map_err(|denied| self.refusal(denied, &token))?;
        if opening.live_session {
            self.check_session(&token, now).await?;
        }
        if let AuthorizerQuestions::About(questions) = &opening.questions {
            // There is no event for a stream that stays open.
            let record = DecisionRecord::default();
            let answer = self
                .ask_authorizers(
                    &self.snapshots(),
                    &request,
                    &questions.0,
                    &questions.1,
                    &record,
                )
                .await;
            answer.map_err(|error| self.not_authorized(error, &token))?;
        }
        Ok(token)
    }
}

/// The output of `work`, unless the deadline comes first.
async fn within<T>(mut deadline: Option<Sleep>, work: impl Future<Output = T>) -> Option<T> {
    let mut work = pin!(work);
    poll_fn(|context| {
        if let Some(deadline) = &mut deadline
            && deadline.as_mut().poll(context).is_ready()
        {
            return Poll::Ready(None);
        }
        work.as_mut().poll(context).map(Some)
    })
    .await
}
