//! [`Lookup`]: from a token string to a [`VerifiedToken`], by a call to its issuer.
//!
//! 1. `answer_cache`: what the issuer has just reported about the same token.
//! 2. `remote::single_flight`: the call for the same token that is in flight.
//! 3. `circuit`: are calls stopped for all tokens?
//! 4. `remote::backoff`: are they stopped for this token?
//! 5. `call_rate`, `call_budget`: a place for a call, now or soon.
//! 6. `issuer`: the call, and the checks of the answer.
//! 7. The time of this request: the answer may come from an earlier one.

use std::sync::Arc;
use std::time::Duration;

use auth_core::support::Clock;
use auth_core::token::VerifiedToken;
use auth_core::verifier::{InvalidToken, SeenOnce, Unavailable, VerifyError, VerifyRequest};
use thiserror::Error;

use super::accepted::Accepted;
use super::answer_cache::{AnswerCache, CallTime};
use super::caching::Caching;
use super::call_budget::{CallBudget, Class, Entry};
use super::call_rate::CallRate;
use super::circuit::{Circuit, Probe};
use super::issuer::{CallError, Issuer};
use super::random_token;
use super::token_hash::TokenHash;
use crate::remote::{Backoff, Joined, KeyedBackoff, SingleFlight};
use crate::secret::Secret;

/// `Retry-After` for a short-lived condition.
const SOON: Duration = Duration::from_secs(1);
/// The most tokens with a separate back-off, about 2 MiB: any caller can make such tokens.
const MAX_BACKOFFS: u64 = 4_096;
/// The most tokens that are remembered because they found no place, 1 MiB when in use. With 9,000 of them a
/// second, one in a million is forgotten within the second that it has to wait.
const MAX_TURNED_AWAY: u64 = 1 << 19;

/// The tokens of one issuer, and the calls about them.
pub(crate) struct Lookup<I>(Arc<Shared<I>>);

struct Shared<I> {
    issuer: I,
    answers: AnswerCache,
    requests: Arc<SingleFlight<TokenHash, Shareable>>,
    circuit: Arc<Circuit>,
    backoff: KeyedBackoff<TokenHash, CallError>,
    budget: CallBudget,
    rates: Option<Rates>,
    /// Tokens that found no place.
    turned_away: SeenOnce,
    clock: Arc<dyn Clock>,
}

/// The calls for tokens that were not accepted before.
struct Rates {
    /// For those that are sent again because there was no place.
    returning: CallRate,
    new: CallRate,
}

/// The settings of a [`Lookup`], which have been vetted.
pub(crate) struct LookupSettings<'a> {
    /// What is asked, as logs name it.
    pub(crate) name: &'static str,
    pub(crate) caching: &'a Caching,
    pub(crate) max_concurrent_calls: usize,
    /// The calls a minute for tokens that were not accepted before: that many for new ones, and that many for those that
    /// are sent again. `None`: no limit but the concurrent ones.
    pub(crate) unknown_per_minute: Option<u32>,
    pub(crate) clock: Arc<dyn Clock>,
}

/// The result of a call, which callers with the same token share; its times are still to be checked.
type Shareable = Result<Arc<Accepted>, VerifyError>;

/// No place for a call became free in time.
#[derive(Debug, Error)]
#[error("too many tokens are being verified by calls to their issuer")]
struct TooManyCalls;

impl<I: Issuer> Lookup<I> {
    pub(crate) fn new(issuer: I, settings: LookupSettings<'_>) -> Self {
        let clock = settings.clock;
        let rates = settings.unknown_per_minute.map(|calls| Rates {
            returning: CallRate::per_minute(calls),
            new: CallRate::per_minute(calls),
        });
        Self(Arc::new(Shared {
            issuer,
            answers: AnswerCache::new(settings.caching, Arc::clone(&clock)),
            requests: Arc::new(SingleFlight::new()),
            circuit: Arc::new(Circuit::new(settings.name, Arc::clone(&clock))),
            backoff: KeyedBackoff::new(Backoff::default(), MAX_BACKOFFS),
            budget: CallBudget::new(settings.max_concurrent_calls, Arc::clone(&clock)),
            rates,
            turned_away: SeenOnce::new(MAX_TURNED_AWAY),
            clock,
        }))
    }

    pub(crate) fn issuer(&self) -> &I {
        &self.0.issuer
    }

    /// Whether calls are made, at least for tokens that were accepted before; how often they were stopped since the last
    /// good answer, and why.
    pub(crate) fn status(&self) -> (bool, u32, Option<CallError>) {
        self.0.circuit.status()
    }

    /// Verifies the token of a request, whose length and format have been checked.
    pub(crate) async fn verify(
        &self,
        request: VerifyRequest<'_>,
    ) -> Result<VerifiedToken, VerifyError> {
        let hash = TokenHash::of(request.token().secret());
        let accepted = match self.0.answers.recall(&hash, request.now()) {
            Some(known) => known?,
            None => self.0.look_up(hash, request).await?,
        };
        Ok(accepted.at(request.now())?)
    }
}

