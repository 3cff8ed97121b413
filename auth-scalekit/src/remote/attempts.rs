//! [`Attempts`]: whether a fetch of a document is in flight, and when the next one is due; all of it under one
//! lock.
//!
//! It is not built on [`SingleFlight`](super::SingleFlight): here the decision to start a fetch, the budget of
//! forced fetches and the back-off change together under the lock, and a fetch whose runtime has stopped is
//! given up and numbered, so that its late answer cannot replace a newer one. `SingleFlight` shares requests
//! for many keys and has none of this.

use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::fetch::FetchError;
use super::freshness::Freshness;

/// The time limit of a fetch, over all places: twice that of a request.
pub(super) const LIMIT: Duration = Duration::from_secs(6);

/// How long callers wait for a fetch: longer than its time limit, for one whose runtime has stopped.
pub(super) const PATIENCE: Duration = Duration::from_secs(7);

/// The outcome of a fetch, once there is one.
pub(super) type Outcome = Option<Result<(), FetchError>>;

/// Why a fetch is requested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    /// There is no usable answer, or it is due for renewal.
    Age,
    /// A caller names something that the cached answer does not contain.
    Forced,
}

/// The reply to a request for a fetch.
#[derive(Debug)]
pub(super) enum Slot {
    /// One is in flight: wait for it.
    InFlight(watch::Receiver<Outcome>),
    /// The next fetch is not due yet.
    NotBefore(TooEarly),
    /// Fetch now, and send the outcome to `done`.
    Free {
        number: u64,
        done: watch::Sender<Outcome>,
        outcome: watch::Receiver<Outcome>,
    },
}

/// When the next fetch is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TooEarly {
    /// The time until then.
    pub(crate) wait: Duration,
    /// Whether this is the first refusal since the last forced fetch, so that it is logged only once.
    pub(crate) first: bool,
}

/// The fetches of one source.
#[derive(Debug, Default)]
pub(super) struct Attempts {
    in_flight: Option<InFlight>,
    /// The number of fetches so far.
    number: u64,
    /// The number of good ones.
    generation: u64,
    /// The number of failures since the last good one.
    pub(super) failures: u32,
    /// The error of the last failure.
    pub(super) last_error: Option<FetchError>,
    /// No fetch before this time, after failures.
    pub(super) retry_at: Duration,
    /// No forced fetch before this time.
    forced_at: Duration,
    /// Whether a forced fetch was refused since the last one.
    came_early: bool,
}

/// A fetch that was started.
#[derive(Debug)]
struct InFlight {
    outcome: watch::Receiver<Outcome>,
    number: u64,
    since: Instant,
}

impl InFlight {
    /// Whether it can still end: its task exists and is within its time limit. The task belongs to the
    /// runtime of the caller that started it, which may have stopped.
    fn is_alive(&self) -> bool {
        let died = self.outcome.has_changed().is_err() && self.outcome.borrow().is_none();
        !died && self.since.elapsed() < PATIENCE
    }
}

impl Attempts {
    /// Joins the fetch that is in flight, or takes the slot for another if one is due. The slot is taken
    /// before the request is sent, and counts against the budget whether the fetch succeeds or not.
    pub(super) fn want(&mut self, reason: Reason, now: Duration, freshness: &Freshness) -> Slot {
        if let Some(in_flight) = self.in_flight.as_ref().filter(|fetch| fetch.is_alive()) {
            return Slot::InFlight(in_flight.outcome.clone());
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
        self.in_flight = Some(InFlight {
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

    /// Frees the slot. False when another fetch has it: this one was given up, and its answer is older
    /// than that of the other.
    pub(super) fn end(&mut self, number: u64) -> bool {
        let own = self
            .in_flight
            .as_ref()
            .is_some_and(|in_flight| in_flight.number == number);
        if own {
            self.in_flight = None;
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

    /// Counts a failure and delays the next fetch. After a failure because another document is
    /// unavailable, the delay is that of the other document.
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

    /// Requests a fetch; "free", "in flight", or how many seconds to wait. Keeps the sender alive.
    fn want(attempts: &mut Attempts, reason: Reason, now: u64, kept: &mut Vec<Slot>) -> String {
        let slot = attempts.want(reason, seconds(now), &Freshness::default());
        let reply = match &slot {
            Slot::InFlight(_) => "in flight".into(),
            Slot::NotBefore(too_early) => too_early.wait.as_secs().to_string(),
            Slot::Free { .. } => "free".into(),
        };
        kept.push(slot);
        reply
    }

    #[test]
    fn one_at_a_time_and_not_too_often() {
        use Reason::{Age, Forced};
        let (mut attempts, mut kept) = (Attempts::default(), Vec::new());
        assert_eq!(want(&mut attempts, Age, 100, &mut kept), "free");
        assert_eq!(want(&mut attempts, Age, 100, &mut kept), "in flight");
        assert_eq!(want(&mut attempts, Forced, 100, &mut kept), "in flight");
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
