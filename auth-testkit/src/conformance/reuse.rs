//! What a provider says about reusing a token ([`AccessToken::reusable_until`]).

use std::sync::Arc;
use std::time::Duration;

use auth_core::{
    AccessToken, AuthProvider, BearerToken, CachedVerifier, Clock, TokenCache, TokenVerifier,
    VerifyRequest,
};

use super::stand::Stand;
use super::verdict::Verdict;

/// The leeway that may be granted, and a second.
const PAST_THE_LEEWAY: Duration = Duration::from_secs(301);

/// A token is kept as the layer keeps it, and shown again when the provider itself would refuse it.
pub(super) async fn ends_reuse<P: AuthProvider>(stand: &Stand<P>) -> Result<(), String> {
    let by = Arc::new(stand.clock.clone());
    let kept = CachedVerifier::with_clock(Arc::clone(&stand.provider), TokenCache::DEFAULT, by)
        .map_err(|error| error.to_string())?;
    let accepts = async |token: &str| {
        let bearer = BearerToken::new(token)?;
        let verified = kept.verify(VerifyRequest::new(bearer, stand.clock.now()));
        verified.await.ok()
    };

    const LIFETIME: Duration = Duration::from_secs(30);
    let short = stand.good().lifetime(LIFETIME).sign();
    accepts(&short).await.ok_or("a good token was refused")?;
    stand.clock.advance(LIFETIME + PAST_THE_LEEWAY);
    still(stand, &short, accepts(&short).await, "that has expired").await?;

    let old = stand.good().sign();
    accepts(&old).await.ok_or("a good token was refused")?;
    stand.scalekit.keys().rotate();
    stand.scalekit.keys().withdraw_old();
    let new = stand.good().sign();
    stand.accept("a token of the new key", new).await?;
    let what = "whose key was withdrawn, after the new keys were read";
    still(stand, &old, accepts(&old).await, what).await
}

/// # Errors
///
/// When the token was reused that the provider refuses.
async fn still<P: AuthProvider>(
    stand: &Stand<P>,
    token: &str,
    reused: Option<AccessToken>,
    what: &str,
) -> Result<(), String> {
    let Verdict::Refused(_) = stand.verdict(token).await else {
        return Ok(());
    };
    match reused {
        None => Ok(()),
        Some(_) => Err(format!("a token was reused {what}")),
    }
}
