//! [`TokenVerifier`]: the trait that verifies tokens.

use std::borrow::Cow;
use std::fmt::Debug;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;

use super::error::{Unavailable, VerifyError};
use super::request_head::{RequestHead, WatchedHead};
use crate::token::BearerToken;
use crate::token::VerifiedToken;

/// The longest leeway that a verifier may grant for clocks that differ: 300 s. After an expiry and this time, no token
/// is accepted any more, so nothing needs to be remembered about it.
pub const MAX_LEEWAY: Duration = Duration::from_secs(300);

/// The input of a verifier. Later versions can extend it without breaking implementations.
#[derive(Debug, Clone, Copy)]
pub struct VerifyRequest<'a> {
    token: BearerToken<'a>,
    now: SystemTime,
    head: WatchedHead<'a>,
}

impl<'a> VerifyRequest<'a> {
    /// A request to verify `token` at `now`, outside of an HTTP request; see
    /// [`with_head`](Self::with_head).
    #[must_use]
    pub fn new(token: BearerToken<'a>, now: SystemTime) -> Self {
        Self {
            token,
            now,
            head: WatchedHead::unwatched(RequestHead::empty()),
        }
    }

    /// Sets the head of the request that carries the token. Default: [`RequestHead::empty`].
    #[must_use]
    pub fn with_head(mut self, head: RequestHead<'a>) -> Self {
        self.head = WatchedHead::unwatched(head);
        self
    }

    pub(crate) fn with_watched_head(mut self, head: WatchedHead<'a>) -> Self {
        self.head = head;
        self
    }

    pub(crate) fn watched_head(&self) -> WatchedHead<'a> {
        self.head
    }

    /// The token as the client sent it.
    #[must_use]
    pub fn token(&self) -> BearerToken<'a> {
        self.token
    }

    /// The time at which the token is evaluated. A verifier uses this instead of a clock.
    #[must_use]
    pub fn now(&self) -> SystemTime {
        self.now
    }

    /// The head of the request, for verdicts that depend on more than the token. A verdict that
    /// read it is not reused for another request, unless [`TokenVerifier::vary`] declares what it
    /// depends on.
    #[must_use]
    pub fn head(&self) -> RequestHead<'a> {
        self.head.look()
    }
}

/// Authenticates a bearer token.
///
/// # Contract
///
/// * `Ok` states that the issuer made this token, that it is for this resource, and that it is
///   valid at [`VerifyRequest::now`].
/// * Scopes are reported, not required: a valid token that lacks a scope is `Ok`, so that the layer
///   can respond with 403 and name the scope.
/// * The length is checked before anything is computed from the token
///   ([`BearerToken::at_most`](crate::token::BearerToken::at_most)).
/// * A token is verified for every request, unless its verifier lets it be cached
///   ([`VerifiedToken::reusable_until`], [`VerifiedToken::while_holds`]). Scopes, policies and
///   sessions are checked for cached tokens too.
/// * Whatever the token contains, a verifier does not panic, does not allocate without bound, and
///   fetches nothing from an address that the token names.
///
/// # Example
///
/// A verifier that looks tokens up in another service, and lets them be cached for 30 s:
///
/// ```
/// use auth_core::support::async_trait;
/// use auth_core::token::VerifiedToken;
/// use auth_core::verifier::{InvalidReason, TokenVerifier, VerifyError, VerifyRequest};
/// use std::time::Duration;
///
/// #[derive(Debug)]
/// struct Lookup;
///
/// #[async_trait]
/// impl TokenVerifier for Lookup {
///     async fn verify(&self, request: VerifyRequest<'_>) -> Result<VerifiedToken, VerifyError> {
///         match known(request.token().secret()).await {
///             Some(user) => {
///                 let expires_at = request.now() + Duration::from_secs(3600);
///                 let token = VerifiedToken::assertion("https://id.example.com", user, expires_at);
///                 Ok(token.reusable_until(request.now() + Duration::from_secs(30)))
///             }
///             None => Err(InvalidReason::Revoked.into()),
///         }
///     }
/// }
/// # async fn known(_: &str) -> Option<String> { None }
/// ```
#[async_trait]
pub trait TokenVerifier: Debug + Send + Sync + 'static {
    /// Verifies one token.
    ///
    /// # Errors
    ///
    /// [`VerifyError::Invalid`] if the token is invalid, [`VerifyError::Unavailable`] if that
    /// cannot be determined now.
    async fn verify(&self, request: VerifyRequest<'_>) -> Result<VerifiedToken, VerifyError>;

    /// Declares what the verdict depends on in the request's head, beside the token: requests with
    /// the same token and the same value here get the same verdict, so that one may be reused for
    /// the other. A verifier that chooses its keys by host returns the host, if it knows that host.
    ///
    /// Called for every request, including cached tokens, so it must be cheap. Default: `None`, for
    /// a verifier that never reads [`VerifyRequest::head`]. A verifier that reads it and returns
    /// `None` here is called for every request.
    fn vary<'a>(&'a self, head: RequestHead<'a>) -> Option<Cow<'a, str>> {
        let _ = head;
        None
    }

    /// Whether tokens can be verified now: for a check before the server listens, and for the
    /// readiness probe of a load balancer ([`AuthLayer::ready`](crate::layer::AuthLayer::ready),
    /// [`Readiness`](crate::layer::Readiness)).
    ///
    /// It may wait for a fetch, and may start one. It may be called every second: the back-off of
    /// the verifier limits the fetches. A verifier that fetches in the background becomes ready
    /// without this call. Default: always ready, for a verifier that needs no remote
    /// data, or asks the issuer about each token.
    ///
    /// # Errors
    ///
    /// [`Unavailable`], whose sources have the cause, and when to try again.
    async fn ready(&self) -> Result<(), Unavailable> {
        Ok(())
    }
}

/// For pointers to a verifier.
macro_rules! forwarded {
    ($($pointer:ident),*) => {$(
        // Without this lint a forgotten method would silently be the default instead of the
        // verifier's.
        #[deny(clippy::missing_trait_methods)]
        #[async_trait]
        impl<V: TokenVerifier + ?Sized> TokenVerifier for $pointer<V> {
            async fn verify(
                &self,
                request: VerifyRequest<'_>,
            ) -> Result<VerifiedToken, VerifyError> {
                (**self).verify(request).await
            }

            fn vary<'a>(&'a self, head: RequestHead<'a>) -> Option<Cow<'a, str>> {
                (**self).vary(head)
            }

            async fn ready(&self) -> Result<(), Unavailable> {
                (**self).ready().await
            }
        }
    )*};
}

forwarded!(Arc, Box);
