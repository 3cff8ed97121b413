//! [`Or`] and [`FirstOf`]: every verifier in turn, until one accepts.

use std::borrow::Cow;

use async_trait::async_trait;

use super::{Shared, vary_of_all, verdict};
use crate::support::BoxFuture;
use crate::support::join_all;
use crate::token::VerifiedToken;
use crate::verifier::error::{InvalidReason, Unavailable, VerifyError};
use crate::verifier::request_head::RequestHead;
use crate::verifier::token_verifier::{TokenVerifier, VerifyRequest};

/// Tries one verifier after the other until one accepts; without verifiers it refuses every token.
///
/// [`TokenVerifierExt::or`](super::TokenVerifierExt::or) for a list that is known at run time
/// only, such as `Vec<Arc<dyn TokenVerifier>>`.
#[must_use]
pub fn first_of<V: TokenVerifier>(verifiers: impl IntoIterator<Item = V>) -> FirstOf<V> {
    FirstOf(verifiers.into_iter().collect())
}

/// Made by [`first_of`].
#[derive(Debug, Clone)]
pub struct FirstOf<V>(Vec<V>);

/// Made by [`TokenVerifierExt::or`](super::TokenVerifierExt::or).
#[derive(Debug, Clone)]
pub struct Or<A, B> {
    pub(crate) first: A,
    second: B,
}

impl<A, B> Or<A, B> {
    pub(super) fn new(first: A, second: B) -> Self {
        Self { first, second }
    }
}

/// Whether all verifiers are ready, checked concurrently; the error is that of the first one that
/// is not.
async fn all_ready(asked: Vec<BoxFuture<'_, Result<(), Unavailable>>>) -> Result<(), Unavailable> {
    join_all(asked).await.into_iter().collect()
}

pub(super) async fn both_ready(
    first: &impl TokenVerifier,
    second: &impl TokenVerifier,
) -> Result<(), Unavailable> {
    all_ready(vec![first.ready(), second.ready()]).await
}

// Without this lint a forgotten method would silently be the default instead of the verifiers'.
#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl<V: TokenVerifier> TokenVerifier for FirstOf<V> {
    async fn verify(&self, request: VerifyRequest<'_>) -> Result<VerifiedToken, VerifyError> {
        let shared = Shared::new(request);
        let mut told = None;
        for verifier in &self.0 {
            match shared.ask(verifier).await {
                Ok(token) => return shared.conclude(Ok(token)),
                Err(error) => {
                    told = Some(match told {
                        Some(earlier) => verdict::more_specific(earlier, error),
                        None => error,
                    });
                }
            }
        }
        shared.conclude(Err(told.unwrap_or_else(|| InvalidReason::Other.into())))
    }

    fn vary<'a>(&'a self, head: RequestHead<'a>) -> Option<Cow<'a, str>> {
        vary_of_all(self.0.iter().map(move |verifier| verifier.vary(head)))
    }

    async fn ready(&self) -> Result<(), Unavailable> {
        all_ready(self.0.iter().map(TokenVerifier::ready).collect()).await
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl<A: TokenVerifier, B: TokenVerifier> TokenVerifier for Or<A, B> {
    async fn verify(&self, request: VerifyRequest<'_>) -> Result<VerifiedToken, VerifyError> {
        let shared = Shared::new(request);
        let first = match shared.ask(&self.first).await {
            Ok(token) => return shared.conclude(Ok(token)),
            Err(error) => error,
        };
        let second = shared.ask(&self.second).await;
        shared.conclude(second.map_err(|second| verdict::more_specific(first, second)))
    }

    fn vary<'a>(&'a self, head: RequestHead<'a>) -> Option<Cow<'a, str>> {
        vary_of_all([self.first.vary(head), self.second.vary(head)].into_iter())
    }

    async fn ready(&self) -> Result<(), Unavailable> {
        both_ready(&self.first, &self.second).await
    }
}
