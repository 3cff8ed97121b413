//! Several verifiers as one: by the shape of the token, or one after the other.
//!
//! | file | job |
//! |---|---|
//! | `shape` | is this token a JWT by its looks? |
//! | `by_shape` | JWTs to one verifier, all other tokens to another one |
//! | `in_turn` | every verifier, until one accepts |
//! | `verdict` | which of two refusals is told |

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

/// Joins verifiers. Every [`TokenVerifier`] has it, `Arc<dyn TokenVerifier>` too; it must not be
/// implemented.
///
/// Whichever way they are joined, each verifier applies all of its rules, and no refusal of one
/// hides what another one says:
///
/// * a verifier that accepts wins;
/// * otherwise one that is unavailable wins, since it might have accepted: an outage is 503, never
///   401;
/// * otherwise the refusal wins that got furthest: "expired" says more than "another issuer".
///
/// Together they are ready when each of them is.
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
    /// Asks `self` about JWTs and `opaque` about all other tokens; see [`TokenShape`].
    ///
    /// One of the two is asked, so that a JWT that `self` refuses is never sent to somebody
    /// else's introspection endpoint, and an outage there does not touch JWTs.
    ///
    /// When `self` is an [`AuthProvider`](crate::provider::AuthProvider), so is the result: metadata,
    /// required scopes and policies are those of `self`, for the tokens of both. Its metadata
    /// must then name the authorization server of the opaque tokens too, if clients are to get
    /// any there.
    #[must_use]
    fn or_opaque<V: TokenVerifier>(self, opaque: V) -> ByShape<Self, V> {
        ByShape::new(self, opaque)
    }

    /// Asks `self`, then `other` unless `self` accepts.
    ///
    /// For several issuers of tokens that are verified in this process. A verifier that sends the
    /// token away gets every token that those before it refuse, forged ones too; such a one is
    /// joined by [`or_opaque`](Self::or_opaque).
    ///
    /// When `self` is an [`AuthProvider`](crate::provider::AuthProvider), so is the result, as for
    /// [`or_opaque`](Self::or_opaque).
    #[must_use]
    fn or<V: TokenVerifier>(self, other: V) -> Or<Self, V> {
        Or::new(self, other)
    }

    /// Asks `self` no more often than it wants to be asked about a token. The layer does this by itself; this is
    /// for those who use a verifier without it.
    ///
    /// # Errors
    ///
    /// [`ConfigErrors`] when the system has no random bytes.
    fn cached(self, cache: TokenCache) -> Result<CachedVerifier<Self>, ConfigErrors> {
        CachedVerifier::new(self, cache)
    }
}

impl<V: TokenVerifier> TokenVerifierExt for V {}

/// A request that several verifiers are asked about.
struct Shared<'a> {
    request: VerifyRequest<'a>,
    /// Whether a verifier without a `vary` of its own has read the head.
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
                // For an outer verifier that does not pass on what this one declares.
                outer.look();
                WatchedHead::unwatched(outer.peek())
            }
            None => WatchedHead::new(outer.peek(), &self.undeclared),
        };
        verifier.verify(self.request.with_watched_head(head)).await
    }

    /// What they found, as far as it holds for other requests.
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

/// What any of several verifiers depends on, in a form in which two that differ stay different.
fn vary_of_all<'a>(
    verifiers: impl Iterator<Item = Option<Cow<'a, str>>> + Clone,
) -> Option<Cow<'a, str>> {
    if verifiers.clone().all(|vary| vary.is_none()) {
        return None;
    }
    let mut all = String::new();
    for vary in verifiers {
        // Writing to a string does not fail.
        let _ = match vary {
            Some(vary) => write!(all, "{}:{vary},", vary.len()),
            None => all.write_char(','),
        };
    }
    Some(Cow::Owned(all))
}
