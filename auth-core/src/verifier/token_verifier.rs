//! [`TokenVerifier`]: the one question that an identity provider answers.

use std::borrow::Cow;
use std::fmt::Debug;
use std::sync::Arc;
use std::time::SystemTime;

use async_trait::async_trait;

use super::error::{Unavailable, VerifyError};
use super::request_head::{RequestHead, WatchedHead};
use crate::token::BearerToken;
use crate::token::VerifiedToken;

/// What a verifier is asked. Later versions can add to it without breaking implementers.
#[derive(Debug, Clone, Copy)]
pub struct VerifyRequest<'a> {
    token: BearerToken<'a>,
    now: SystemTime,
    head: WatchedHead<'a>,
}

impl<'a> VerifyRequest<'a> {
    /// Asks about `token` at `now`, outside of any request; see [`with_head`](Self::with_head).
    #[must_use]
    pub fn new(token: BearerToken<'a>, now: SystemTime) -> Self {
        Self {
            token,
            now,
            head: WatchedHead::unwatched(RequestHead::empty()),
        }
    }

    /// Sets the head of the request that the token came with. Default: [`RequestHead::empty`].
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

    /// The time to evaluate the token by. A verifier asks no clock of its own for that.
    #[must_use]
    pub fn now(&self) -> SystemTime {
        self.now
    }

    /// The head of the request, for verdicts that depend on more than the token. A verdict for which it was
    /// asked for is reused for no other request, unless [`TokenVerifier::vary`] says for which it holds.
    #[must_use]
    pub fn head(&self) -> RequestHead<'a> {
        self.head.look()
    }
}

/// Authenticates a bearer token: whose is it, and is it for this server?
///
/// # Contract
///
/// * `Ok` states that the issuer made this token, that it is for this resource, and that it is
///   valid at [`VerifyRequest::now`].
/// * Scopes are reported, not judged: a good token that lacks a scope is `Ok`, so that the layer
///   can answer 403 and name the scope.
/// * The length is looked at before anything is computed from the token
///   ([`BearerToken::at_most`](crate::token::BearerToken::at_most)).
/// * A token is verified at each request, unless it says for how long it may be reused
///   ([`VerifiedToken::reusable_until`], [`VerifiedToken::while_holds`]). What is reused is judged by scopes,
///   policies and sessions all the same.
/// * Whatever the token holds, a verifier does not panic, does not allocate without bound, and
///   fetches nothing from an address that the token names.
///
/// # Example
///
/// A verifier for tokens that another service knows, and that it need not be asked about for 30 s:
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
    /// [`VerifyError::Invalid`] when the token is bad, [`VerifyError::Unavailable`] when that
    /// cannot be decided now.
    async fn verify(&self, request: VerifyRequest<'_>) -> Result<VerifiedToken, VerifyError>;

    /// What of a request's head the verdict depends on, beside the token: requests with the same token and the
    /// same answer here get the same verdict, so that one may be reused for the other. For a verifier that
    /// chooses its keys by host: the host, as far as it knows it.
    ///
    /// Called at every request, reused tokens included, so it is no more than a look. Default: `None`, for a
    /// verifier that never asks for [`VerifyRequest::head`]; one that does, and says nothing here, is asked at
    /// every request.
    fn vary<'a>(&'a self, head: RequestHead<'a>) -> Option<Cow<'a, str>> {
        let _ = head;
        None
    }

    /// Whether tokens can be verified now: what a server checks before it listens, and what a load
    /// balancer's readiness probe is answered by ([`AuthLayer::ready`](crate::layer::AuthLayer::ready),
    /// [`Readiness`](crate::provider::Readiness)).
    ///
    /// It may wait for something that is being fetched, and it may start that. Called every
    /// second, it causes no more fetches than the verifier's own waits after failures allow, so a
    /// verifier that becomes ready by itself becomes so without any request. Default: always ready,
    /// for one that needs nothing of others, or asks them about each token.
    ///
    /// # Errors
    ///
    /// [`Unavailable`], whose sources say why, and after which time to ask again.
    async fn ready(&self) -> Result<(), Unavailable> {
        Ok(())
    }
}

/// For pointers: what they point to answers.
macro_rules! forwarded {
    ($($pointer:ident),*) => {$(
        // A method that is forgotten here would silently be its default instead of the verifier's.
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
