//! [`CachedVerifier`]: a verifier with a cache.

use std::borrow::Cow;
use std::sync::Arc;

use async_trait::async_trait;

use super::settings::TokenCache;
use super::verified_tokens::VerifiedTokens;
use crate::error::ErrorChain;
use crate::error::{ConfigError, ConfigErrors};
use crate::support::{Clock, SystemClock};
use crate::token::VerifiedToken;
use crate::verifier::error::{Unavailable, VerifyError};
use crate::verifier::request_head::RequestHead;
use crate::verifier::token_verifier::{TokenVerifier, VerifyRequest};

/// Wraps a verifier, and caches the tokens that the verifier allows to be reused.
///
/// For a verifier that is used without [`AuthLayer`](crate::layer::AuthLayer), which has a cache
/// itself. Made by [`TokenVerifierExt::cached`](crate::verifier::TokenVerifierExt::cached).
#[derive(Debug)]
pub struct CachedVerifier<V> {
    verifier: V,
    tokens: Option<VerifiedTokens>,
    clock: Arc<dyn Clock>,
}

impl<V: TokenVerifier> CachedVerifier<V> {
    /// Caches the tokens of `verifier`, with the clock of the system.
    ///
    /// # Errors
    ///
    /// [`ConfigErrors`] if the system has no random bytes.
    pub fn new(verifier: V, cache: TokenCache) -> Result<Self, ConfigErrors> {
        Self::with_clock(verifier, cache, Arc::new(SystemClock::new()))
    }

    /// The same, with this clock.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn with_clock(
        verifier: V,
        cache: TokenCache,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ConfigErrors> {
        let tokens = VerifiedTokens::new(cache).map_err(|error| {
            let text = format!("cannot generate a random key: {}", ErrorChain(&error));
            ConfigError::new("token_cache", text)
        })?;
        Ok(Self {
            verifier,
            tokens,
            clock,
        })
    }

    /// The wrapped verifier.
    pub fn get_ref(&self) -> &V {
        &self.verifier
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl<V: TokenVerifier> TokenVerifier for CachedVerifier<V> {
    async fn verify(&self, request: VerifyRequest<'_>) -> Result<VerifiedToken, VerifyError> {
        let since = self.clock.monotonic();
        VerifiedTokens::verify(self.tokens.as_ref(), &self.verifier, request, since).await
    }

    fn vary<'a>(&'a self, head: RequestHead<'a>) -> Option<Cow<'a, str>> {
        self.verifier.vary(head)
    }

    async fn ready(&self) -> Result<(), Unavailable> {
        self.verifier.ready().await
    }
}
