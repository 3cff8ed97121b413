//! [`SessionAnswers`]: the answers of the API of the last seconds. moka bounds the map; the age of an
//! entry is by the injected clock.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use auth_core::support::Clock;
use moka::sync::Cache;

use crate::management::{Session, SessionStatus};

/// The most sessions that are remembered.
const MAX_SESSIONS: u64 = 10_000;
/// After this time moka frees the memory of an entry, which is too old by then.
const KEPT_FOR: Duration = Duration::from_secs(120);

/// What the API says about a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// It is active until then; without an end if there is none.
    ActiveUntil(Option<SystemTime>),
    /// It is not active now, and may be later.
    Inactive,
    /// It has ended for good.
    Ended,
}

impl Answer {
    pub(super) fn of(session: &Session) -> Self {
        match session.status {
            SessionStatus::Active => {
                let ends = [session.idle_expires_at, session.absolute_expires_at];
                Self::ActiveUntil(ends.into_iter().flatten().min())
            }
            SessionStatus::Expired | SessionStatus::Revoked | SessionStatus::LoggedOut => {
                Self::Ended
            }
            // A status that Scalekit did not have when this was written.
            _ => Self::Inactive,
        }
    }

    pub(super) fn is_live_at(self, now: SystemTime) -> bool {
        match self {
            Self::ActiveUntil(end) => end.is_none_or(|end| now < end),
            Self::Inactive | Self::Ended => false,
        }
    }
}

/// The answers that are reused.
pub(super) struct SessionAnswers {
    cached_for: Duration,
    clock: Arc<dyn Clock>,
    /// Each with the time of its question, by the monotonic clock.
    answers: Cache<Arc<str>, (Answer, Duration)>,
}

impl SessionAnswers {
    pub(super) fn new(cached_for: Duration, clock: Arc<dyn Clock>) -> Self {
        Self {
            cached_for,
            clock,
            answers: Cache::builder()
                .max_capacity(MAX_SESSIONS)
                .time_to_live(KEPT_FOR)
                .build(),
        }
    }

    /// An answer that is new enough. One that was live and is not any more is no answer: the session may have been used
    /// since, which puts off its end.
    pub(super) fn recall(&self, session_id: &str, now: SystemTime) -> Option<Answer> {
        let (answer, since) = self.answers.get(session_id)?;
        let age = self.clock.monotonic().saturating_sub(since);
        let is_over = matches!(answer, Answer::ActiveUntil(_)) && !answer.is_live_at(now);
        (age < self.cached_for && !is_over).then_some(answer)
    }

    /// Remembers the answer to a question that was asked at `since`.
    pub(super) fn remember(&self, session_id: Arc<str>, answer: Answer, since: Duration) {
        if !self.cached_for.is_zero() {
            self.answers.insert(session_id, (answer, since));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use auth_testkit::TestClock;

    #[test]
    fn an_answer_is_reused_for_its_time_and_until_its_end() {
        let clock = TestClock::new();
        let now = clock.now();
        let second = Duration::from_secs(1);
        let answers = SessionAnswers::new(5 * second, Arc::new(clock.clone()));
        let active = Answer::ActiveUntil(Some(now + 4 * second));
        answers.remember("ses_1".into(), active, Duration::ZERO);
        answers.remember("ses_2".into(), Answer::Ended, Duration::ZERO);
        for (seconds, active_is_known, ended_is_known) in [
            (0, true, true),
            (3, true, true),
            (4, false, true),
            (5, false, false),
        ] {
            clock.advance(
                (now + seconds * second)
                    .duration_since(clock.now())
                    .unwrap(),
            );
            let known = |id| answers.recall(id, clock.now()).is_some();
            assert_eq!(known("ses_1"), active_is_known, "after {seconds} s");
            assert_eq!(known("ses_2"), ended_is_known, "after {seconds} s");
        }
        assert_eq!(answers.recall("ses_3", now), None);
    }

    #[test]
    fn the_number_of_sessions_is_bounded() {
        let answers = SessionAnswers::new(KEPT_FOR, Arc::new(TestClock::new()));
        for number in 0..3 * MAX_SESSIONS {
            let id = format!("ses_{number}").into();
            answers.remember(id, Answer::Ended, Duration::ZERO);
        }
        answers.answers.run_pending_tasks();
        assert!((1..=MAX_SESSIONS).contains(&answers.answers.entry_count()));
    }
}
