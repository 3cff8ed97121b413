//! [`IntrospectionVerifier`]: from a token string to a [`VerifiedToken`], by a call to its issuer.
//!
//! 1. Length and format: a string that cannot be a token of this issuer is not hashed.
//! 2. `response_cache`: what the issuer has just reported about the same token.
//! 3. `remote::single_flight`: the call for the same token that is in flight.
//! 4. `circuit`: are calls stopped for all tokens?
//! 5. `remote::backoff`: are they stopped for this token?
//! 6. `call_budget`: a place for a call, now or soon.
//! 7. `endpoint`, `rules`, `claims`: the call, and the checks of the response.
//! 8. The time of this request: the response may come from an earlier one.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use auth_core::support::{Clock, async_trait};
use auth_core::token::VerifiedToken;
use auth_core::verifier::{
    InvalidToken, SeenOnce, TokenVerifier, Unavailable, VerifyError, VerifyRequest,
};
use thiserror::Error;

use super::builder::IntrospectionBuilder;
use super::call_budget::{CallBudget, Class, Entry};
use super::circuit::{Circuit, Probe};
use super::endpoint::{Endpoint, EndpointError};
use super::random_token;
use super::response_cache::{CallTime, ResponseCache};
use super::rules::{Accepted, ResponseRules};
use super::secret::Secret;
use super::status::EndpointStatus;
use super::token_format::TokenFormat;
use super::token_hash::TokenHash;
use crate::remote::{Joined, KeyedBackoff, SingleFlight};

/// `Retry-After` for a short-lived condition.
const SOON: Duration = Duration::from_secs(1);

/// Verifies the tokens of one issuer with its introspection endpoint
/// ([RFC 7662](https://www.rfc-editor.org/rfc/rfc7662)).
///
/// | member | accepted |
/// |---|---|
/// | `active` | the literal `true` |
/// | `iss` | if present, the configured issuer |
/// | `aud` | a string or an array, with a configured audience |
/// | `exp`, `nbf`, `iat` | if present, valid now, within the leeway |
/// | `token_type` | if present, `Bearer` |
/// | `cnf` | absent, unless [`accept_bound_tokens`](IntrospectionBuilder::accept_bound_tokens) is set |
/// | `sub` | required, or else `client_id`, as in tokens of machines |
/// | `scope` | a string with spaces, or an array; the layer checks it |
///
/// Anything but a readable response with status 200 means that the token cannot be verified now
/// ([`VerifyError::Unavailable`], 503), never that it is invalid. A call takes at most 3 s, follows no
/// redirect and uses no proxy of the environment.
///
/// # When a call fails
///
/// One caller cannot affect another. A failed call concerns its token: there is no other call for that
/// token for 1 s, doubling to 30 s, or for the time in `Retry-After`, up to 30 s. Other tokens are not
/// affected.
///
/// When three different tokens have failed in a row, a random token is sent as a probe, at most
/// once a second. Only if that fails as well, and not because the endpoint replies with an error to every
/// unknown token, calls are stopped for 1 s, doubling to 30 s; then another random token probes the
/// endpoint. Tokens that were accepted within the last hour are stopped only when the endpoint does not
/// respond, refuses the credentials of this server, or has failed for three of them. Any readable response
/// with status 200 ends it. [`status`](Self::status) shows it.
///
/// # When there are many callers
///
/// At most [`max_concurrent_calls`](IntrospectionBuilder::max_concurrent_calls) run
/// concurrently, plus one for a random token. Half of the places is reserved for tokens that the issuer has
/// accepted within the last hour, and a quarter for tokens that found no place before and are sent again. A
/// caller without a place waits for up to 1 s; after that, or when too many wait, the token cannot be
/// verified now.
///
/// So a flood of forged tokens does not delay a token that was accepted before. A valid token that is new
/// during the flood may get `Retry-After: 1` once; when it is sent again, it competes only with others that
/// are sent again. If the flood repeats its tokens too, new tokens share the remaining calls without a
/// guarantee: [`token_format`](IntrospectionBuilder::token_format) refuses strings that this issuer cannot
/// have issued.
///
/// Needs a tokio runtime. Cheap to clone; clones share all state.
#[derive(Clone)]
pub struct IntrospectionVerifier(Arc<Shared>);

