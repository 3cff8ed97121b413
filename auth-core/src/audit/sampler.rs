//! [`Sampler`]: which events without a verified caller are passed on in full.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::summary::{AuditSummary, Omission, Tally};
use super::{AuthDecision, AuthEvent};

/// The length of a window, by the time of the events.
pub(super) const WINDOW: Duration = Duration::from_secs(60);

/// How many events of a window are passed on by default.
pub(super) const DEFAULT_LIMIT: u32 = 20;

/// Passes on the first events without a verified caller of each window, and counts the others.
///
/// The first of each kind is passed on too, so that no kind can hide another one: a window has at
/// most twice the limit (refusals, and public operations) plus one event for each label. Events
/// with a verified caller are always passed on.
#[derive(Debug)]
pub(super) struct Sampler {
    limit: u32,
    /// The start of the window; `None` before the first event.
    start: Option<SystemTime>,
    refusals: u32,
    public: u32,
    /// The kinds in this window.
    kinds: Vec<Kind>,
    left_out: Tally,
}

#[derive(Debug)]
struct Kind {
    resource: Arc<str>,
    decision: &'static str,
    reason: Option<&'static str>,
}

/// What happens to an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Passed {
    /// It is passed on.
    InFull,
    /// It is counted, and is the first one of its window.
    CountedFirst,
    /// It is counted.
    Counted,
}

/// Whether a window that began at `start` has ended.
pub(super) fn is_over(start: SystemTime, now: SystemTime) -> bool {
    match now.duration_since(start) {
        Ok(passed) => passed >= WINDOW,
        // Events of several threads arrive slightly out of order. Beyond that, the clock was set
        // back, and the window must not last until it has caught up.
        Err(ahead) => ahead.duration() > WINDOW,
    }
}

impl Sampler {
    /// With this many events of each window passed on in full.
    pub(super) fn new(limit: u32) -> Self {
        Self {
            limit,
            start: None,
            refusals: 0,
            public: 0,
            kinds: Vec::new(),
            left_out: Tally::default(),
        }
    }

    /// The summary of the previous window, if this event ends it, and what happens to the event.
    pub(super) fn sample(&mut self, event: &AuthEvent) -> (Option<AuditSummary>, Passed) {
        let now = event.decided_at();
        let ended = self
            .start
            .is_some_and(|start| is_over(start, now))
            .then(|| self.finish())
            .flatten();
        let passed = if event.is_verified() {
            Passed::InFull
        } else {
            self.start.get_or_insert(now);
            self.count(event)
        };
        (ended, passed)
    }

    fn count(&mut self, event: &AuthEvent) -> Passed {
        let is_new = !self.kinds.iter().any(|kind| kind.is_of(event));
        if is_new {
            self.kinds.push(Kind::of(event));
        }
        let passed = match event.decision {
            AuthDecision::Refused(_) => &mut self.refusals,
            AuthDecision::Admitted | AuthDecision::Public => &mut self.public,
        };
        if *passed < self.limit {
            *passed += 1;
            return Passed::InFull;
        }
        if is_new {
            return Passed::InFull;
        }
        let is_first = self.left_out.sum().is_none();
        self.left_out.add(event, Omission::Sampled);
        if is_first {
            Passed::CountedFirst
        } else {
            Passed::Counted
        }
    }

    /// Ends the window; its summary, if an event was counted.
    pub(super) fn finish(&mut self) -> Option<AuditSummary> {
        let left_out = self.left_out.take();
        *self = Self::new(self.limit);
        left_out
    }
}

impl Kind {
    fn of(event: &AuthEvent) -> Self {
        Self {
            resource: Arc::clone(&event.resource),
            decision: event.decision.as_str(),
            reason: event.decision.reason(),
        }
    }

