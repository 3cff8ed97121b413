//! [`AnswerCache`]: what the issuer reported about tokens, by the hash of each. moka bounds the maps; whether an
//! entry is still valid is checked at each use, with the injected clock.
//!
//! Accepted tokens are cached by the layer ([`VerifiedToken::reusable_until`](auth_core::token::VerifiedToken::reusable_until)),
//! but only after the verification has returned. So they stay here for a moment, for concurrent callers with the
//! same token. For longer only the fact is remembered: a token that was accepted has reserved calls in the
//! [`CallBudget`](super::call_budget::CallBudget).
//!
//! Each map has a separate bound: refused tokens, which any caller can make, do not evict accepted ones.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use auth_core::support::Clock;
use auth_core::verifier::InvalidToken;
use moka::sync::Cache;

use super::accepted::Accepted;
use super::caching::Caching;
use super::token_hash::TokenHash;

/// The most refused tokens: any caller can make those, so they get little room.
const MAX_REFUSED: u64 = 1_000;
/// How long an accepted token stays for concurrent callers, and how many of them.
const MOMENT: Duration = Duration::from_secs(1);
const MAX_ACCEPTED: u64 = 1_000;
/// How long a token is known after its issuer has last accepted it.
const KNOWN_FOR: Duration = Duration::from_secs(60 * 60);

/// The answers that one verifier remembers.
pub(crate) struct AnswerCache {
    clock: Arc<dyn Clock>,
    accepted_ttl: Duration,
    accepted: Cache<TokenHash, Remembered<Arc<Accepted>>>,
    refused_ttl: Duration,
    refused: Cache<TokenHash, Remembered<InvalidToken>>,
    /// Until when a token is known, by the monotonic clock.
    known: Cache<TokenHash, Duration>,
}

#[derive(Clone)]
struct Remembered<T> {
    answer: T,
    /// By the monotonic clock: setting the wall clock back does not prolong it.
    until: Duration,
}

/// When a call began: the age of an answer is measured from then on, not from its arrival.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CallTime {
    now: SystemTime,
    monotonic: Duration,
}

impl CallTime {
    /// The time of the request that caused the call.
    pub(crate) fn now(&self) -> SystemTime {
        self.now
    }
}

impl AnswerCache {
    pub(crate) fn new(caching: &Caching, clock: Arc<dyn Clock>) -> Self {
        // The expiry in moka only frees the memory of tokens that are no longer sent.
        Self {
            clock,
            accepted_ttl: caching.accepted_ttl,
            accepted: Cache::builder()
                .max_capacity(caching.max_entries.min(MAX_ACCEPTED))
                .time_to_live(MOMENT)
                .build(),
            refused_ttl: caching.refused_ttl,
            refused: Cache::builder()
                .max_capacity(caching.max_entries.min(MAX_REFUSED))
                .time_to_live(caching.refused_ttl)
                .build(),
            known: Cache::builder()
                .max_capacity(caching.max_entries)
                .time_to_live(KNOWN_FOR)
                .build(),
        }
    }

    pub(crate) fn call_time(&self, now: SystemTime) -> CallTime {
        CallTime {
            now,
            monotonic: self.clock.monotonic(),
        }
    }

    /// What the issuer has just reported about a token that is presented at `now`. `None` for a token that has
    /// expired by then, whatever the leeway: the issuer is called again. The caller checks the other times.
    pub(crate) fn recall(
        &self,
        token: &TokenHash,
        now: SystemTime,
    ) -> Option<Result<Arc<Accepted>, InvalidToken>> {
        let monotonic = self.clock.monotonic();
        if let Some(it) = self.accepted.get(token)
            && monotonic < it.until
            && now < it.answer.expires_at()
            && it.answer.holds()
        {
            return Some(Ok(it.answer));
        }
        let refused = self.refused.get(token)?;
        (monotonic < refused.until).then_some(Err(refused.answer))
    }

