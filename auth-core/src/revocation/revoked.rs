//! [`RevokedTokens`]: revocations in the memory of one process.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::sync::watch;

use super::Revocations;
use crate::support::Sleep;
use crate::token::{Principal, VerifiedToken};
use crate::verifier::{InvalidReason, VerifyError};

/// The longest leeway of a verifier: a token may be accepted for this time after its expiry.
const MAX_LEEWAY: Duration = Duration::from_secs(300);

/// Tokens and callers that were revoked in this process, remembered while their tokens could be valid.
///
/// ```
/// use std::sync::Arc;
/// use auth_core::layer::AuthLayer;
/// use auth_core::provider::AuthProvider;
/// use auth_core::revocation::RevokedTokens;
///
/// # fn demo(provider: impl AuthProvider, token: &auth_core::token::VerifiedToken) -> Result<(), auth_core::error::ConfigErrors> {
/// let revoked = Arc::new(RevokedTokens::new());
/// let layer = AuthLayer::builder(provider).revocations(Arc::clone(&revoked)).build()?;
/// // From now on the token is refused, and streams that it opened end.
/// revoked.revoke(token);
/// # let _ = layer; Ok(()) }
/// ```
#[derive(Default)]
pub struct RevokedTokens {
    revoked: Mutex<Revoked>,
    changes: watch::Sender<u64>,
}

/// Each with the time until which it is remembered.
#[derive(Default)]
struct Revoked {
    /// By issuer and `jti`.
    tokens: HashMap<(String, String), SystemTime>,
    principals: HashMap<Principal, SystemTime>,
}

impl RevokedTokens {
    /// No revocations yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Revokes a token until no verifier accepts it any more, which is 300 s after its expiry. A token without a
    /// `jti` is revoked together with all tokens of its caller.
    pub fn revoke(&self, token: &VerifiedToken) {
        let end = token.expires_at();
        let until = end.checked_add(MAX_LEEWAY).unwrap_or(end);
        match token.token_id() {
            Some(token_id) => self.revoke_token(token.canonical_issuer(), token_id, until),
            None => self.revoke_principal(token.principal(), until),
        }
    }

    /// Revokes the token with this `jti` of this issuer ([`VerifiedToken::canonical_issuer`] if it has several
    /// names) until `until`: a time after its expiry and the leeway of the verifier.
    pub fn revoke_token(&self, issuer: &str, token_id: &str, until: SystemTime) {
        let key = (issuer.to_owned(), token_id.to_owned());
        extend(&mut self.revoked().tokens, key, until);
        self.changes.send_modify(|changes| *changes += 1);
    }

    /// Revokes every token of a caller until `until`, including those that are issued in the meantime.
    pub fn revoke_principal(&self, principal: Principal, until: SystemTime) {
        extend(&mut self.revoked().principals, principal, until);
        self.changes.send_modify(|changes| *changes += 1);
    }

    /// Forgets revocations whose `until` has passed at `now`. Call this from time to time, to free memory.
    pub fn forget_expired(&self, now: SystemTime) {
        let mut revoked = self.revoked();
        revoked.tokens.retain(|_, until| *until > now);
        revoked.principals.retain(|_, until| *until > now);
    }

    fn revoked(&self) -> MutexGuard<'_, Revoked> {
        // No update under this lock can be left incomplete by a panic.
        self.revoked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Remembers `key` until the later of `until` and its current time.
fn extend<K: std::hash::Hash + Eq>(map: &mut HashMap<K, SystemTime>, key: K, until: SystemTime) {
    let kept = map.entry(key).or_insert(until);
    *kept = until.max(*kept);
}

impl Revocations for RevokedTokens {
    fn check(&self, token: &VerifiedToken) -> Result<(), VerifyError> {
        let revoked = self.revoked();
        let by_id = || {
            let token_id = token.token_id()?.to_owned();
            let key = (token.canonical_issuer().to_owned(), token_id);
            revoked.tokens.get(&key)
        };
        let by_caller = || revoked.principals.get(&token.principal());
        let is_revoked = (!revoked.tokens.is_empty() && by_id().is_some())
            || (!revoked.principals.is_empty() && by_caller().is_some());
        match is_revoked {
            true => Err(InvalidReason::Revoked.into()),
            false => Ok(()),
        }
    }

    fn changed(&self, _token: &VerifiedToken) -> Sleep {
        let mut changes = self.changes.subscribe();
        Box::pin(async move {
            if changes.changed().await.is_err() {
                // The sender is gone, so there are no more revocations.
                std::future::pending::<()>().await;
            }
        })
    }
}

/// Shows the numbers alone, since the rest identifies users.
impl fmt::Debug for RevokedTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let revoked = self.revoked();
        f.debug_struct("RevokedTokens")
            .field("tokens", &revoked.tokens.len())
            .field("principals", &revoked.principals.len())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(second)
    }

    fn token(subject: &str, token_id: Option<&str>) -> VerifiedToken {
        let token = VerifiedToken::assertion("https://id.example.com", subject, at(1000));
        match token_id {
            Some(token_id) => token.with_token_id(token_id),
            None => token,
        }
    }

    #[test]
    fn a_token_is_revoked_by_its_id_or_with_its_caller() {
        let revoked = RevokedTokens::new();
        let (one, other) = (token("ada", Some("1")), token("ada", Some("2")));
        let is_valid = |token: &VerifiedToken| revoked.check(token).is_ok();
        assert!(is_valid(&one) && is_valid(&other), "the control");
        revoked.revoke(&one);
        assert!(!is_valid(&one) && is_valid(&other));
        let elsewhere = VerifiedToken::assertion("https://other.example.com", "ada", at(1000));
        assert!(is_valid(&elsewhere.with_token_id("1")), "another issuer");
        revoked.revoke(&token("ada", None));
        assert!(!is_valid(&other), "all tokens of the caller");
        assert!(is_valid(&token("bob", Some("2"))), "no other caller");
        let of_a_client = token("ada", Some("3")).with_client_id("m2m_1");
        assert!(is_valid(&of_a_client), "another client");
    }

    #[test]
    fn a_revocation_is_forgotten_at_its_end() {
        let revoked = RevokedTokens::new();
        let one = token("ada", Some("1"));
        revoked.revoke_token("https://id.example.com", "1", at(1000));
        revoked.revoke_token("https://id.example.com", "1", at(500));
        revoked.revoke_principal(token("bob", None).principal(), at(700));
        revoked.forget_expired(at(999));
        assert!(revoked.check(&one).is_err());
        assert!(revoked.check(&token("bob", None)).is_ok());
        revoked.forget_expired(at(1000));
        assert!(revoked.check(&one).is_ok());
        let shown = format!("{revoked:?}");
        assert_eq!(shown, "RevokedTokens { tokens: 0, principals: 0 }");
    }

    #[tokio::test]
    async fn every_revocation_completes_changed() {
        let revoked = RevokedTokens::new();
        let changed = revoked.changed(&token("ada", None));
        revoked.revoke(&token("ada", Some("1")));
        changed.await;
        let changed = revoked.changed(&token("ada", None));
        revoked.revoke(&token("ada", None));
        changed.await;
    }
}