    fn is_of(&self, event: &AuthEvent) -> bool {
        self.decision == event.decision.as_str()
            && self.reason == event.decision.reason()
            && self.resource == event.resource
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::tests::{admitted, later, refused};
    use crate::verifier::InvalidReason;
    use crate::wire::Refusal;

    fn of(refusal: impl Into<Refusal>) -> AuthEvent {
        AuthEvent {
            decision: AuthDecision::Refused(refusal.into()),
            ..refused()
        }
    }

    fn public() -> AuthEvent {
        AuthEvent {
            decision: AuthDecision::Public,
            ..refused()
        }
    }

    /// How many of these events pass in full.
    fn passed(sampler: &mut Sampler, events: &[AuthEvent]) -> usize {
        let passed = events.iter().map(|event| sampler.sample(event).1);
        passed.filter(|passed| *passed == Passed::InFull).count()
    }

    #[test]
    fn the_first_events_of_a_window_pass_and_the_others_are_counted() {
        let mut sampler = Sampler::new(3);
        for expected in [
            Passed::InFull,
            Passed::InFull,
            Passed::InFull,
            Passed::CountedFirst,
            Passed::Counted,
            Passed::Counted,
        ] {
            assert_eq!(sampler.sample(&refused()), (None, expected));
        }
        // Callers are never counted, and their events end windows too.
        let last = later(refused(), 59);
        assert_eq!(sampler.sample(&last), (None, Passed::Counted));
        let at = later(admitted(), 59);
        assert_eq!(sampler.sample(&at), (None, Passed::InFull));
        let (ended, passed) = sampler.sample(&later(admitted(), 60));
        assert_eq!(passed, Passed::InFull);
        let ended = ended.unwrap();
        assert_eq!((ended.verified(), ended.unverified()), (0, 4));
        assert_eq!(ended.since, refused().decided_at());
        assert_eq!(ended.until, last.decided_at());
        // A window begins with the first event that is none of a caller.
        let next = later(refused(), 100);
        assert_eq!(sampler.sample(&next), (None, Passed::InFull));
        assert_eq!(passed_of_many(&mut sampler, &later(refused(), 159)), 2);
        let (ended, passed) = sampler.sample(&later(refused(), 160));
        assert_eq!(passed, Passed::InFull);
        assert_eq!(ended.unwrap().unverified(), 8);
        assert_eq!(sampler.finish(), None);
    }

    fn passed_of_many(sampler: &mut Sampler, event: &AuthEvent) -> usize {
        passed(sampler, &vec![event.clone(); 10])
    }

    #[test]
    fn no_kind_hides_another() {
        let mut sampler = Sampler::new(3);
        assert_eq!(passed_of_many(&mut sampler, &of(Refusal::NoCredentials)), 3);
        let mut elsewhere = refused();
        elsewhere.resource = "https://other.example/mcp".into();
        for (name, event, expected) in [
            ("another decision", of(Refusal::NoSuchSession), 1),
            ("a reason", of(InvalidReason::Expired), 1),
            ("another reason", of(InvalidReason::WrongAudience), 1),
            ("another resource", elsewhere, 1),
            ("what is public has its own", public(), 3),
            ("the first kind again", of(Refusal::NoCredentials), 0),
        ] {
            assert_eq!(passed_of_many(&mut sampler, &event), expected, "{name}");
        }
        let ended = sampler.finish().unwrap();
        assert_eq!(ended.unverified(), 70 - 10);
        assert_eq!(ended.counts.len(), 6);
    }

    #[test]
    fn with_a_limit_of_zero_the_first_of_each_kind_passes() {
        let mut sampler = Sampler::new(0);
        assert_eq!(passed_of_many(&mut sampler, &refused()), 1);
        assert_eq!(passed_of_many(&mut sampler, &public()), 1);
        assert_eq!(passed_of_many(&mut sampler, &refused()), 0);
    }

    #[test]
    fn a_slow_request_does_not_start_a_window() {
        let mut sampler = Sampler::new(1);
        let now = later(refused(), 600);
        assert_eq!(sampler.sample(&now), (None, Passed::InFull));
        // Its body took ten minutes.
        let slow = AuthEvent {
            latency: Duration::from_secs(600),
            ..refused()
        };
        assert_eq!(sampler.sample(&slow), (None, Passed::CountedFirst));
        assert_eq!(sampler.sample(&now), (None, Passed::Counted));
    }

    #[test]
    fn a_window_ends_by_the_clock_also_when_it_is_set_back() {
        let start = refused().at;
        let second = Duration::from_secs(1);
        for (name, now, over) in [
            ("at once", start, false),
            (
                "before the end",
                start + 60 * second - Duration::from_nanos(1),
                false,
            ),
            ("at the end", start + 60 * second, true),
            ("a little out of order", start - second, false),
            ("as much as a window", start - 60 * second, false),
            ("set back", start - 61 * second, true),
            ("the beginning of time", SystemTime::UNIX_EPOCH, true),
        ] {
            assert_eq!(is_over(start, now), over, "{name}");
        }
    }
}
