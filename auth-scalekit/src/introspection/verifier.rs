//! [`IntrospectionVerifier`]: from a token's text to an [`AccessToken`], by asking its issuer.
//!
//! 1. Length: what is too long is not even hashed.
//! 2. `memory`: a young answer about the same token.
//! 3. `flights`: the request about it that is under way.
//! 4. `circuit`: leave to call the endpoint.
//! 5. `endpoint`, `rules`: the call, and what the answer must say.
//! 6. The time, by the request at hand: the answer may have been another caller's.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use auth_core::{
    AccessToken, InvalidReason, InvalidToken, TokenVerifier, Unavailable, VerifyError,
    VerifyRequest, async_trait,
};
use thiserror::Error;

use super::builder::IntrospectionBuilder;
use super::circuit::{Call, Circuit};
use super::endpoint::Endpoint;
use super::endpoint_url;
use super::flights::{Boarding, Flights};
use super::memory::{Asked, Memory};
use super::rules::{Accepted, Rules};
use super::secret::Secret;
use super::token_hash::TokenHash;
use crate::jwt::strict_json::{self, JsonFault};

/// Longest token that is sent to the endpoint, in bytes.
const MAX_TOKEN_BYTES: usize = 8 * 1024;
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
/// no redirect and uses no proxy of the environment. After a failed call there is none for 1 s,
/// doubling to 30 s, then one call tries the endpoint.
///
/// Needs a tokio runtime. Cheap to clone; clones share what is remembered.
#[derive(Clone)]
pub struct IntrospectionVerifier(Arc<Shared>);

pub(super) struct Shared {
    pub(super) endpoint: Endpoint,
    pub(super) rules: Rules,
    pub(super) memory: Memory,
    pub(super) flights: Arc<Flights<Answer>>,
    pub(super) circuit: Circuit,
}

/// What the callers with the same token share: good but for the time, or why not.
type Answer = Result<Arc<Accepted>, VerifyError>;

/// The bound on calls at one time is reached.
#[derive(Debug, Error)]
#[error("too many introspection requests are under way")]
struct TooManyCalls;

impl IntrospectionVerifier {
    /// Settings: the introspection endpoint, its issuer, and the audiences of which a token must
    /// have one; see [`IntrospectionBuilder::new`].
    pub fn builder<A: Into<String>>(
        endpoint_url: impl Into<String>,
        issuer: impl Into<String>,
        audiences: impl IntoIterator<Item = A>,
    ) -> IntrospectionBuilder {
        IntrospectionBuilder::new(endpoint_url, issuer, audiences)
    }

    pub(super) fn from_shared(shared: Shared) -> Self {
        Self(Arc::new(shared))
    }
}

#[async_trait]
impl TokenVerifier for IntrospectionVerifier {
    async fn verify(&self, request: VerifyRequest<'_>) -> Result<AccessToken, VerifyError> {
        let token = request.token.secret();
        if token.len() > MAX_TOKEN_BYTES {
            return Err(InvalidReason::TooLong.into());
        }
        let hash = TokenHash::of(token);
        let accepted = match self.0.memory.recall(&hash, request.now) {
            Some(known) => known?,
            None => self.0.answer(hash, request).await?,
        };
        Ok(accepted.at(request.now)?)
    }
}

impl Shared {
    /// The answer about a token: another caller's, or one of our own.
    async fn answer(self: &Arc<Self>, hash: TokenHash, request: VerifyRequest<'_>) -> Answer {
        let boarding = self.flights.board(hash, || {
            // Somebody's request may have ended since we looked.
            if let Some(known) = self.memory.recall(&hash, request.now) {
                return Err(known.map_err(Into::into));
            }
            let call = self
                .circuit
                .begin()
                .map_err(|unavailable| Err(unavailable.into()))?;
            let (shared, asked) = (Arc::clone(self), self.memory.asked(request.now));
            // The call outlives the caller, and so does its copy of the token.
            let token = Secret::new(request.token.secret());
            Ok(async move { shared.call(call, hash, token.reveal(), asked).await })
        });
        match boarding {
            Boarding::Known(known) => known,
            Boarding::Flight(flight) => flight.landed().await.unwrap_or_else(|| {
                let error = self.endpoint.abandoned();
                Err(Unavailable::new(SOON).because(error).into())
            }),
            Boarding::Full => Err(Unavailable::new(SOON).because(TooManyCalls).into()),
        }
    }

    /// Asks the endpoint, judges its answer and remembers it.
    async fn call(&self, call: Call, hash: TokenHash, token: &str, asked: Asked) -> Answer {
        let body = match self.endpoint.ask(token).await {
            Ok(body) => body,
            Err(error) if error.may_concern_one_token() => {
                self.circuit.answered();
                return Err(Unavailable::new(SOON).because(error).into());
            }
            Err(error) => return Err(self.circuit.failed(call, error).into()),
        };
        let judged = match strict_json::object(&body) {
            Ok(claims) => self.rules.judge(claims, asked.now()),
            Err(JsonFault::DuplicateMember) => Err(InvalidReason::DuplicateMember),
            Err(JsonFault::Malformed) => {
                let error = self.endpoint.not_an_object();
                return Err(self.circuit.failed(call, error).into());
            }
        };
        self.circuit.answered();
        match judged {
            Ok(accepted) => {
                let accepted = Arc::new(accepted);
                self.memory.accepted(hash, &accepted, asked);
                Ok(accepted)
            }
            Err(reason) => {
                let refusal = InvalidToken::new(reason);
                self.memory.refused(hash, &refusal, asked);
                Err(refusal.into())
            }
        }
    }
}

/// Shows whom it asks and for what, and nothing that was asked.
impl fmt::Debug for IntrospectionVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IntrospectionVerifier")
            .field("endpoint", &endpoint_url::shown(&self.0.endpoint.url))
            .field("issuer", &self.0.rules.issuer)
            .field("audiences", &self.0.rules.audiences)
            .finish_non_exhaustive()
    }
}
