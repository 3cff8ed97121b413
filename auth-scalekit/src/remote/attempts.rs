//! When a fetch may be made, and whether one is under way: the bookkeeping of a
//! [`Source`](super::Source), kept under one lock.

use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::fetch::FetchError;
use super::freshness::Freshness;

/// The longest that a fetch takes, at however many places it looks: twice what one of them may.
pub(super) const LIMIT: Duration = Duration::from_secs(6);

/// The longest that a fetch is waited for: longer than its own limit, for one whose runtime has
/// stopped.
pub(super) const PATIENCE: Duration = Duration::from_secs(7);

/// The outcome of a fetch, once there is one.
pub(super) type Outcome = Option<Result<(), FetchError>>;

/// Who wants a fetch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    /// Nothing usable is at hand, or its time is nearly over.
    Age,
    /// A caller names something that the answer at hand does not hold.
    Forced,
}

/// What becomes of wanting a fetch.
#[derive(Debug)]
pub(super) enum Slot {
    /// One is under way: wait for it.
    Taken(watch::Receiver<Outcome>),
    /// It is too early for one.
    NotBefore(TooEarly),
    /// Make it, and say how it ended.
    Free {
        number: u64,
        done: watch::Sender<Outcome>,
        outcome: watch::Receiver<Outcome>,
    },
}

/// Why there is no fetch now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TooEarly {
    /// How long it will be too early.
    pub(crate) wait: Duration,
    /// Whether this is the first time since the last forced fetch: what is logged of it is logged
    /// once.
    pub(crate) first: bool,
}

/// The fetches of one source.
#[derive(Debug, Default)]
pub(super) struct Attempts {
    under_way: Option<UnderWay>,
    /// How many fetches there have been.
    number: u64,
    /// How many of them were good.
    generation: u64,
    /// How many have failed since the last good one.
    pub(super) failures: u32,
    /// Why the last one did.
    pub(super) last_error: Option<FetchError>,
    /// No fetch before this time, after failures.
    pub(super) retry_at: Duration,
    /// No forced fetch before this time.
    forced_at: Duration,
    /// Whether a forced fetch was refused as too early since the last one.
    came_early: bool,
}

/// A fetch that was started.
#[derive(Debug)]
struct UnderWay {
    outcome: watch::Receiver<Outcome>,
    number: u64,
    since: Instant,
}

impl UnderWay {
    /// Whether it can still come to an end: its task lives, and had no more time than it may take.
    /// A task belongs to the runtime of the caller that started it, and that one may have stopped.
    fn is_alive(&self) -> bool {
        let died = self.outcome.has_changed().is_err() && self.outcome.borrow().is_none();
        !died && self.since.elapsed() < PATIENCE
    }
}

impl Attempts {
    /// Joins the fetch that is under way, or takes the slot for another if it is time. The slot is
    /// taken before anything is sent, and counts whether the fetch succeeds or not.
    pub(super) fn want(&mut self, reason: Reason, now: Duration, freshness: &Freshness) -> Slot {
        if let Some(under_way) = self.under_way.as_ref().filter(|fetch| fetch.is_alive()) {
            return Slot::Taken(under_way.outcome.clone());
        }
        let earliest = match reason {
            Reason::Age => self.retry_at,
            Reason::Forced => self.retry_at.max(self.forced_at),
        };
        if now < earliest {
            let first = reason == Reason::Forced && !self.came_early;
            self.came_early |= first;
            return Slot::NotBefore(TooEarly {
                wait: earliest.saturating_sub(now),
                first,
            });
        }
        if reason == Reason::Forced {
            self.came_early = false;
            self.forced_at = now.saturating_add(freshness.forced_interval);
        }
        let (done, outcome) = watch::channel(None);
        self.number += 1;
        self.under_way = Some(UnderWay {
            outcome: outcome.clone(),
            number: self.number,
            since: Instant::now(),
        });
        Slot::Free {
            number: self.number,
            done,
            outcome,
        }
    }

    /// Gives the slot back. False when another fetch has it: this one was given up on, and what it
    /// brings is older than what the other will.
    pub(super) fn end(&mut self, number: u64) -> bool {
        let own = self
            .under_way
            .as_ref()
            .is_some_and(|under_way| under_way.number == number);
        if own {
            self.under_way = None;
        }
        own
    }

