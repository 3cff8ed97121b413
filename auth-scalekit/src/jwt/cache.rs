//! Tokens that have been verified: a signature is checked once in a while and not at every request.
//!
//! * The key is the SHA-256 of the token; its text is never kept.
//! * An entry lives for a short time at most, and never past the token's own expiry.
//! * On every hit the time is checked again, and so is the generation of the key set: a key that
//!   is withdrawn takes the tokens along that it has signed.
//! * What was refused is not kept.
//! * While there is room, each token is kept; a full cache takes in what comes again (`seen_once`).

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use auth_core::{AccessToken, Clock, InvalidReason};
use aws_lc_rs::digest;
use moka::sync::Cache;

use super::seen_once::SeenOnce;

/// Settings of the verified-token cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenCache {
    max_tokens: u64,
    max_age: Duration,
}

impl TokenCache {
    /// At most 10,000 tokens, for 60 s. A token of 800 bytes takes about 1 KiB, and 4 KiB once a
    /// policy or a tool has asked for one of its other claims.
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
#[derive(Debug, Clone)]
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
    entries: Option<Cache<TokenHash, Entry>>,
    max_tokens: u64,
    seen_once: SeenOnce,
    max_age: Duration,
    clock: Arc<dyn Clock>,
}

#[derive(Debug, Clone)]
struct Entry {
    verified: Verified,
    kept_since: Duration,
}

impl VerifiedTokens {
    pub(crate) fn new(settings: &TokenCache, clock: Arc<dyn Clock>) -> Self {
        let on = settings.max_tokens > 0 && !settings.max_age.is_zero();
        Self {
            entries: on.then(|| Cache::new(settings.max_tokens)),
            max_tokens: settings.max_tokens,
            seen_once: SeenOnce::new(settings.max_tokens),
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
        let Entry {
            verified,
            kept_since,
        } = self.entries.as_ref()?.get(hash)?;
        let Verified {
            token,
            issuer,
            generation: signed_by,
            valid_from,
        } = verified;
        let age = self.clock.monotonic().saturating_sub(kept_since);
        if age >= self.max_age || generation(issuer) != Some(signed_by) {
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
        Some(Ok(token))
    }

    /// Keeps a token that has just been verified.
    pub(crate) fn insert(&self, hash: TokenHash, verified: Verified) {
        if let Some(entries) = &self.entries {
            let full = entries.entry_count() >= self.max_tokens;
            if full && !self.seen_once.again(&hash) {
                return;
            }
            let kept_since = self.clock.monotonic();
            let entry = Entry {
                verified,
                kept_since,
            };
            entries.insert(hash, entry);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;
    use std::time::UNIX_EPOCH;

    #[derive(Debug, Default)]
    struct Hands(Mutex<Duration>);

    impl Clock for Hands {
        fn now(&self) -> SystemTime {
            UNIX_EPOCH + self.monotonic()
        }

        fn monotonic(&self) -> Duration {
            *self.0.lock().unwrap()
        }
    }

    const LEEWAY: Duration = Duration::from_secs(60);

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// A token that is valid from 1000 s to 2000 s, signed by generation 7 of issuer 3.
    fn verified() -> Verified {
        Verified {
            token: AccessToken::assertion("i", "s", UNIX_EPOCH + seconds(2000)),
            issuer: 3,
            generation: 7,
            valid_from: Some(UNIX_EPOCH + seconds(1000)),
        }
    }

    fn keys(issuer: usize) -> Option<u64> {
        (issuer == 3).then_some(7)
    }

    #[test]
    fn each_reason_not_to_go_by_an_entry() {
        type Answer = Option<Result<&'static str, InvalidReason>>;
        type Keys = fn(usize) -> Option<u64>;
        let rows: [(&str, u64, u64, Keys, Answer); 9] = [
            ("the control", 0, 1500, keys, Some(Ok("s"))),
            ("a second too old", 100, 1500, keys, None),
            ("the last second", 99, 1500, keys, Some(Ok("s"))),
            ("other keys", 0, 1500, |_| Some(8), None),
            ("no keys", 0, 1500, |_| None, None),
            ("expired, within the leeway", 0, 2059, keys, Some(Ok("s"))),
            ("expired", 0, 2060, keys, Some(Err(InvalidReason::Expired))),
            ("early, within the leeway", 0, 940, keys, Some(Ok("s"))),
            ("too early", 0, 939, keys, None),
        ];
        for (name, age, now, generation, expected) in rows {
            let clock = Arc::new(Hands::default());
            let cache = VerifiedTokens::new(&TokenCache::new(10, seconds(100)), clock.clone());
            let hash = cache.hash("token").unwrap();
            cache.insert(hash, verified());
            *clock.0.lock().unwrap() = seconds(age);
            let answer = cache.get(&hash, UNIX_EPOCH + seconds(now), LEEWAY, generation);
            let answer = answer.map(|answer| answer.map(|token| token.subject().to_owned()));
            let expected = expected.map(|answer| answer.map(str::to_owned));
            assert_eq!(answer, expected, "{name}");
            let other = cache.hash("tokem").unwrap();
            let answer = cache.get(&other, UNIX_EPOCH + seconds(now), LEEWAY, generation);
            assert!(answer.is_none(), "{name}: another token");
        }
    }

    #[test]
    fn off_is_off_and_full_is_full() {
        for off in [
            TokenCache::OFF,
            TokenCache::new(0, seconds(1)),
            TokenCache::new(1, seconds(0)),
        ] {
            let cache = VerifiedTokens::new(&off, Arc::new(Hands::default()));
            assert_eq!(cache.hash("token"), None, "{off:?}");
        }
        let cache = VerifiedTokens::new(
            &TokenCache::new(3, seconds(100)),
            Arc::new(Hands::default()),
        );
        let entries = cache.entries.as_ref().unwrap();
        for number in 0..1000 {
            cache.insert(cache.hash(&number.to_string()).unwrap(), verified());
        }
        entries.run_pending_tasks();
        assert_eq!(entries.entry_count(), 3);
    }

    #[test]
    fn a_full_cache_takes_in_what_comes_again() {
        let clock = Arc::new(Hands::default());
        let cache = VerifiedTokens::new(&TokenCache::new(3, seconds(100)), clock);
        let entries = cache.entries.as_ref().unwrap();
        let hashes = ["1", "2", "3", "4"].map(|token| cache.hash(token).unwrap());
        let [.., other] = hashes;
        let knows = |hash| {
            let answer = cache.get(hash, UNIX_EPOCH + seconds(1500), LEEWAY, keys);
            entries.run_pending_tasks();
            answer.is_some()
        };
        for hash in &hashes[..3] {
            cache.insert(*hash, verified());
            assert!(knows(hash), "there is room");
        }
        cache.insert(other, verified());
        assert!(!knows(&other), "once");
        cache.insert(other, verified());
        assert!(knows(&other), "twice");
        assert_eq!(entries.entry_count(), 3, "at the cost of another");
    }
}
