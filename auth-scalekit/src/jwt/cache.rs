//! Tokens that have been verified: a signature is checked once in a while and not at every request.
//!
//! * The key is the SHA-256 of the token; its text is never kept.
//! * An entry lives for a short time at most, and never past the token's own expiry.
//! * On every hit the time is checked again, and so is the generation of the key set: a key that
//!   is withdrawn takes the tokens along that it has signed.
//! * What was refused is not kept.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use auth_core::{AccessToken, Clock, InvalidReason};
use aws_lc_rs::digest;
use moka::sync::Cache;

/// Settings of the verified-token cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenCache {
    max_tokens: u64,
    max_age: Duration,
}

impl TokenCache {
    /// At most 10,000 tokens (about 2 KiB each), for 60 s.
    pub const DEFAULT: Self = Self {
        max_tokens: 10_000,
        max_age: Duration::from_secs(60),
    };

    /// No cache: every signature is checked.
    pub const OFF: Self = Self {
        max_tokens: 0,
        max_age: Duration::ZERO,
    };

    /// At most `max_tokens`, each for `max_age` at most.
    #[must_use]
    pub const fn new(max_tokens: u64, max_age: Duration) -> Self {
        Self {
            max_tokens,
            max_age,
        }
    }
}

impl Default for TokenCache {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// The SHA-256 of a token.
pub(crate) type TokenHash = [u8; 32];

/// A token that was verified.
#[derive(Debug)]
pub(crate) struct Verified {
    pub(crate) token: AccessToken,
    /// Which of the verifier's issuers made it.
    pub(crate) issuer: usize,
    /// The generation of that issuer's keys.
    pub(crate) generation: u64,
    /// `nbf` or `iat`, whichever is later: before it the token is not valid.
    pub(crate) valid_from: Option<SystemTime>,
}

/// The cache.
#[derive(Debug)]
pub(crate) struct VerifiedTokens {
    entries: Option<Cache<TokenHash, Arc<Entry>>>,
    max_age: Duration,
    clock: Arc<dyn Clock>,
}

#[derive(Debug)]
struct Entry {
    verified: Verified,
    kept_since: Duration,
}

impl VerifiedTokens {
    pub(crate) fn new(settings: &TokenCache, clock: Arc<dyn Clock>) -> Self {
        let on = settings.max_tokens > 0 && !settings.max_age.is_zero();
        Self {
            entries: on.then(|| Cache::new(settings.max_tokens)),
            max_age: settings.max_age,
            clock,
        }
    }

    /// The key of a token; `None` when there is no cache to look into.
    pub(crate) fn hash(&self, token: &str) -> Option<TokenHash> {
        self.entries.as_ref()?;
        digest::digest(&digest::SHA256, token.as_bytes())
            .as_ref()
            .try_into()
            .ok()
    }

    /// The token behind `hash`, if its entry still counts. `generation` says which keys an issuer
    /// has now; `None` that it has none to go by.
    pub(crate) fn get(
        &self,
        hash: &TokenHash,
        now: SystemTime,
        leeway: Duration,
        generation: impl Fn(usize) -> Option<u64>,
    ) -> Option<Result<AccessToken, InvalidReason>> {
        let entry = self.entries.as_ref()?.get(hash)?;
        let age = self.clock.monotonic().saturating_sub(entry.kept_since);
        let Verified {
            token,
            issuer,
            generation: signed_by,
            valid_from,
        } = &entry.verified;
        if age >= self.max_age || generation(*issuer) != Some(*signed_by) {
            return None;
        }
        let expired = token
            .expires_at()
            .checked_add(leeway)
            .is_some_and(|end| now >= end);
        if expired {
            return Some(Err(InvalidReason::Expired));
        }
        // The clock has been set back.
        let too_early = valid_from
            .is_some_and(|from| now.checked_add(leeway).is_some_and(|latest| from > latest));
        if too_early {
            return None;
        }
        Some(Ok(token.clone()))
    }

    /// Keeps a token that has just been verified.
    pub(crate) fn insert(&self, hash: TokenHash, verified: Verified) {
        if let Some(entries) = &self.entries {
            let kept_since = self.clock.monotonic();
            let entry = Entry {
                verified,
                kept_since,
            };
            entries.insert(hash, Arc::new(entry));
        }
    }
}
