//! When an event stream ends: with its token.
//!
//! 1. A while after the token's expiry, whatever else is going on.
//! 2. When a new request with the token would be refused: it was revoked, its key was withdrawn,
//!    the caller is not allowed any more. That is asked from time to time. Where it cannot be told,
//!    the stream goes on; where the token turns out to live longer, so does the stream.

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
use crate::support::Sleep;
use crate::token::BearerToken;
use crate::token::VerifiedToken;
use crate::verifier::{InvalidReason, VerifyError};
use crate::verifier::{RequestHead, Seen, WatchedHead};
use crate::wire::Refusal;

/// What authorizers are asked about again.
#[derive(Default)]
pub(super) enum Reasked {
    /// There are none, or what was asked for is public.
    #[default]
    Nothing,
    About(Box<(Operations, Arguments)>),
    /// About arguments that are too long to be kept for as long as a stream.
    TooMuch,
}

/// What was sent to open a stream.
pub(super) struct Opener {
    pub(super) caller: VerifiedToken,
    /// Its head, where what was decided about it depends on that.
    pub(super) head: Option<Arc<Parts>>,
    /// What the authorizers were asked about.
    pub(super) asked: Reasked,
    /// Whether what was asked for is for everybody, so that the token alone matters.
    pub(super) public: bool,
    pub(super) authorization: HeaderValue,
    pub(super) request: RequestRecord,
}

/// What is said of the token of an open stream.
enum Answer {
    /// It is good until then.
    Good(SystemTime),
    Expired,
    /// The answer is not known: a verifier or an authorizer is unavailable.
    Unknown,
    /// It depends on a head that was not kept, since nothing depended on it so far, or on more than is kept.
    Undecidable,
    Refused(Refusal),
}

impl Guard {
    /// Ends when the stream must; `None` for a stream that outlives its token.
    pub(super) fn end_of_stream(self: &Arc<Self>, opener: Opener) -> Option<Sleep> {
        let rules = self.streams.as_ref()?;
        let (leeway, interval, first) = (rules.leeway, rules.recheck_every, rules.first_wait());
        let guard = Arc::clone(self);
        // From here on nothing is missed; what was revoked since the request was judged is seen at once.
        let mut changed = self.changed();
        let revoked = self.check_revocations(&opener.caller).is_err();
        Some(Box::pin(async move {
            let mut end = opener.caller.expires_at().checked_add(leeway);
            let mut wait = if revoked { Duration::ZERO } else { first };
            loop {
                // Beside the question too: a verifier that never answers holds up nothing.
                let deadline = guard.until(end);
                let question = async {
                    guard.a_reason_to_ask(&opener, wait, &mut changed).await;
                    guard.ask_unless_revoked(&opener, &mut changed).await
                };
                let Some(answer) = within(deadline, question).await else {
                    return;
                };
                wait = interval;
                let now = guard.clock.now();
                match answer {
                    Answer::Good(expires_at) => end = expires_at.checked_add(leeway),
                    Answer::Expired => {
                        end = end.into_iter().chain(now.checked_add(leeway)).min();
                    }
                    Answer::Unknown => {}
                    Answer::Undecidable => return,
                    Answer::Refused(refusal) => {
                        // Many issuers have no other word for a token that has expired.
                        if now < opener.caller.expires_at() {
                            guard.record_late_refusal(
                                refusal,
                                Some(&opener.caller),
                                &opener.request,
                            );
                        }
                        return;
                    }
                }
            }
        }))
    }

    /// Ends after a while, or when the token itself was revoked: what is revoked of others costs no question.
    async fn a_reason_to_ask(&self, opener: &Opener, wait: Duration, changed: &mut Option<Sleep>) {
        let mut pause = self.clock.sleep(wait);
        while within(changed.take(), &mut pause).await.is_none() {
            *changed = self.changed();
            if self.check_revocations(&opener.caller).is_err() {
                return;
            }
        }
        *changed = self.changed();
    }

    /// The decision about the opener, or its revocation if that comes first: a verifier or an authorizer may take
    /// long to answer.
    async fn ask_unless_revoked(&self, opener: &Opener, changed: &mut Option<Sleep>) -> Answer {
        let mut question = pin!(self.ask_about(opener));
        loop {
            let answer = within(changed.take(), &mut question).await;
            // From here on nothing is missed; what was revoked until now is seen at once.
            *changed = self.changed();
            if let Err(VerifyError::Invalid(invalid)) = self.check_revocations(&opener.caller) {
                return Answer::Refused(invalid.into());
            }
            if let Some(answer) = answer {
                return answer;
            }
        }
    }

    /// Ends when something is revoked after this call; never for `None`.
    fn changed(&self) -> Option<Sleep> {
        self.revocations.as_ref().map(|it| it.changed())
    }

    /// Ends at that time; never for `None`.
    fn until(&self, end: Option<SystemTime>) -> Option<Sleep> {
        let left = end?.duration_since(self.clock.now()).unwrap_or_default();
        Some(self.clock.sleep(left))
    }

    async fn ask_about(&self, opener: &Opener) -> Answer {
        let Ok(Some(credentials)) = BearerToken::from_line(&opener.authorization) else {
            return Answer::Unknown;
        };
        if matches!(opener.asked, Reasked::TooMuch) {
            return Answer::Undecidable;
        }
        let seen = Seen::default();
        let head = match &opener.head {
            Some(parts) => WatchedHead::unwatched(RequestHead::of(parts)),
            None => WatchedHead::new(RequestHead::empty(), &seen),
        };
        let answer = self.decide_again(opener, credentials, head).await;
        if seen.get() {
            return Answer::Undecidable;
        }
        match answer {
            Ok(token) => Answer::Good(token.expires_at()),
            Err(Refusal::Unavailable(_)) => Answer::Unknown,
            Err(Refusal::InvalidToken(invalid)) if invalid.reason() == InvalidReason::Expired => {
                Answer::Expired
            }
            Err(refusal) => Answer::Refused(refusal),
        }
    }

    /// What would be decided now about the request that opened the stream; a proof of possession was one of that
    /// request alone.
    async fn decide_again(
        &self,
        opener: &Opener,
        credentials: BearerToken<'_>,
        head: WatchedHead<'_>,
    ) -> Result<VerifiedToken, Refusal> {
        let now = self.clock.now();
        let token = self.verify(credentials, head, now).await?;
        self.check_revocations(&token)?;
        if opener.public {
            return Ok(token);
        }
        let request = self.policy_request(&token, now, head);
        self.authorize_any(&request)
            .map_err(|denied| self.refusal(denied, &token))?;
        if let Reasked::About(asked) = &opener.asked {
            let answer = self.ask_authorizers(&request, &asked.0, &asked.1).await;
            answer.map_err(|error| self.not_authorized(error, &token))?;
        }
        Ok(token)
    }
}

/// What comes of `work`, unless the deadline comes first.
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