impl<I: Issuer> Shared<I> {
    /// Asks about a token, or joins the call that is in flight for it.
    async fn look_up(self: &Arc<Self>, hash: TokenHash, request: VerifyRequest<'_>) -> Shareable {
        let joined = self.requests.join_or_start(hash, || {
            // A call may have ended since the last check.
            if let Some(known) = self.answers.recall(&hash, request.now()) {
                return Err(known.map_err(Into::into));
            }
            let (class, entry) = self.admit(&hash).map_err(|error| Err(error.into()))?;
            let (shared, call_time) = (Arc::clone(self), self.answers.call_time(request.now()));
            // The call outlives the caller, and so does this copy of the token.
            let token = Secret::new(request.token().secret());
            Ok(async move {
                shared
                    .call(entry, class, hash, token.reveal(), call_time)
                    .await
            })
        });
        match joined {
            Joined::Ready(answer) => answer,
            Joined::Pending(pending) => pending.wait().await.unwrap_or_else(|| {
                let error = self.issuer.abandoned();
                Err(Unavailable::new(SOON).because(error).into())
            }),
        }
    }

    /// Enters a token into the queue for a call, or returns the time to wait.
    fn admit(&self, hash: &TokenHash) -> Result<(Class, Entry), Unavailable> {
        let class = self.class(hash);
        self.circuit.check(class == Class::Known)?;
        let now = self.clock.monotonic();
        if let Some((remaining, error)) = self.backoff.remaining(hash, now) {
            return Err(Unavailable::new(remaining).because(error));
        }
        let entry = self.budget.enter(class);
        let entry = entry.ok_or_else(|| self.turn_away(hash, SOON))?;
        // Taken later: a caller for whom no place becomes free uses up no call.
        let rate = self.rate(class).map_or(Ok(()), |rate| rate.check(now));
        rate.map_err(|wait| self.turn_away(hash, wait))?;
        Ok((class, entry))
    }

    /// The budget of calls for this class, if it has one.
    fn rate(&self, class: Class) -> Option<&CallRate> {
        let rates = self.rates.as_ref()?;
        match class {
            Class::Known => None,
            Class::Returning => Some(&rates.returning),
            Class::New => Some(&rates.new),
        }
    }

    fn class(&self, hash: &TokenHash) -> Class {
        if self.answers.is_known(hash) {
            Class::Known
        } else if self.turned_away.contains(hash.half()) {
            Class::Returning
        } else {
            Class::New
        }
    }

    fn turn_away(&self, hash: &TokenHash, wait: Duration) -> Unavailable {
        self.turned_away.again(hash.half());
        Unavailable::new(wait.max(SOON)).because(TooManyCalls)
    }

    /// Calls the issuer once there is a place, and remembers its answer.
    async fn call(
        self: Arc<Self>,
        entry: Entry,
        class: Class,
        hash: TokenHash,
        token: &str,
        call_time: CallTime,
    ) -> Shareable {
        let place = entry.place().await;
        let _place = place.ok_or_else(|| self.turn_away(&hash, SOON))?;
        let rate = self.rate(class);
        rate.map_or(Ok(()), |rate| rate.take(self.clock.monotonic()))
            .map_err(|wait| self.turn_away(&hash, wait))?;
        let known = class == Class::Known;
        if let Some(probe) = self.circuit.begin(known)? {
            self.probe(probe, known).await?;
        }
        let answer = match self.issuer.ask(token, call_time.now()).await {
            Ok(answer) => answer,
            Err(error) => return Err(self.failed(hash, known, error).into()),
        };
        self.circuit.answered();
        self.backoff.succeeded(&hash);
        self.turned_away.forget(hash.half());
        match answer {
            Ok(accepted) => Ok(self.answers.accepted(hash, accepted, call_time)),
            Err(reason) => {
                let refusal = InvalidToken::new(reason);
                self.answers.refused(hash, &refusal, call_time);
                Err(refusal.into())
            }
        }
    }

    /// Records a failed call for its token, and probes the issuer if that completes a suspicion.
    fn failed(self: &Arc<Self>, hash: TokenHash, known: bool, error: CallError) -> Unavailable {
        tracing::debug!(%error, "a token cannot be verified by its issuer");
        if let Some(probe) = self.circuit.failed(hash, known, error.kind()) {
            let shared = Arc::clone(self);
            // No caller waits for this probe.
            tokio::spawn(async move {
                let _ = shared.probe(probe, known).await;
            });
        }
        let now = self.clock.monotonic();
        let asked_for = error.retry_after();
        let wait = self.backoff.failed(hash, error.clone(), asked_for, now);
        Unavailable::new(wait).because(error)
    }

    /// Probes the issuer with a random token.
    async fn probe(&self, probe: Probe, known: bool) -> Result<(), Unavailable> {
        let Ok(token) = random_token::random_token() else {
            // Without random bytes there is no TLS either: the probe has no result.
            return Err(Unavailable::new(SOON));
        };
        let now = self.clock.now();
        let answer = self.issuer.ask(token.reveal(), now).await;
        probe.conclude(known, answer.map(|_| ()))
    }
}

/// Clones share all state.
impl<I> Clone for Lookup<I> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}
