//! [`ScalekitSessions`]: whether the session of a token exists, by the management API.
//!
//! 1. A token without a session at Scalekit is refused without a call.
//! 2. `session_answers`: the answer about the session of the last seconds, if there is one.
//! 3. `remote::backoff`: are there no calls for a while, for this session or for all?
//! 4. `remote::single_flight`: the call for the same session that is in flight, or a new one.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use auth_core::error::{ConfigError, ConfigErrors};
use auth_core::revocation::{LiveSessions, Revocation, RevocationStore, RevocationTarget};
use auth_core::support::{Clock, async_trait};
use auth_core::token::VerifiedToken;
use auth_core::verifier::{InvalidReason, Unavailable, VerifyError};
use tokio::time::timeout;

use super::session_answers::{Answer, SessionAnswers};
use crate::management::{Management, ManagementError, ManagementErrorKind, is_session_id};
use crate::remote::{Backoff, Joined, KeyedBackoff, SingleFlight};

/// How long a request waits for an answer. The call continues for those that come later.
const PATIENCE: Duration = Duration::from_secs(3);
/// `Retry-After` for a short-lived condition.
const SOON: Duration = Duration::from_secs(1);
/// The most sessions with a separate back-off, about 2 MiB.
const MAX_BACKOFFS: u64 = 4_096;

/// The sessions of Scalekit, for [`session_is_live`](auth_core::policy::session_is_live()): a
/// [`LiveSessions`] by the management API.
///
/// | answer of the API about the claim `sid` | the request |
/// |---|---|
/// | status `active`, and neither end of the session has been reached | is admitted |
/// | any other status, an end that was reached, no such session (404) | 401 |
/// | everything else, such as 401, 403, 429 and 5xx | 503: that says nothing about the session |
///
/// A token without a session is refused (401): those of machines, and those with a `sid` that is not an id of
/// Scalekit. Let machines use a tool that needs a live session by another tool, or by another layer.
///
/// Answers are reused for 5 s ([`live_session_cache`](crate::ScalekitBuilder::live_session_cache)), for up to
/// 10,000 sessions, and all requests of a session share one call. A request waits for up to 3 s. After a failed call
/// there is no other for the session for 1 s, doubling to 30 s, or for as long as the API requests; after 429, for any
/// session, since that limit is for the whole environment. A session that has ended by the word of the API is also
/// revoked for all other operations.
///
/// [`ScalekitProvider::live_sessions`](crate::ScalekitProvider::live_sessions) returns it. Needs a tokio runtime. Cheap
/// to clone; clones share all state.
#[derive(Clone)]
pub struct ScalekitSessions(Arc<Shared>);

struct Shared {
    management: Management,
    store: Arc<dyn RevocationStore>,
    issuer: Box<str>,
    clock: Arc<dyn Clock>,
    answers: SessionAnswers,
    calls: Arc<SingleFlight<Arc<str>, Result<Answer, Unavailable>>>,
    backoff: KeyedBackoff<Scope, ManagementError>,
}

/// What a failure is about.
#[derive(PartialEq, Eq, Hash)]
enum Scope {
    Session(Arc<str>),
    Environment,
}

impl ScalekitSessions {
    pub(crate) const DEFAULT_CACHE: Duration = Duration::from_secs(5);
    const MAX_CACHE: Duration = Duration::from_secs(60);

    /// Adds an error for answers that are reused for too long.
    pub(crate) fn vet_cache(errors: &mut ConfigErrors, cached_for: Duration) {
        if cached_for > Self::MAX_CACHE {
            let problem = "is more than 60 s: a session that has ended would be live for that time";
            errors.push(ConfigError::new("live_session_cache", problem));
        }
    }

    /// The sessions of the tokens of `issuer`. Those that have ended are revoked in `store`.
    pub(crate) fn new(
        management: Management,
        store: Arc<dyn RevocationStore>,
        issuer: Box<str>,
        cached_for: Duration,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self(Arc::new(Shared {
            management,
            store,
            issuer,
            answers: SessionAnswers::new(cached_for, Arc::clone(&clock)),
            clock,
            calls: Arc::new(SingleFlight::new()),
            backoff: KeyedBackoff::new(Backoff::default(), MAX_BACKOFFS),
        }))
    }
}

