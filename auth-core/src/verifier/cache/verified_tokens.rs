//! [`VerifiedTokens`]: the cache.
//!
//! * The key is a keyed hash of the token, whose string is not kept; the value is the verified
//!   token.
//! * Only tokens that their verifier allows to be reused are kept; refusals never are.
//! * Every hit is checked: is the token still within its time, by the wall clock and by the
//!   monotonic clock, and does the condition of its verifier hold? If not, it is a miss.
//! * While there is room, each token is cached; a full cache admits tokens that are seen again
//!   (`seen_once`).
//!
//! moka bounds the map. Its expiry is not used, since the time comes from the injected clock.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use moka::sync::Cache;

use super::seen_once::SeenOnce;
use super::settings::TokenCache;
use super::token_hash::{BuildSpread, HashKey, TokenHash};
use crate::support::NoRandomBytes;
use crate::token::VerifiedToken;
use crate::token::{BearerToken, Presented};
use crate::verifier::error::VerifyError;
use crate::verifier::request_head::{Seen, WatchedHead};
use crate::verifier::token_verifier::{TokenVerifier, VerifyRequest};

/// The verified tokens of one layer, or of one [`CachedVerifier`](super::CachedVerifier).
pub(crate) struct VerifiedTokens {
    entries: Cache<TokenHash, Entry, BuildSpread>,
    max_tokens: u64,
    seen_once: SeenOnce,
    key: HashKey,
    /// The length of the longest cached token. Longer ones cannot be a hit, and are not hashed.
    longest: AtomicUsize,
}

#[derive(Clone)]
struct Entry {
    token: VerifiedToken,
    /// When it was verified, by the wall clock and by the monotonic clock.
    verified_at: SystemTime,
    since: Duration,
}

/// The result of a lookup.
pub(crate) enum Lookup {
    Known(VerifiedToken),
    /// A miss, with the key under which to cache the token once it is verified.
    Unknown(Place),
}

/// The key for a token that is about to be verified.
pub(crate) struct Place {
    hash: Option<TokenHash>,
    since: Duration,
}

impl VerifiedTokens {
    /// # Errors
    ///
    /// The system has no random bytes. `None` if caching is off.
    pub(crate) fn new(settings: TokenCache) -> Result<Option<Self>, NoRandomBytes> {
        let max_tokens = settings.max_tokens;
        if max_tokens == 0 {
            return Ok(None);
        }
        Ok(Some(Self {
            entries: Cache::builder()
                .max_capacity(max_tokens)
                .build_with_hasher(BuildSpread::default()),
            max_tokens,
            seen_once: SeenOnce::new(max_tokens),
            key: HashKey::random()?,
            longest: AtomicUsize::new(0),
        }))
    }

    /// The token, if it is cached and may be used at `now`; `since` is the same time by the
    /// monotonic clock.
    pub(crate) fn look_up(
        &self,
        token: Presented<'_>,
        vary: Option<&str>,
        now: SystemTime,
        since: Duration,
    ) -> Lookup {
        let text = token.bytes();
        if text.len() > self.longest.load(Ordering::Relaxed) {
            return Lookup::Unknown(Place { hash: None, since });
        }
        let hash = self.key.hash(text, vary);
        let place = Place {
            hash: Some(hash),
            since,
        };
        let Some(entry) = self.entries.get(&hash) else {
            return Lookup::Unknown(place);
        };
        match entry.state(now, since) {
            State::Holds => Lookup::Known(entry.token),
            State::NotYet => Lookup::Unknown(place),
            State::Over => {
                // Removed, so that it does not become valid when a clock is set back.
                self.entries.invalidate(&hash);
                Lookup::Unknown(place)
            }
        }
    }

