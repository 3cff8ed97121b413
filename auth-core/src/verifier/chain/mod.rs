//! Several verifiers as one: by the shape of the token, or one after the other.
//!
//! | file | job |
//! |---|---|
//! | `shape` | whether a token looks like a JWT |
//! | `by_shape` | JWTs to one verifier, all other tokens to another one |
//! | `in_turn` | every verifier, until one accepts |
//! | `verdict` | which of two refusals is returned |

mod by_shape;
mod in_turn;
mod shape;
mod verdict;

pub use by_shape::ByShape;
pub use in_turn::{FirstOf, Or, first_of};
pub use shape::TokenShape;

use std::borrow::Cow;
use std::fmt::Write;

use super::cache::{CachedVerifier, TokenCache};
use super::error::VerifyError;
use super::request_head::{Seen, WatchedHead};
use super::token_verifier::{TokenVerifier, VerifyRequest};
use crate::error::ConfigErrors;
use crate::token::VerifiedToken;

/// Combines verifiers. Implemented for every [`TokenVerifier`], including `Arc<dyn TokenVerifier>`;
/// not to be implemented elsewhere.
///
/// However they are combined, each verifier applies all of its rules, and the result is:
///
/// * accepted, if a verifier accepts;
/// * otherwise unavailable, if a verifier is: it might have accepted, so an outage is 503 and never
///   401;
/// * otherwise the refusal of the verifier that got furthest: "expired" is more specific than
///   "another issuer".
///
/// The combination is ready when all verifiers are.
///
/// # Example
///
/// ```
/// use auth_core::verifier::{TokenVerifier, TokenVerifierExt};
///
/// # fn join(
/// #     one_issuer: impl TokenVerifier, other_issuer: impl TokenVerifier, introspection: impl TokenVerifier,
/// # ) -> impl TokenVerifier {
/// // The JWTs of two issuers, and the tokens that only an introspection endpoint can read.
/// one_issuer.or(other_issuer).or_opaque(introspection)
/// # }
/// ```
pub trait TokenVerifierExt: TokenVerifier + Sized {
    /// Sends JWTs to `self` and all other tokens to `opaque`; see [`TokenShape`].
    ///
    /// Only one of the two is called, so that a JWT that `self` refuses is never sent to an
    /// introspection endpoint, whose outage does not affect JWTs.
    ///
    /// If `self` is an [`AuthProvider`](crate::provider::AuthProvider), so is the result: metadata,
    /// required scopes and policies of `self` are used for the tokens of both. The metadata must
    /// also name the authorization server of the opaque tokens if clients are to obtain them there.
    #[must_use]
    fn or_opaque<V: TokenVerifier>(self, opaque: V) -> ByShape<Self, V> {
        ByShape::new(self, opaque)
    }

    /// Tries `self`, then `other` unless `self` accepts.
    ///
    /// For several issuers whose tokens are verified in this process. A verifier that sends tokens
    /// elsewhere would get every token that those before it refuse, forged ones too; use
    /// [`or_opaque`](Self::or_opaque) for it.
    ///
    /// If `self` is an [`AuthProvider`](crate::provider::AuthProvider), so is the result, as for
    /// [`or_opaque`](Self::or_opaque).
    #[must_use]
    fn or<V: TokenVerifier>(self, other: V) -> Or<Self, V> {
        Or::new(self, other)
    }

    /// Caches the tokens that `self` allows to be reused. [`AuthLayer`](crate::layer::AuthLayer)
    /// has a
    /// cache itself; this is for a verifier that is used without it.
    ///
    /// # Errors
    ///
    /// [`ConfigErrors`] if the system has no random bytes.
    fn cached(self, cache: TokenCache) -> Result<CachedVerifier<Self>, ConfigErrors> {
        CachedVerifier::new(self, cache)
    }
}

impl<V: TokenVerifier> TokenVerifierExt for V {}

/// The request for several verifiers.
struct Shared<'a> {
    request: VerifyRequest<'a>,
    /// Whether a verifier that declares nothing by `vary` has read the head.
    undeclared: Seen,
}

impl<'a> Shared<'a> {
    fn new(request: VerifyRequest<'a>) -> Self {
        Self {
            request,
            undeclared: Seen::default(),
        }
    }

    async fn ask(&self, verifier: &impl TokenVerifier) -> Result<VerifiedToken, VerifyError> {
        let outer = self.request.watched_head();
        let head = match verifier.vary(outer.peek()) {
            Some(_) => {
                // For an outer verifier that does not forward the declaration of this one.
                outer.look();
                WatchedHead::unwatched(outer.peek())
            }
            None => WatchedHead::new(outer.peek(), &self.undeclared),
        };
        verifier.verify(self.request.with_watched_head(head)).await
    }

    /// Their verdict, restricted to the requests that it holds for.
    fn conclude(
        &self,
        verdict: Result<VerifiedToken, VerifyError>,
    ) -> Result<VerifiedToken, VerifyError> {
        if !self.undeclared.get() {
            return verdict;
        }
        self.request.watched_head().look();
        verdict.map(VerifiedToken::without_reuse)
    }
}

/// What any of several verifiers depends on, encoded so that different values stay different.
fn vary_of_all<'a>(
    verifiers: impl Iterator<Item = Option<Cow<'a, str>>> + Clone,
) -> Option<Cow<'a, str>> {
    if verifiers.clone().all(|vary| vary.is_none()) {
        return None;
    }
    let mut all = String::new();
    for vary in verifiers {
        // Writing to a `String` does not fail.
        let _ = match vary {
            Some(vary) => write!(all, "{}:{vary},", vary.len()),
            None => all.write_char(','),
        };
    }
    Some(Cow::Owned(all))
}