    /// Counts a good answer; returns its generation.
    pub(super) fn succeeded(&mut self) -> u64 {
        self.failures = 0;
        self.last_error = None;
        self.retry_at = Duration::ZERO;
        self.generation += 1;
        self.generation
    }

    /// Counts a failure: the next fetch has to wait. A fetch that failed because another document is
    /// unavailable waits as long as that one.
    pub(super) fn failed(&mut self, error: FetchError, now: Duration, freshness: &Freshness) {
        self.failures = self.failures.saturating_add(1);
        let wait = error
            .retry_after()
            .unwrap_or_else(|| freshness.wait_after(self.failures));
        self.retry_at = now.saturating_add(wait);
        self.last_error = Some(error);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// Wants a fetch; "free", "taken", or how many seconds to wait. Keeps the sender alive.
    fn want(attempts: &mut Attempts, reason: Reason, now: u64, kept: &mut Vec<Slot>) -> String {
        let slot = attempts.want(reason, seconds(now), &Freshness::default());
        let told = match &slot {
            Slot::Taken(_) => "taken".into(),
            Slot::NotBefore(too_early) => too_early.wait.as_secs().to_string(),
            Slot::Free { .. } => "free".into(),
        };
        kept.push(slot);
        told
    }

    #[test]
    fn one_at_a_time_and_not_too_often() {
        use Reason::{Age, Forced};
        let (mut attempts, mut kept) = (Attempts::default(), Vec::new());
        assert_eq!(want(&mut attempts, Age, 100, &mut kept), "free");
        assert_eq!(want(&mut attempts, Age, 100, &mut kept), "taken");
        assert_eq!(want(&mut attempts, Forced, 100, &mut kept), "taken");
        assert!(attempts.end(1) && !attempts.end(1));
        assert_eq!(attempts.succeeded(), 1);
        // The first fetch was not forced and spends nothing of that budget.
        assert_eq!(want(&mut attempts, Forced, 100, &mut kept), "free");
        assert!(attempts.end(2));
        assert_eq!(attempts.succeeded(), 2);
        assert_eq!(want(&mut attempts, Forced, 101, &mut kept), "29");
        assert_eq!(
            want(&mut attempts, Age, 101, &mut kept),
            "free",
            "not of that budget"
        );
        assert!(attempts.end(3));
        attempts.failed(
            FetchError::abandoned("x"),
            seconds(101),
            &Freshness::default(),
        );
        assert_eq!(want(&mut attempts, Age, 101, &mut kept), "1");
        assert_eq!(want(&mut attempts, Forced, 129, &mut kept), "1");
        assert_eq!(want(&mut attempts, Forced, 130, &mut kept), "free");
        assert!(attempts.end(4));
        attempts.failed(
            FetchError::abandoned("x"),
            seconds(130),
            &Freshness::default(),
        );
        assert_eq!(attempts.failures, 2);
        assert_eq!(
            want(&mut attempts, Age, 131, &mut kept),
            "1",
            "twice as long"
        );
    }

    #[test]
    fn the_first_who_comes_too_early_is_known_in_each_window() {
        let freshness = Freshness::default();
        let (mut attempts, mut kept) = (Attempts::default(), Vec::new());
        for window in 0..3 {
            let begin = window * 30;
            assert_eq!(
                want(&mut attempts, Reason::Forced, begin, &mut kept),
                "free"
            );
            assert!(attempts.end(window + 1));
            for (second, first) in [(1, true), (2, false), (29, false)] {
                let slot = attempts.want(Reason::Forced, seconds(begin + second), &freshness);
                let Slot::NotBefore(too_early) = slot else {
                    unreachable!("the budget is spent")
                };
                assert_eq!(too_early.first, first, "{window}: {second}");
                assert_eq!(too_early.wait, seconds(30 - second));
            }
        }
    }

    #[test]
    fn a_task_that_died_gives_its_slot_up() {
        let (mut attempts, mut kept) = (Attempts::default(), Vec::new());
        assert_eq!(want(&mut attempts, Reason::Age, 0, &mut kept), "free");
        kept.clear();
        assert_eq!(want(&mut attempts, Reason::Age, 0, &mut kept), "free");
        assert!(!attempts.end(1), "what the first brings is too old");
        assert!(attempts.end(2));
    }
}