    /// Whether the issuer has accepted this token within the last hour, and not refused it since.
    /// A call is still needed to accept it again.
    pub(crate) fn is_known(&self, token: &TokenHash) -> bool {
        let until = self.known.get(token);
        until.is_some_and(|until| self.clock.monotonic() < until)
    }

    /// Remembers an accepted token, and until when the answer may be reused: for the configured time, but not
    /// past the expiry of the token, whatever the leeway
    /// ([RFC 7662 section 4](https://www.rfc-editor.org/rfc/rfc7662#section-4)).
    pub(crate) fn accepted(
        &self,
        token: TokenHash,
        mut answer: Accepted,
        call_time: CallTime,
    ) -> Arc<Accepted> {
        if answer.at(call_time.now).is_ok() {
            let until = call_time.monotonic.saturating_add(KNOWN_FOR);
            self.known.insert(token, until);
        }
        // An expired token has no time left.
        let left = answer.expires_at().duration_since(call_time.now);
        let ttl = self.accepted_ttl.min(left.unwrap_or_default());
        if let Some(until) = call_time.now.checked_add(ttl).filter(|_| !ttl.is_zero()) {
            answer.reuse_until(until);
        }
        let answer = Arc::new(answer);
        if !ttl.is_zero() {
            let until = call_time.monotonic.saturating_add(ttl.min(MOMENT));
            let answer = Arc::clone(&answer);
            self.accepted.insert(token, Remembered { answer, until });
        }
        answer
    }

    /// Remembers a refused token, if configured, and forgets that it was accepted.
    pub(crate) fn refused(&self, token: TokenHash, answer: &InvalidToken, call_time: CallTime) {
        self.accepted.invalidate(&token);
        self.known.invalidate(&token);
        if !self.refused_ttl.is_zero() {
            let answer = answer.clone();
            let until = call_time.monotonic.saturating_add(self.refused_ttl);
            self.refused.insert(token, Remembered { answer, until });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claims::TokenValidity;
    use auth_core::support::SystemClock;
    use auth_core::token::VerifiedToken;
    use auth_core::verifier::InvalidReason;

    fn accepted() -> Accepted {
        let end = SystemTime::UNIX_EPOCH + Duration::from_secs(30);
        Accepted {
            token: VerifiedToken::assertion("https://id.example", "usr_1", end),
            validity: TokenValidity {
                issuer: 0,
                issuer_name: 0,
                expires_at: None,
                not_before: None,
                issued_at: None,
            },
            leeway: Duration::ZERO,
            condition: None,
        }
    }

    #[test]
    fn each_map_is_bounded() {
        let caching = Caching::new()
            .max_entries(10)
            .refused_ttl(Duration::from_secs(10));
        let answers = AnswerCache::new(&caching, Arc::new(SystemClock::new()));
        let call_time = answers.call_time(SystemTime::UNIX_EPOCH);
        let refusal = InvalidToken::new(InvalidReason::Revoked);
        for n in 0..1000 {
            answers.accepted(TokenHash::of(&format!("good {n}")), accepted(), call_time);
            answers.refused(TokenHash::of(&format!("bad {n}")), &refusal, call_time);
        }
        answers.accepted.run_pending_tasks();
        answers.known.run_pending_tasks();
        answers.refused.run_pending_tasks();
        assert!((1..=10).contains(&answers.accepted.entry_count()));
        assert!((1..=10).contains(&answers.known.entry_count()));
        assert!((1..=10).contains(&answers.refused.entry_count()));
    }

    #[test]
    fn nothing_is_remembered_of_an_expired_token() {
        let answers = AnswerCache::new(&Caching::new(), Arc::new(auth_testkit::TestClock::new()));
        let (token, answer) = (TokenHash::of("token"), accepted());
        let answer = answers.accepted(token, answer, answers.call_time(SystemTime::UNIX_EPOCH));
        let end = answer.expires_at();
        for (now, is_known) in [
            (end - Duration::from_nanos(1), true),
            (end, false),
            (end + Duration::from_nanos(1), false),
        ] {
            assert_eq!(answers.recall(&token, now).is_some(), is_known, "{now:?}");
        }
    }
}
