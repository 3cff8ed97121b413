//! [`IntrospectionVerifier`]: from a token string to an [`AccessToken`], by asking its issuer.
//!
//! 1. Length and format: what cannot be a token of this issuer is not even hashed.
//! 2. `memory`: what the issuer has just said about the same token.
//! 3. `remote::single_flight`: the request about it that is under way.
//! 4. `circuit`: is the endpoint left alone for everyone?
//! 5. `remote::backoff`: is it left alone for this token?
//! 6. `call_budget`: a place for a call, now or soon.
//! 7. `endpoint`, `rules`, `claims`: the call, and what the answer must say.
//! 8. The time, by the request at hand: the answer may have been another caller's.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use auth_core::{
    AccessToken, Clock, InvalidToken, SeenOnce, TokenVerifier, Unavailable, VerifyError,
    VerifyRequest, async_trait,
};
use thiserror::Error;

use super::builder::IntrospectionBuilder;
use super::call_budget::{CallBudget, Class, Entry};
use super::circuit::{Circuit, Probe};
use super::endpoint::{Endpoint, EndpointError};
use super::response_cache::{Asked, Memory};
use super::random_token;
use super::rules::{Accepted, AnswerRules};
use super::secret::Secret;
use super::status::EndpointStatus;
use super::token_format::TokenFormat;
use super::token_hash::TokenHash;
use crate::remote::{Joined, KeyedBackoff, SingleFlight};

/// When to come back if it is about nothing that lasts.
const SOON: Duration = Duration::from_secs(1);

/// Verifies the tokens of one issuer by asking its introspection endpoint
/// ([RFC 7662](https://www.rfc-editor.org/rfc/rfc7662)).
///
/// | the answer | |
/// |---|---|
/// | `active` | is `true`, the JSON word |
/// | `iss` | if there, is the configured issuer |
/// | `aud` | a string or an array, holds a configured audience |
/// | `exp`, `nbf`, `iat` | if there, fit the time, with the leeway |
/// | `token_type` | if there, is `Bearer` |
/// | `cnf` | is not there: the proof would have to be checked |
/// | `sub` | or else `client_id`, as the tokens of machines have it |
/// | `scope` | a text with spaces, or an array; judged by the layer |
///
/// Everything but a readable answer with status 200 means that the token cannot be verified now
/// ([`VerifyError::Unavailable`], 503), never that it is bad. A call takes 3 s at the most, follows
/// no redirect and uses no proxy of the environment.
///
/// # When a call fails
///
/// What one caller sends decides nothing for another. A failed call, in whatever way, concerns its
/// token: there is none about that token for 1 s, doubling to 30 s, or for as long as `Retry-After`
/// says, up to 30 s. All others go on.
///
/// When three different tokens have failed in a row, the endpoint is asked about a random token, at
/// most once a second. Only if that fails as well, and not because the endpoint answers an error to
/// every token that it does not know, nothing is called for 1 s, doubling to 30 s; then another
/// random token tries the endpoint. Tokens that were accepted within the last hour are stopped only
/// when the endpoint gives no answer at all, refuses this server's own credentials, or has failed
/// for three of them. Any answer with status 200 that can be read ends it.
/// [`status`](Self::status) shows it.
///
/// # When there are many callers
///
/// At most [`max_concurrent_calls`](IntrospectionBuilder::max_concurrent_calls) run at one time,
/// and one for a random token. A half of the places is kept for tokens that the issuer has accepted
/// within the last hour, and a quarter for tokens that found no place before and come again. Who
/// finds none waits for up to 1 s; after that, or when too many wait, the token cannot be verified
/// now.
///
/// So a flood of tokens that were never issued delays no token that was accepted before. A good
/// token that comes for the first time in the middle of it may be turned away once, with
/// `Retry-After: 1`; when it comes again, it competes only with others that do the same. If the
/// flood repeats its tokens too, new tokens get the share of calls that there is for them, and no
/// guarantee: [`token_format`](IntrospectionBuilder::token_format) turns away what this issuer
/// cannot have made.
///
/// Needs a tokio runtime. Cheap to clone; clones share what is remembered.
#[derive(Clone)]
pub struct IntrospectionVerifier(Arc<Shared>);

pub(super) struct Shared {
    pub(super) max_token_bytes: usize,
    pub(super) token_format: Option<TokenFormat>,
    pub(super) endpoint: Endpoint,
    pub(super) rules: AnswerRules,
    pub(super) memory: Memory,
    pub(super) requests: Arc<SingleFlight<TokenHash, Answer>>,
    pub(super) circuit: Arc<Circuit>,
    pub(super) backoff: KeyedBackoff<TokenHash, EndpointError>,
    pub(super) budget: CallBudget,
    /// Tokens that found no place.
    pub(super) turned_away: SeenOnce,
    pub(super) clock: Arc<dyn Clock>,
}

/// What the callers with the same token share: good but for the time, or why not.
type Answer = Result<Arc<Accepted>, VerifyError>;

/// No place for a call came free in time.
#[derive(Debug, Error)]
#[error("too many introspection requests are under way")]
struct TooManyCalls;

impl IntrospectionVerifier {
    /// Settings: the issuer, the audiences of which a token must have one, and the issuer's introspection
    /// endpoint; see [`IntrospectionBuilder::new`].
    pub fn builder<A: Into<String>>(
        issuer: impl Into<String>,
        audiences: impl IntoIterator<Item = A>,
        endpoint_url: impl Into<String>,
    ) -> IntrospectionBuilder {
        IntrospectionBuilder::new(issuer, audiences, endpoint_url)
    }

