//! Rules about keys that expire or are invalidated.

use std::time::Duration;

use auth_core::provider::AuthProvider;

use crate::conformance::harness::Harness;
use crate::conformance::reuse::{Kept, LIFETIME, PAST_THE_LEEWAY};
use crate::conformance::setup;
use crate::conformance::verdict::Verdict;

/// An accepted key may be reused for this long.
const REUSE: Duration = Duration::from_secs(60);

pub(super) async fn honours_expiry<P: AuthProvider>(harness: &Harness<P>) -> Result<(), String> {
    let key = harness.create(setup::key().expires_in(LIFETIME));
    harness.accept("a valid key", key.expose().into()).await?;
    let second = Duration::from_secs(1);
    harness.clock.advance(LIFETIME - second);
    let what = "a key one second before it expires";
    harness.accept(what, key.expose().into()).await?;
    harness.clock.advance(second + PAST_THE_LEEWAY);
    let what = "a key five minutes and a second after it has expired";
    harness.refuse(what, key.expose().into()).await.map(drop)
}

/// A key is cached as the layer caches it, and used again when the provider itself would refuse it.
pub(super) async fn ends_reuse<P: AuthProvider>(harness: &Harness<P>) -> Result<(), String> {
    let kept = Kept::by(harness)?;
    let key = harness.create(setup::key().expires_in(LIFETIME));
    kept.accept(key.expose()).await?;
    harness.clock.advance(LIFETIME);
    let what = "that has expired";
    kept.not_longer_than_the_provider(key.expose(), what).await
}

pub(super) async fn refuses_invalidated_keys<P: AuthProvider>(
    harness: &Harness<P>,
) -> Result<(), String> {
    let kept = Kept::by(harness)?;
    let key = harness.key();
    kept.accept(key.expose()).await?;
    harness.scalekit.admin().invalidate_api_key(key.id());
    harness.clock.advance(REUSE);
    match kept.verdict(key.expose()).await {
        Verdict::Refused(_) => Ok(()),
        other => Err(format!(
            "a key that was invalidated a minute ago {}",
            other.described()
        )),
    }
}