pub(super) struct Shared {
    pub(super) max_token_bytes: usize,
    pub(super) token_format: Option<TokenFormat>,
    pub(super) endpoint: Endpoint,
    pub(super) rules: ResponseRules,
    pub(super) responses: ResponseCache,
    pub(super) requests: Arc<SingleFlight<TokenHash, Verdict>>,
    pub(super) circuit: Arc<Circuit>,
    pub(super) backoff: KeyedBackoff<TokenHash, EndpointError>,
    pub(super) budget: CallBudget,
    /// Tokens that found no place.
    pub(super) turned_away: SeenOnce,
    pub(super) clock: Arc<dyn Clock>,
}

/// The result of a call, which callers with the same token share; its times are still to be checked.
type Verdict = Result<Arc<Accepted>, VerifyError>;

/// No place for a call became free in time.
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

    /// The state of the endpoint, for health checks. Makes no call.
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
    async fn verify(&self, request: VerifyRequest<'_>) -> Result<VerifiedToken, VerifyError> {
        let token = request.token().at_most(self.0.max_token_bytes)?.secret();
        if let Some(format) = &self.0.token_format {
            format.check(token)?;
        }
        let hash = TokenHash::of(token);
        let accepted = match self.0.responses.recall(&hash, request.now()) {
            Some(known) => known?,
            None => self.0.introspect(hash, request).await?,
        };
        Ok(accepted.at(request.now())?)
    }
}

impl Shared {
    /// Introspects a token, or joins the call that is in flight for it.
    async fn introspect(self: &Arc<Self>, hash: TokenHash, request: VerifyRequest<'_>) -> Verdict {
        let joined = self.requests.join_or_start(hash, || {
            // A call may have ended since the last check.
            if let Some(known) = self.responses.recall(&hash, request.now()) {
                return Err(known.map_err(Into::into));
            }
            let (class, entry) = self.admit(&hash).map_err(|error| Err(error.into()))?;
            let (shared, call_time) = (Arc::clone(self), self.responses.call_time(request.now()));
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
                let error = self.endpoint.abandoned();
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
        let entry = entry.ok_or_else(|| self.turn_away(hash))?;
        Ok((class, entry))
    }

    fn class(&self, hash: &TokenHash) -> Class {
        if self.responses.is_known(hash) {
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

    /// Calls the endpoint once there is a place, checks the response and remembers it.
    async fn call(
        self: Arc<Self>,
        entry: Entry,
        class: Class,
        hash: TokenHash,
        token: &str,
        call_time: CallTime,
    ) -> Verdict {
        let place = entry.place().await;
        let _place = place.ok_or_else(|| self.turn_away(&hash))?;
        let known = class == Class::Known;
        if let Some(probe) = self.circuit.begin(known)? {
            self.probe(probe, known).await?;
        }
        let answer = match self.endpoint.introspect(token).await {
            Ok(answer) => answer,
            Err(error) => return Err(self.failed(hash, known, error).into()),
        };
        self.circuit.answered();
        self.backoff.succeeded(&hash);
        self.turned_away.forget(hash.half());
        match answer.and_then(|answer| self.rules.check(&answer, call_time.now())) {
            Ok(accepted) => Ok(self.responses.accepted(hash, accepted, call_time)),
            Err(reason) => {
                let refusal = InvalidToken::new(reason);
                self.responses.refused(hash, &refusal, call_time);
                Err(refusal.into())
            }
        }
    }

    /// Records a failed call for its token, and probes the endpoint if that completes a suspicion.
    fn failed(self: &Arc<Self>, hash: TokenHash, known: bool, error: EndpointError) -> Unavailable {
        tracing::debug!(%error, "a token cannot be introspected");
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

    /// Probes the endpoint with a random token.
    async fn probe(&self, probe: Probe, known: bool) -> Result<(), Unavailable> {
        let Ok(token) = random_token::random_token() else {
            // Without random bytes there is no TLS either: the probe has no result.
            return Err(Unavailable::new(SOON));
        };
        let answer = self.endpoint.introspect(token.reveal()).await;
        probe.conclude(known, answer.map(|_| ()))
    }
}

/// Shows the configuration, and nothing of tokens.
impl fmt::Debug for IntrospectionVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IntrospectionVerifier")
            .field("endpoint", &self.0.endpoint.shown_url)
            .field("issuer", &self.0.rules.claims.issuers)
            .field("audiences", &self.0.rules.claims.audiences)
            .finish_non_exhaustive()
    }
}
