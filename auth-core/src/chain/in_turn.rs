//! [`Or`] and [`FirstOf`]: every verifier in turn, until one accepts.

use async_trait::async_trait;

use super::verdict;
use crate::error::{InvalidReason, Unavailable, VerifyError};
use crate::metadata::ProtectedResourceMetadata;
use crate::policy::Policy;
use crate::provider::{AuthProvider, DocumentError, PublicDocument};
use crate::readiness::{Boxed, join_all};
use crate::scope::Scopes;
use crate::token::AccessToken;
use crate::verifier::{TokenVerifier, VerifyRequest};

/// Asks one verifier after the other until one accepts; with no verifiers it refuses every token.
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
    first: A,
    second: B,
}

impl<A, B> Or<A, B> {
    pub(super) fn new(first: A, second: B) -> Self {
        Self { first, second }
    }
}

/// Whether every one of the verifiers is ready, asked at the same time: of those that are not, the
/// first one's word counts.
async fn all_ready(asked: Vec<Boxed<'_, Result<(), Unavailable>>>) -> Result<(), Unavailable> {
    join_all(asked).await.into_iter().collect()
}

pub(super) async fn both_ready(
    first: &impl TokenVerifier,
    second: &impl TokenVerifier,
) -> Result<(), Unavailable> {
    all_ready(vec![first.ready(), second.ready()]).await
}

// A method that is forgotten here would silently be its default instead of the verifiers'.
#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl<V: TokenVerifier> TokenVerifier for FirstOf<V> {
    async fn verify(&self, request: VerifyRequest<'_>) -> Result<AccessToken, VerifyError> {
        let mut told = None;
        for verifier in &self.0 {
            match verifier.verify(request).await {
                Ok(token) => return Ok(token),
                Err(error) => {
                    told = Some(match told {
                        Some(earlier) => verdict::more_telling(earlier, error),
                        None => error,
                    });
                }
            }
        }
        Err(told.unwrap_or_else(|| InvalidReason::Other.into()))
    }

    async fn ready(&self) -> Result<(), Unavailable> {
        all_ready(self.0.iter().map(TokenVerifier::ready).collect()).await
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl<A: TokenVerifier, B: TokenVerifier> TokenVerifier for Or<A, B> {
    async fn verify(&self, request: VerifyRequest<'_>) -> Result<AccessToken, VerifyError> {
        let first = match self.first.verify(request).await {
            Ok(token) => return Ok(token),
            Err(error) => error,
        };
        self.second
            .verify(request)
            .await
            .map_err(|second| verdict::more_telling(first, second))
    }

    async fn ready(&self) -> Result<(), Unavailable> {
        both_ready(&self.first, &self.second).await
    }
}

// A method that is forgotten here would silently be its default instead of the provider's.
#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl<A: AuthProvider, B: TokenVerifier> AuthProvider for Or<A, B> {
    fn metadata(&self) -> &ProtectedResourceMetadata {
        self.first.metadata()
    }

    fn required_scopes(&self) -> &Scopes {
        self.first.required_scopes()
    }

    fn policy(&self) -> Option<&dyn Policy> {
        self.first.policy()
    }

    fn document_paths(&self) -> Vec<String> {
        self.first.document_paths()
    }

    async fn document(&self, path: &str) -> Result<PublicDocument, DocumentError> {
        self.first.document(path).await
    }
}