    /// The token from the cache, or from `verifier`, in which case it is cached; `since` is the
    /// time of the request by the monotonic clock.
    pub(crate) async fn verify<V: TokenVerifier + ?Sized>(
        kept: Option<&Self>,
        verifier: &V,
        request: VerifyRequest<'_>,
        since: Duration,
    ) -> Result<VerifiedToken, VerifyError> {
        let Some(kept) = kept else {
            return verifier.verify(request).await;
        };
        let (head, seen) = (request.watched_head(), Seen::default());
        let vary = verifier.vary(head.peek());
        if vary.is_some() {
            // For an outer verifier that does not forward the declaration of this one.
            head.look();
        }
        let (token, now) = (request.token(), request.now());
        match kept.look_up(token.into(), vary.as_deref(), now, since) {
            Lookup::Known(token) => Ok(token),
            Lookup::Unknown(place) => {
                let watched = WatchedHead::new(head.peek(), &seen);
                let verified = verifier.verify(request.with_watched_head(watched)).await;
                if seen.get() {
                    head.look();
                }
                let verified = verified?;
                // The next request with this token may have another head, and what the verdict
                // depends on may have changed while it was awaited.
                let is_declared = vary.is_some() || !seen.get();
                if is_declared && verifier.vary(head.peek()) == vary {
                    kept.keep(&place, token, vary.as_deref(), &verified, now);
                }
                Ok(verified)
            }
        }
    }

    /// Caches a token that was verified at `now`, if its verifier allows it.
    fn keep(
        &self,
        place: &Place,
        text: BearerToken<'_>,
        vary: Option<&str>,
        token: &VerifiedToken,
        now: SystemTime,
    ) {
        let entry = Entry {
            token: token.clone(),
            verified_at: now,
            since: place.since,
        };
        if !matches!(entry.state(now, place.since), State::Holds) {
            return;
        }
        let text = text.secret().as_bytes();
        let hash = place.hash.unwrap_or_else(|| self.key.hash(text, vary));
        let full = self.entries.entry_count() >= self.max_tokens;
        if full && !self.seen_once.again(hash.half()) {
            return;
        }
        self.longest.fetch_max(text.len(), Ordering::Relaxed);
        self.entries.insert(hash, entry);
    }
}

/// Whether an entry may be used.
enum State {
    Holds,
    /// The clock was set back to before the token was verified.
    NotYet,
    Over,
}

impl Entry {
    fn state(&self, now: SystemTime, monotonic: Duration) -> State {
        let Some(reuse) = self.token.reuse() else {
            return State::Over;
        };
        // By the monotonic clock too: a wall clock that is set back prolongs nothing.
        let lifetime = reuse.until.duration_since(self.verified_at);
        let age = monotonic.saturating_sub(self.since);
        if now >= reuse.until || lifetime.is_ok_and(|lifetime| age >= lifetime) {
            return State::Over;
        }
        if !reuse.validity.as_ref().is_none_or(|it| it.holds()) {
            return State::Over;
        }
        match now < self.verified_at {
            true => State::NotYet,
            false => State::Holds,
        }
    }
}

