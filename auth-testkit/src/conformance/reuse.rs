//! What a provider says about reusing a token ([`VerifiedToken::reusable_until`](auth_core::token::VerifiedToken::reusable_until)).

use std::sync::Arc;
use std::time::Duration;

use auth_core::provider::AuthProvider;
use auth_core::verifier::{CachedVerifier, TokenCache};

use super::harness::Harness;
use super::verdict::Verdict;

/// The leeway that may be granted, and a second.
pub(super) const PAST_THE_LEEWAY: Duration = Duration::from_secs(301);

pub(super) const LIFETIME: Duration = Duration::from_secs(30);

/// A token is cached as the layer caches it, and used again when the provider itself would refuse it.
pub(super) async fn ends_reuse<P: AuthProvider>(harness: &Harness<P>) -> Result<(), String> {
    let kept = Kept::by(harness)?;
    let old = harness.good().sign();
    kept.accept(&old).await?;
    harness.scalekit.keys().rotate();
    harness.scalekit.keys().withdraw_old();
    let new = harness.good().sign();
    harness.accept("a token of the new key", new).await?;
    let what = "whose key was withdrawn, after the new keys were read";
    kept.not_longer_than_the_provider(&old, what).await?;

    let short = harness.good().lifetime(LIFETIME).sign();
    kept.accept(&short).await?;
    harness.clock.advance(LIFETIME + PAST_THE_LEEWAY);
    let what = "that has expired";
    kept.not_longer_than_the_provider(&short, what).await
}

/// The provider behind a cache.
pub(super) struct Kept<'a, P> {
    harness: &'a Harness<P>,
    verifier: Arc<CachedVerifier<Arc<P>>>,
}

impl<'a, P: AuthProvider> Kept<'a, P> {
    pub(super) fn by(harness: &'a Harness<P>) -> Result<Self, String> {
        let (provider, clock) = (
            Arc::clone(&harness.provider),
            Arc::new(harness.clock.clone()),
        );
        let verifier = CachedVerifier::with_clock(provider, TokenCache::DEFAULT, clock);
        Ok(Self {
            harness,
            verifier: Arc::new(verifier.map_err(|error| error.to_string())?),
        })
    }

    pub(super) async fn verdict(&self, token: &str) -> Verdict {
        let asked = self
            .harness
            .ask_of(Arc::clone(&self.verifier), token.to_owned());
        asked.await.unwrap_or(Verdict::Panicked)
    }

    /// # Errors
    ///
    /// What was seen when a valid token is not accepted.
    pub(super) async fn accept(&self, token: &str) -> Result<(), String> {
        match self.verdict(token).await {
            Verdict::Accepted(_) => Ok(()),
            other => Err(format!("a valid credential {}", other.described())),
        }
    }

    /// # Errors
    ///
    /// When a credential is reused that the provider itself refuses.
    pub(super) async fn not_longer_than_the_provider(
        &self,
        token: &str,
        what: &str,
    ) -> Result<(), String> {
        let reused = self.verdict(token).await;
        match (reused, self.harness.verdict(token).await) {
            (Verdict::Accepted(_), Verdict::Refused(_)) => {
                Err(format!("a credential was reused {what}"))
            }
            _ => Ok(()),
        }
    }
}