#[async_trait]
impl LiveSessions for ScalekitSessions {
    async fn check(&self, token: &VerifiedToken, now: SystemTime) -> Result<(), VerifyError> {
        let session_id = token.session_id().filter(|id| is_session_id(id));
        let Some(session_id) = session_id.filter(|_| !token.is_machine()) else {
            return Err(InvalidReason::Other.into());
        };
        let answer = match self.0.answers.recall(session_id, now) {
            Some(answer) => answer,
            None => self.0.ask(session_id.into(), now).await?,
        };
        match answer.is_live_at(now) {
            true => Ok(()),
            false => Err(InvalidReason::Revoked.into()),
        }
    }
}

impl Shared {
    /// Asks the API, or joins the call that is in flight for the session.
    async fn ask(
        self: &Arc<Self>,
        session_id: Arc<str>,
        now: SystemTime,
    ) -> Result<Answer, Unavailable> {
        let joined = self.calls.join_or_start(Arc::clone(&session_id), || {
            // A call may have ended since the last look.
            if let Some(answer) = self.answers.recall(&session_id, now) {
                return Err(Ok(answer));
            }
            self.may_call(&session_id).map_err(Err)?;
            let shared = Arc::clone(self);
            Ok(async move { shared.call(session_id).await })
        });
        match joined {
            Joined::Ready(answer) => answer,
            Joined::Pending(pending) => match timeout(PATIENCE, pending.wait()).await {
                Ok(Some(answer)) => answer,
                Ok(None) | Err(_) => Err(Unavailable::new(SOON)),
            },
        }
    }

    fn may_call(&self, session_id: &Arc<str>) -> Result<(), Unavailable> {
        let now = self.clock.monotonic();
        let scopes = [Scope::Environment, Scope::Session(Arc::clone(session_id))];
        let mut waits = scopes
            .iter()
            .filter_map(|scope| self.backoff.remaining(scope, now));
        waits.next().map_or(Ok(()), |(wait, error)| {
            Err(Unavailable::new(wait).because(error))
        })
    }

    async fn call(&self, session_id: Arc<str>) -> Result<Answer, Unavailable> {
        // An answer is as old as its question.
        let since = self.clock.monotonic();
        let answer = match self.management.session(&session_id).await {
            Ok(session) => Answer::of(&session),
            Err(error) if error.is_not_found() => Answer::Ended,
            Err(error) => return Err(self.failed(session_id, error)),
        };
        self.backoff.succeeded(&Scope::Environment);
        self.backoff
            .succeeded(&Scope::Session(Arc::clone(&session_id)));
        if answer == Answer::Ended {
            self.revoke(&session_id).await;
        }
        self.answers.remember(session_id, answer, since);
        Ok(answer)
    }

    /// Also for the operations that do not ask, and for open streams.
    async fn revoke(&self, session_id: &str) {
        let session = RevocationTarget::session(session_id);
        let revocation = Revocation::new(self.issuer.clone(), session, self.clock.now());
        // It is in effect here in any case, and each process that is asked finds out itself.
        if let Err(error) = self.store.revoke(&[revocation]).await {
            tracing::warn!(%error, "a session that has ended is not revoked in other processes");
        }
    }

    fn failed(&self, session_id: Arc<str>, error: ManagementError) -> Unavailable {
        tracing::warn!(%error, "whether a session is live is not known");
        let scope = match error.kind() {
            ManagementErrorKind::RateLimited => Scope::Environment,
            _ => Scope::Session(session_id),
        };
        let (now, asked_for) = (self.clock.monotonic(), error.retry_after());
        let wait = self.backoff.failed(scope, error.clone(), asked_for, now);
        Unavailable::new(wait).because(error)
    }
}

/// Shows the environment alone, since the rest identifies users.
impl fmt::Debug for ScalekitSessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScalekitSessions")
            .field("environment", &self.0.issuer)
            .finish_non_exhaustive()
    }
}