impl fmt::Debug for VerifiedTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifiedTokens")
            .field("max_tokens", &self.max_tokens)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;
    use std::time::UNIX_EPOCH;

    use super::*;
    use crate::token::Validity;

    #[derive(Debug)]
    struct Switch(AtomicBool);

    impl Validity for Switch {
        fn holds(&self) -> bool {
            self.0.load(Ordering::Relaxed)
        }
    }

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn bearer(text: &str) -> BearerToken<'_> {
        BearerToken::new(text).unwrap()
    }

    /// Verified at 1500 s, and reusable until 1600 s.
    fn token() -> VerifiedToken {
        VerifiedToken::assertion("i", "s", at(2000)).reusable_until(at(1600))
    }

    fn cache(max_tokens: u64) -> VerifiedTokens {
        let cache = VerifiedTokens::new(TokenCache::new(max_tokens));
        cache.unwrap().unwrap()
    }

    fn keep(cache: &VerifiedTokens, text: &str, token: &VerifiedToken, now: u64) {
        let Lookup::Unknown(place) =
            cache.look_up(bearer(text).into(), None, at(now), Duration::ZERO)
        else {
            panic!("{text} is known");
        };
        cache.keep(&place, bearer(text), None, token, at(now));
    }

    fn is_known(cache: &VerifiedTokens, text: &str, now: u64) -> bool {
        is_known_after(cache, text, now, 0)
    }

    /// This many seconds after it was cached, by the monotonic clock.
    fn is_known_after(cache: &VerifiedTokens, text: &str, now: u64, passed: u64) -> bool {
        match cache.look_up(
            bearer(text).into(),
            None,
            at(now),
            Duration::from_secs(passed),
        ) {
            Lookup::Known(token) => {
                assert_eq!(token.subject(), "s");
                true
            }
            Lookup::Unknown(_) => false,
        }
    }

    #[test]
    fn each_reason_for_a_miss() {
        for (name, passed, now, expected) in [
            ("the control", 0, 1500, true),
            ("the last second", 99, 1599, true),
            ("over", 100, 1600, false),
            ("over by the wall clock", 0, 1600, false),
            ("over by the monotonic clock", 100, 1500, false),
            ("a second before that", 99, 1500, true),
            ("before it was verified", 0, 1499, false),
        ] {
            let cache = cache(10);
            keep(&cache, "token", &token(), 1500);
            let is_known = |text| is_known_after(&cache, text, now, passed);
            assert_eq!(is_known("token"), expected, "{name}");
            assert!(!is_known("tokem"), "{name}: another token");
            assert!(!is_known("token2"), "{name}: a longer one");
        }
    }

    #[test]
    fn tokens_that_must_not_be_reused_are_not_cached() {
        let plain = VerifiedToken::assertion("i", "s", at(2000));
        for (name, token, expected) in [
            ("the control", token(), true),
            ("not reusable", plain.clone(), false),
            (
                "no time is left",
                plain.clone().reusable_until(at(1500)),
                false,
            ),
            (
                "it does not hold any more",
                token().while_holds(Arc::new(Switch(AtomicBool::new(false)))),
                false,
            ),
            (
                "the condition holds, but there is no time",
                plain.while_holds(Arc::new(Switch(AtomicBool::new(true)))),
                false,
            ),
        ] {
            let cache = cache(10);
            keep(&cache, "token", &token, 1500);
            assert_eq!(is_known(&cache, "token", 1500), expected, "{name}");
        }
    }

    #[test]
    fn an_invalid_entry_does_not_become_valid_again() {
        let switch = Arc::new(Switch(AtomicBool::new(true)));
        let cache = cache(10);
        keep(&cache, "token", &token().while_holds(switch.clone()), 1500);
        assert!(is_known(&cache, "token", 1500));
        switch.0.store(false, Ordering::Relaxed);
        assert!(!is_known(&cache, "token", 1500));
        switch.0.store(true, Ordering::Relaxed);
        assert!(!is_known(&cache, "token", 1500), "it has to be verified");
        keep(&cache, "token", &token(), 1500);
        assert!(!is_known(&cache, "token", 1600), "over");
        assert!(!is_known(&cache, "token", 1500), "and set back");
        keep(&cache, "token", &token(), 1500);
        assert!(!is_known(&cache, "token", 1400), "set back to before it");
        assert!(is_known(&cache, "token", 1500), "and right again");
    }

    #[test]
    fn a_token_ages_from_its_lookup() {
        let cache = cache(10);
        let looked_for = cache.look_up(
            bearer("token").into(),
            None,
            at(1500),
            Duration::from_secs(7),
        );
        let Lookup::Unknown(place) = looked_for else {
            panic!("nothing is kept yet");
        };
        // However long the verifier takes from here on.
        cache.keep(&place, bearer("token"), None, &token(), at(1500));
        assert!(is_known_after(&cache, "token", 1500, 106));
        assert!(!is_known_after(&cache, "token", 1500, 107));
    }

    #[test]
    fn a_cache_can_be_off_and_is_bounded() {
        let off = VerifiedTokens::new(TokenCache::OFF).unwrap();
        assert!(off.is_none());
        let cache = cache(3);
        for number in 1000..2000 {
            keep(&cache, &number.to_string(), &token(), 1500);
        }
        cache.entries.run_pending_tasks();
        assert_eq!(cache.entries.entry_count(), 3);
    }

    #[test]
    fn a_full_cache_admits_tokens_that_are_seen_again() {
        let cache = cache(3);
        let knows = |text| {
            let known = is_known(&cache, text, 1500);
            cache.entries.run_pending_tasks();
            known
        };
        for text in ["1", "2", "3"] {
            keep(&cache, text, &token(), 1500);
            assert!(knows(text), "there is room");
        }
        keep(&cache, "4", &token(), 1500);
        assert!(!knows("4"), "once");
        keep(&cache, "4", &token(), 1500);
        assert!(knows("4"), "twice");
        assert_eq!(cache.entries.entry_count(), 3, "at the cost of another");
    }
}
