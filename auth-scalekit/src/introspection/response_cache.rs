//! What is remembered of tokens, by their hashes. moka bounds the maps; whether something still counts is
//! judged at each use, by our own clock.
//!
//! Good answers are kept by the layer ([`AccessToken::reusable_until`](auth_core::AccessToken::reusable_until)),
//! but not before a caller comes back to it with one. So they stay here for a moment, for the callers who are on
//! their way, and when nobody came back. For longer it is remembered that there was one: such a token is no
//! stranger's, and has calls of its own in the [`CallBudget`](super::call_budget::CallBudget).
//!
//! Each map has its own bound: refused tokens, which anyone can make, push no accepted one out.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use auth_core::{Clock, InvalidToken};
use moka::sync::Cache;

use super::caching::Caching;
use super::rules::Accepted;
use super::token_hash::TokenHash;

/// Entries of refused tokens: anyone can make those, so they get little room.
const MAX_REFUSED: u64 = 1_000;
/// How long a good answer stays for those who are on their way, and how many.
const MOMENT: Duration = Duration::from_secs(1);
const MAX_ACCEPTED: u64 = 1_000;
/// How long a token counts as known after its issuer has last accepted it.
const KNOWN_FOR: Duration = Duration::from_secs(60 * 60);

/// What one verifier remembers.
pub(super) struct Memory {
    clock: Arc<dyn Clock>,
    accepted_ttl: Duration,
    accepted: Cache<TokenHash, Remembered<Arc<Accepted>>>,
    refused_ttl: Duration,
    refused: Cache<TokenHash, Remembered<InvalidToken>>,
    /// Until when a token counts as known, by the monotonic clock.
    known: Cache<TokenHash, Duration>,
}

#[derive(Clone)]
struct Remembered<T> {
    answer: T,
    /// By the monotonic clock: a wall clock that is set back prolongs nothing.
    until: Duration,
}

/// When a question was asked: an answer ages from then on, not from when it came.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    now: SystemTime,
    monotonic: Duration,
}

impl Asked {
    /// The time of the request that asked first.
    pub(super) fn now(&self) -> SystemTime {
        self.now
    }
}

impl Memory {
    pub(super) fn new(caching: &Caching, clock: Arc<dyn Clock>) -> Self {
        // moka's own time only frees the memory of tokens that nobody sends any more.
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

    pub(super) fn asked(&self, now: SystemTime) -> Asked {
        Asked {
            now,
            monotonic: self.clock.monotonic(),
        }
    }

    /// What the issuer has just said about a token that is shown at `now`. Of a token that has ended by then
    /// nothing is known, leeway or not: the issuer is asked again. The other times are the caller's to judge.
    pub(super) fn recall(
        &self,
        token: &TokenHash,
        now: SystemTime,
    ) -> Option<Result<Arc<Accepted>, InvalidToken>> {
        let monotonic = self.clock.monotonic();
        if let Some(it) = self.accepted.get(token)
            && monotonic < it.until
            && now < it.answer.expires_at()
        {
            return Some(Ok(it.answer));
        }
        let refused = self.refused.get(token)?;
        (monotonic < refused.until).then_some(Err(refused.answer))
    }

    /// Whether the issuer has accepted this token within the last hour, and not refused it since.
    /// That it does so again must still be asked.
    pub(super) fn is_known(&self, token: &TokenHash) -> bool {
        let until = self.known.get(token);
        until.is_some_and(|until| self.clock.monotonic() < until)
    }

    /// Remembers an accepted token, and until when the answer may be used again: for its time, but not past
    /// the token's end, leeway or not
    /// ([RFC 7662 section 4](https://www.rfc-editor.org/rfc/rfc7662#section-4)).
    pub(super) fn accepted(
        &self,
        token: TokenHash,
        mut answer: Accepted,
        asked: Asked,
    ) -> Arc<Accepted> {
        if answer.at(asked.now).is_ok() {
            let until = asked.monotonic.saturating_add(KNOWN_FOR);
            self.known.insert(token, until);
        }
        // A token that has ended has no time left.
        let left = answer.expires_at().duration_since(asked.now);
        let ttl = self.accepted_ttl.min(left.unwrap_or_default());
        if let Some(until) = asked.now.checked_add(ttl).filter(|_| !ttl.is_zero()) {
            answer.reuse_until(until);
        }
        let answer = Arc::new(answer);
        if !ttl.is_zero() {
            let until = asked.monotonic.saturating_add(ttl.min(MOMENT));
            let answer = Arc::clone(&answer);
            self.accepted.insert(token, Remembered { answer, until });
        }
        answer
    }

    /// Keeps a refused token, if that is wanted. What was known before does not count any more.
    pub(super) fn refused(&self, token: TokenHash, answer: &InvalidToken, asked: Asked) {
        self.accepted.invalidate(&token);
        self.known.invalidate(&token);
        if !self.refused_ttl.is_zero() {
            let answer = answer.clone();
            let until = asked.monotonic.saturating_add(self.refused_ttl);
            self.refused.insert(token, Remembered { answer, until });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claims::{ClaimNames, ClaimsMapping, Presence, Rules};
    use crate::introspection::rules::AnswerRules;
    use auth_core::json::ObjectText;
    use auth_core::{InvalidReason, SystemClock};

    fn accepted() -> Accepted {
        let rules = AnswerRules {
            claims: Rules {
                issuers: vec![vec!["https://id.example".into()]],
                audiences: vec!["mcp".into()],
                presence: Presence {
                    issuer: false,
                    expiry: false,
                    ..Presence::ALL
                },
                leeway: Duration::ZERO,
                max_lifetime: None,
                accepts_bound_tokens: false,
            },
            names: ClaimNames {
                client_id: "client_id".into(),
                organization: None,
                scopes: Vec::new(),
            },
            mapping: ClaimsMapping::default(),
            lifetime: Duration::from_secs(30),
        };
        let answer = ObjectText::parse(r#"{"active":true,"aud":"mcp","sub":"usr_1"}"#).unwrap();
        rules.judge(&answer, SystemTime::UNIX_EPOCH).unwrap()
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let caching = Caching::new()
            .max_entries(10)
            .refused_ttl(Duration::from_secs(10));
        let memory = Memory::new(&caching, Arc::new(SystemClock::new()));
        let asked = memory.asked(SystemTime::UNIX_EPOCH);
        let refusal = InvalidToken::new(InvalidReason::Revoked);
        for n in 0..1000 {
            memory.accepted(TokenHash::of(&format!("good {n}")), accepted(), asked);
            memory.refused(TokenHash::of(&format!("bad {n}")), &refusal, asked);
        }
        memory.accepted.run_pending_tasks();
        memory.known.run_pending_tasks();
        memory.refused.run_pending_tasks();
        assert!((1..=10).contains(&memory.accepted.entry_count()));
        assert!((1..=10).contains(&memory.known.entry_count()));
        assert!((1..=10).contains(&memory.refused.entry_count()));
    }

    #[test]
    fn nothing_is_known_of_a_token_that_has_ended() {
        let memory = Memory::new(&Caching::new(), Arc::new(auth_testkit::TestClock::new()));
        let (token, answer) = (TokenHash::of("token"), accepted());
        let answer = memory.accepted(token, answer, memory.asked(SystemTime::UNIX_EPOCH));
        let end = answer.expires_at();
        for (now, is_known) in [
            (end - Duration::from_nanos(1), true),
            (end, false),
            (end + Duration::from_nanos(1), false),
        ] {
            assert_eq!(memory.recall(&token, now).is_some(), is_known, "{now:?}");
        }
    }
}