    /// How the endpoint stands, for health checks. Calls nothing.
    #[must_use]
    pub fn status(&self) -> EndpointStatus {
        let (usable, failures, last_error) = self.0.circuit.status();
        EndpointStatus {
            endpoint_url: self.0.endpoint.shown_url.to_string(),
            usable,
            failures,
            last_error: last_error.map(|error| error.to_string()),
        }
    }

    pub(super) fn from_shared(shared: Shared) -> Self {
        Self(Arc::new(shared))
    }
}

#[async_trait]
impl TokenVerifier for IntrospectionVerifier {
    async fn verify(&self, request: VerifyRequest<'_>) -> Result<AccessToken, VerifyError> {
        let token = request.token().at_most(self.0.max_token_bytes)?.secret();
        if let Some(format) = &self.0.token_format {
            format.check(token)?;
        }
        let hash = TokenHash::of(token);
        let accepted = match self.0.memory.recall(&hash, request.now()) {
            Some(known) => known?,
            None => self.0.answer(hash, request).await?,
        };
        Ok(accepted.at(request.now())?)
    }
}

impl Shared {
    /// The answer about a token: another caller's, or one of our own.
    async fn answer(self: &Arc<Self>, hash: TokenHash, request: VerifyRequest<'_>) -> Answer {
        let joined = self.requests.join_or_start(hash, || {
            // A request may have ended since the last look.
            if let Some(known) = self.memory.recall(&hash, request.now()) {
                return Err(known.map_err(Into::into));
            }
            let (class, entry) = self.admit(&hash).map_err(|error| Err(error.into()))?;
            let (shared, asked) = (Arc::clone(self), self.memory.asked(request.now()));
            // The call outlives the caller, and so does its copy of the token.
            let token = Secret::new(request.token().secret());
            Ok(async move { shared.call(entry, class, hash, token.reveal(), asked).await })
        });
        match joined {
            Joined::Ready(answer) => answer,
            Joined::Pending(pending) => pending.wait().await.unwrap_or_else(|| {
                let error = self.endpoint.abandoned();
                Err(Unavailable::new(SOON).because(error).into())
            }),
        }
    }

    /// Lets a token into the queue for a call, or returns when to come back.
    fn admit(&self, hash: &TokenHash) -> Result<(Class, Entry), Unavailable> {
        let class = self.class(hash);
        self.circuit.check(class == Class::Known)?;
        let now = self.clock.monotonic();
        if let Some((remaining, error)) = self.backoff.remaining(hash, now) {
            return Err(Unavailable::new(remaining).because(error));
        }
        let entry = self.budget.enter(class);
        let entry = entry.ok_or_else(|| self.turn_away(hash))?;
        Ok((class, entry))
    }

    fn class(&self, hash: &TokenHash) -> Class {
        if self.memory.is_known(hash) {
            Class::Known
        } else if self.turned_away.contains(hash.half()) {
            Class::Returning
        } else {
            Class::New
        }
    }

    fn turn_away(&self, hash: &TokenHash) -> Unavailable {
        self.turned_away.again(hash.half());
        Unavailable::new(SOON).because(TooManyCalls)
    }

    /// Asks the endpoint once there is a place, judges its answer and remembers it.
    async fn call(
        self: Arc<Self>,
        entry: Entry,
        class: Class,
        hash: TokenHash,
        token: &str,
        asked: Asked,
    ) -> Answer {
        let place = entry.place().await;
        let _place = place.ok_or_else(|| self.turn_away(&hash))?;
        let known = class == Class::Known;
        if let Some(probe) = self.circuit.begin(known)? {
            self.probe(probe, known).await?;
        }
        let answer = match self.endpoint.ask(token).await {
            Ok(answer) => answer,
            Err(error) => return Err(self.failed(hash, known, error).into()),
        };
        self.circuit.answered();
        self.backoff.succeeded(&hash);
        self.turned_away.forget(hash.half());
        match answer.and_then(|answer| self.rules.judge(&answer, asked.now())) {
            Ok(accepted) => Ok(self.memory.accepted(hash, accepted, asked)),
            Err(reason) => {
                let refusal = InvalidToken::new(reason);
                self.memory.refused(hash, &refusal, asked);
                Err(refusal.into())
            }
        }
    }

    /// Counts a failed call against its token, and looks into a suspicion against the endpoint.
    fn failed(self: &Arc<Self>, hash: TokenHash, known: bool, error: EndpointError) -> Unavailable {
        tracing::debug!(%error, "a token cannot be introspected");
        if let Some(probe) = self.circuit.failed(hash, known, error.kind()) {
            let shared = Arc::clone(self);
            // No caller waits for this one.
            tokio::spawn(async move {
                let _ = shared.probe(probe, known).await;
            });
        }
        let now = self.clock.monotonic();
        let asked_for = error.retry_after();
        let wait = self.backoff.failed(hash, error.clone(), asked_for, now);
        Unavailable::new(wait).because(error)
    }

    /// Asks about a random token, for a verdict on the endpoint.
    async fn probe(&self, probe: Probe, known: bool) -> Result<(), Unavailable> {
        let Ok(token) = random_token::random_token() else {
            // Without random numbers there is no TLS either. Nothing is concluded.
            return Err(Unavailable::new(SOON));
        };
        let answer = self.endpoint.ask(token.reveal()).await;
        probe.conclude(known, answer.map(|_| ()))
    }
}

/// Shows whom it asks and for what, and nothing that was asked.
impl fmt::Debug for IntrospectionVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IntrospectionVerifier")
            .field("endpoint", &self.0.endpoint.shown_url)
            .field("issuer", &self.0.rules.claims.issuers)
            .field("audiences", &self.0.rules.claims.audiences)
            .finish_non_exhaustive()
    }
}
