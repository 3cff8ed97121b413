//! [`Circuit`]: a circuit breaker for the endpoint that anonymous callers cannot open for known tokens.
//!
//! A failed call is first attributed to its token, which gets a separate back-off. It is attributed to
//! the endpoint only together with other failures, and nothing that an anonymous caller can send is
//! enough:
//!
//! 1. A suspicion: [`EVIDENCE`] different tokens failed in a row without a good response in between, or the
//!    authorization server reports that our credentials are wrong.
//! 2. A probe: a call with a random token that this server has just made. No caller chose it, so a
//!    firewall has no reason to treat it differently.
//! 3. The verdict. If the probe got a good response, the failures concern only those tokens. If not:
//!
//! | the probe | and | the circuit opens for |
//! |---|---|---|
//! | wrong credentials | | all tokens |
//! | no response | that many different tokens got none either | all tokens |
//! | a bad response | that many tokens that were accepted before got one too | all tokens |
//! | a bad response | an earlier probe got a good one | tokens that were not accepted before |
//!
//! In every other case it stays closed: some endpoints reply with an error to each unknown token, which
//! is not an outage.
//!
//! An open circuit stops calls for 1 s, doubling to 30 s. Then the next call waits for another probe, so
//! that the endpoint is never tried with a caller's token. A good response about any token closes the
//! circuit.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use auth_core::support::Clock;
use auth_core::verifier::Unavailable;

use super::issuer::{CallError, FailureKind};
use super::token_hash::TokenHash;
use crate::remote::Backoff;
use crate::remote::TOTAL_TIMEOUT;

/// The number of different tokens that make a suspicion.
const EVIDENCE: usize = 3;
/// The time between two probes while the circuit is not open: anonymous callers can cause suspicions.
const PROBE_INTERVAL: Duration = Duration::from_secs(1);

/// Whether the endpoint may be called now.
pub(crate) struct Circuit {
    /// What is called, for logs.
    name: &'static str,
    clock: Arc<dyn Clock>,
    backoff: Backoff,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Different tokens without any response since the last good one.
    unanswered: DistinctTokens,
    /// The same, with a bad response.
    badly_answered: DistinctTokens,
    /// Those of them that were accepted before: no firewall rejects those.
    badly_answered_known: DistinctTokens,
    /// Increases with each good response: a call that began before it is no evidence.
    good_answers: u64,
    /// Which tokens an open circuit stops; `None` while it is closed.
    stopped: Option<Stopped>,
    /// How often the circuit has opened since the last good response.
    failures: u32,
    /// When an open circuit may send a probe, by the monotonic clock.
    retry_at: Duration,
    last_error: Option<CallError>,
    /// The last probe that was sent.
    probe: u64,
    /// Until when that one may be in flight.
    probe_until: Duration,
    no_probe_before: Duration,
    /// Whether a probe ever got a good response, as RFC 7662 requires for an unknown token.
    unknown_tokens_are_answered: bool,
}

/// Which tokens an open circuit stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stopped {
    /// Tokens that the issuer has not accepted before.
    Unknown,
    All,
}

/// Up to [`EVIDENCE`] tokens.
#[derive(Default)]
struct DistinctTokens(Vec<TokenHash>);

impl DistinctTokens {
    fn add(&mut self, token: TokenHash) {
        if !self.are_evidence() && !self.0.contains(&token) {
            self.0.push(token);
        }
    }

    fn are_evidence(&self) -> bool {
        self.0.len() >= EVIDENCE
    }
}

/// Permission for one probe. Dropped without a verdict, it changes nothing.
pub(crate) struct Probe {
    circuit: Arc<Circuit>,
    number: u64,
    good_answers: u64,
}

impl Circuit {
    pub(crate) fn new(name: &'static str, clock: Arc<dyn Clock>) -> Self {
        Self {
            name,
            clock,
            backoff: Backoff::default(),
            state: Mutex::default(),
        }
    }

    /// Whether a call may be made now for a token; `known` if it was accepted before.
    ///
    /// # Errors
    ///
    /// How long it may not.
    pub(crate) fn check(&self, known: bool) -> Result<(), Unavailable> {
        self.state().check(known, self.clock.monotonic())
    }

    /// The same, right before a call. With a probe, the call has to wait for its verdict.
    pub(crate) fn begin(self: &Arc<Self>, known: bool) -> Result<Option<Probe>, Unavailable> {
        let now = self.clock.monotonic();
        let mut state = self.state();
        state.check(known, now)?;
        let probe = state
            .stops(known)
            .then(|| self.start_probe(&mut state, now));
        Ok(probe)
    }

    /// Records a good response, whether it accepts the token or not.
    pub(crate) fn answered(&self) {
        self.state().answered(self.name);
    }

    /// Records a failed call for `token`. Returns a probe if this failure completes a suspicion.
    pub(crate) fn failed(
        self: &Arc<Self>,
        token: TokenHash,
        known: bool,
        kind: FailureKind,
    ) -> Option<Probe> {
        let now = self.clock.monotonic();
        let mut state = self.state();
        match kind {
            FailureKind::NoAnswer => state.unanswered.add(token),
            FailureKind::BadAnswer => {
                state.badly_answered.add(token);
                if known {
                    state.badly_answered_known.add(token);
                }
            }
            FailureKind::Credentials => {}
        }
        let against_all = kind == FailureKind::Credentials
            || state.unanswered.are_evidence()
            || state.badly_answered_known.are_evidence();
        let is_suspicious = match state.stopped {
            None => against_all || state.badly_answered.are_evidence(),
            Some(Stopped::Unknown) => against_all,
            Some(Stopped::All) => false,
        };
        let may_probe = now >= state.probe_until && now >= state.no_probe_before;
        (is_suspicious && may_probe).then(|| self.start_probe(&mut state, now))
    }

    /// Whether calls are made, at least for known tokens; how often the circuit has opened since the
    /// last good response, and why.
    pub(crate) fn status(&self) -> (bool, u32, Option<CallError>) {
        let state = self.state();
        (!state.stops(true), state.failures, state.last_error.clone())
    }

    fn start_probe(self: &Arc<Self>, state: &mut State, now: Duration) -> Probe {
        state.probe = state.probe.wrapping_add(1);
        state.probe_until = now.saturating_add(TOTAL_TIMEOUT);
        Probe {
            circuit: Arc::clone(self),
            number: state.probe,
            good_answers: state.good_answers,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No update under this lock can panic halfway, so a poisoned value is consistent.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn stops(&self, known: bool) -> bool {
        match self.stopped {
            None => false,
            Some(Stopped::Unknown) => !known,
            Some(Stopped::All) => true,
        }
    }

    fn check(&self, known: bool, now: Duration) -> Result<(), Unavailable> {
        // While a probe is in flight, for as long as it may take.
        let until = self.retry_at.max(self.probe_until);
        if !self.stops(known) || now >= until {
            return Ok(());
        }
        let unavailable = Unavailable::new(until.saturating_sub(now));
        Err(match self.last_error.clone() {
            Some(error) => unavailable.because(error),
            None => unavailable,
        })
    }

    fn answered(&mut self, name: &str) {
        if self.stopped.is_some() {
            tracing::info!("{name}: there are answers again");
        }
        *self = Self {
            good_answers: self.good_answers.wrapping_add(1),
            probe: self.probe,
            probe_until: self.probe_until,
            no_probe_before: self.no_probe_before,
            unknown_tokens_are_answered: self.unknown_tokens_are_answered,
            ..Self::default()
        };
    }

    /// Which tokens a probe that failed this way stops.
    fn verdict(&self, kind: FailureKind) -> Option<Stopped> {
        let continues = self.stopped == Some(Stopped::All);
        let (evidence, stopped) = match kind {
            FailureKind::Credentials => (true, Stopped::All),
            FailureKind::NoAnswer => (continues || self.unanswered.are_evidence(), Stopped::All),
            FailureKind::BadAnswer if self.badly_answered_known.are_evidence() => {
                (true, Stopped::All)
            }
            FailureKind::BadAnswer => (self.unknown_tokens_are_answered, Stopped::Unknown),
        };
        evidence.then_some(stopped)
    }
}

impl Probe {
    /// Ends the probe, which was sent for a call about a token that is `known` or not.
    ///
    /// # Errors
    ///
    /// How long that call may not be made.
    pub(crate) fn conclude(
        self,
        known: bool,
        result: Result<(), CallError>,
    ) -> Result<(), Unavailable> {
        let now = self.circuit.clock.monotonic();
        let mut state = self.circuit.state();
        if state.probe != self.number {
            // Another probe was sent because this one took too long.
            return state.check(known, now);
        }
        state.no_probe_before = now.saturating_add(PROBE_INTERVAL);
        state.probe_until = now;
        match result {
            Ok(()) => {
                state.unknown_tokens_are_answered = true;
                state.answered(self.circuit.name);
            }
            // A call got a good response while the probe was in flight.
            Err(_) if state.good_answers != self.good_answers => {}
            Err(error) => {
                let stopped = state.verdict(error.kind());
                state.stopped = stopped;
                if stopped.is_some() {
                    state.failures = state.failures.saturating_add(1);
                    let wait = self
                        .circuit
                        .backoff
                        .wait_at_least(state.failures, error.retry_after());
                    state.retry_at = now.saturating_add(wait);
                    let failures = state.failures;
                    tracing::warn!(%error, failures, "{}: tokens cannot be verified", self.circuit.name);
                    state.last_error = Some(error);
                } else {
                    tracing::debug!(%error, "the issuer returns an error for unknown tokens");
                    state.unanswered = DistinctTokens::default();
                    state.badly_answered = DistinctTokens::default();
                }
            }
        }
        state.check(known, now)
    }
}

impl Drop for Probe {
    fn drop(&mut self) {
        let mut state = self.circuit.state();
        if state.probe == self.number {
            state.probe_until = Duration::ZERO;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use FailureKind::{BadAnswer, Credentials, NoAnswer};
    use auth_testkit::TestClock;

    fn error(kind: FailureKind) -> CallError {
        CallError::new(kind, None, std::fmt::Error)
    }

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    struct Harness {
        circuit: Arc<Circuit>,
        clock: TestClock,
    }

    impl Harness {
        fn new() -> Self {
            let clock = TestClock::new();
            Self {
                circuit: Arc::new(Circuit::new("issuer", Arc::new(clock.clone()))),
                clock,
            }
        }

        /// Different tokens fail; returns the probe that the last one of them causes.
        fn fail(&self, names: &str, known: bool, kind: FailureKind) -> Option<Probe> {
            let hashes = names.split(' ').map(TokenHash::of);
            let mut probes: Vec<_> = hashes
                .map(|token| self.circuit.failed(token, known, kind))
                .collect();
            let last = probes.pop()?;
            assert!(
                probes.iter().all(Option::is_none),
                "{names}: a probe too early"
            );
            last
        }

        fn probe(&self, names: &str, known: bool, kind: FailureKind) -> Probe {
            let probe = self.fail(names, known, kind);
            probe.unwrap_or_else(|| panic!("{names}: no probe"))
        }

        /// For how many seconds calls about unknown and about known tokens are stopped.
        fn waits(&self) -> (u64, u64) {
            let wait = |known| match self.circuit.check(known) {
                Ok(()) => 0,
                Err(unavailable) => unavailable.retry_after().as_secs(),
            };
            (wait(false), wait(true))
        }

        /// The circuit is open for everyone.
        fn open() -> Self {
            let harness = Self::new();
            let probe = harness.probe("a b c", false, NoAnswer);
            assert!(ends(probe, NoAnswer).is_err());
            assert_eq!(harness.waits(), (1, 1));
            harness
        }
    }

    fn ends(probe: Probe, kind: FailureKind) -> Result<(), Unavailable> {
        probe.conclude(false, Err(error(kind)))
    }

    #[test]
    fn what_makes_a_suspicion() {
        for kind in [NoAnswer, BadAnswer] {
            let harness = Harness::new();
            assert!(
                harness.fail("a b a b b", false, kind).is_none(),
                "two tokens"
            );
            assert!(harness.fail("a", true, kind).is_none(), "known or not");
            harness.circuit.answered();
            assert!(harness.fail("c d", false, kind).is_none(), "anew");
            assert!(harness.fail("e", false, kind).is_some());
            assert_eq!(harness.waits(), (0, 0), "that alone stops nothing");
        }
        let harness = Harness::new();
        assert!(harness.fail("a b", false, NoAnswer).is_none());
        assert!(
            harness.fail("c d", false, BadAnswer).is_none(),
            "of two kinds"
        );
        assert!(
            harness.fail("e", false, Credentials).is_some(),
            "one will do"
        );
    }

    #[test]
    fn one_probe_at_a_time_and_one_in_a_second() {
        let harness = Harness::new();
        let probe = harness.probe("a b c", false, BadAnswer);
        assert!(
            harness.fail("d e f", false, BadAnswer).is_none(),
            "under way"
        );
        assert!(probe.conclude(false, Ok(())).is_ok());
        assert!(
            harness.fail("a b c d", false, BadAnswer).is_none(),
            "too soon"
        );
        harness.clock.advance(seconds(1));
        let probe = harness.probe("a", false, BadAnswer);
        // One that has died, and one that takes too long: another may be sent.
        drop(probe);
        let lost = harness.probe("a", false, BadAnswer);
        harness.clock.advance(TOTAL_TIMEOUT);
        let probe = harness.probe("a", false, BadAnswer);
        assert!(
            ends(lost, Credentials).is_ok(),
            "it comes too late to count"
        );
        assert!(harness.fail("b", false, BadAnswer).is_none(), "under way");
        assert!(ends(probe, Credentials).is_err());
    }

    #[test]
    fn the_verdict_needs_evidence_of_its_kind() {
        type Before = fn(&Harness) -> Probe;
        let known = |harness: &Harness| harness.probe("a b c", true, BadAnswer);
        let after_probe = |harness: &Harness| {
            let probe = harness.probe("x y z", false, BadAnswer);
            assert!(probe.conclude(false, Ok(())).is_ok());
            harness.clock.advance(seconds(1));
            harness.probe("a b c", false, BadAnswer)
        };
        let rows: [(&str, Before, FailureKind, (u64, u64)); 10] = [
            (
                "no answers",
                |s| s.probe("a b c", false, NoAnswer),
                NoAnswer,
                (1, 1),
            ),
            (
                "but the probe got one",
                |s| s.probe("a b c", false, NoAnswer),
                BadAnswer,
                (0, 0),
            ),
            (
                "bad answers",
                |s| s.probe("a b c", false, BadAnswer),
                BadAnswer,
                (0, 0),
            ),
            (
                "an accident",
                |s| s.probe("a b c", false, BadAnswer),
                NoAnswer,
                (0, 0),
            ),
            ("known tokens", known, BadAnswer, (1, 1)),
            ("an accident, known", known, NoAnswer, (0, 0)),
            ("probes got good responses", after_probe, BadAnswer, (1, 0)),
            ("an accident after a probe", after_probe, NoAnswer, (0, 0)),
            (
                "credentials",
                |s| s.probe("a", false, Credentials),
                Credentials,
                (1, 1),
            ),
            ("credentials all the same", known, Credentials, (1, 1)),
        ];
        for (name, before, kind, waits) in rows {
            let harness = Harness::new();
            let probe = before(&harness);
            assert_eq!(ends(probe, kind).is_err(), waits.0 > 0, "{name}");
            assert_eq!(harness.waits(), waits, "{name}");
            let (usable, failures, error) = harness.circuit.status();
            assert_eq!(usable, waits.1 == 0, "{name}");
            assert_eq!(failures > 0, waits.0 > 0, "{name}");
            assert_eq!(error.is_some(), waits.0 > 0, "{name}");

            let harness = Harness::new();
            let probe = before(&harness);
            assert!(probe.conclude(false, Ok(())).is_ok(), "{name}: the control");
            assert_eq!(harness.waits(), (0, 0), "{name}: the control");
        }
    }

    #[test]
    fn a_good_answer_meanwhile_is_worth_more_than_the_probe() {
        let harness = Harness::new();
        let probe = harness.probe("a b c", false, NoAnswer);
        harness.circuit.answered();
        // All of them again, so that nothing but the answer speaks against it.
        assert!(harness.fail("a b c", false, NoAnswer).is_none());
        assert!(ends(probe, NoAnswer).is_ok());
        assert_eq!(harness.waits(), (0, 0));
    }

    #[test]
    fn evidence_is_given_up_where_every_unknown_token_is_an_error() {
        let harness = Harness::new();
        assert!(ends(harness.probe("a b c", false, BadAnswer), BadAnswer).is_ok());
        harness.clock.advance(seconds(1));
        assert!(harness.fail("d e", false, BadAnswer).is_none(), "anew");
        assert!(harness.fail("f", false, BadAnswer).is_some());
        // But not that of known tokens, which come more seldom.
        let harness = Harness::new();
        assert!(harness.fail("a b", true, BadAnswer).is_none());
        assert!(ends(harness.probe("x", false, BadAnswer), BadAnswer).is_ok());
        harness.clock.advance(seconds(1));
        assert!(ends(harness.probe("c", true, BadAnswer), BadAnswer).is_err());
        assert_eq!(harness.waits(), (1, 1));
    }

    #[test]
    fn half_open_one_call_probes_and_the_others_wait_for_it() {
        let harness = Harness::open();
        assert!(harness.circuit.begin(true).is_err(), "not yet");
        harness.clock.advance(seconds(1));
        assert_eq!(harness.waits(), (0, 0));
        let probe = harness.circuit.begin(true).unwrap().unwrap();
        assert_eq!(harness.waits(), (3, 3), "as long as it may take");
        assert!(harness.circuit.begin(false).is_err());
        drop(probe);
        assert_eq!(harness.waits(), (0, 0), "it has died");
        let probe = harness.circuit.begin(false).unwrap().unwrap();
        let unavailable = ends(probe, NoAnswer).unwrap_err();
        assert_eq!(unavailable.retry_after(), seconds(2));
        assert_eq!(harness.waits(), (2, 2));
        harness.clock.advance(seconds(2));
        let probe = harness.circuit.begin(false).unwrap().unwrap();
        assert!(probe.conclude(false, Ok(())).is_ok());
        assert!(harness.circuit.begin(false).unwrap().is_none(), "closed");
        assert_eq!(harness.circuit.status().1, 0);
    }

    #[test]
    fn an_open_circuit_asks_for_no_other_probe() {
        let harness = Harness::open();
        harness.clock.advance(seconds(1));
        // Calls that were begun before it opened.
        assert!(harness.fail("d e f", false, NoAnswer).is_none());
        assert!(harness.fail("g", false, Credentials).is_none());
    }

    #[test]
    fn half_open_an_answer_of_any_kind_ends_that_there_is_none() {
        let harness = Harness::open();
        harness.clock.advance(seconds(1));
        let probe = harness.circuit.begin(false).unwrap().unwrap();
        assert!(
            ends(probe, BadAnswer).is_ok(),
            "it is there, and may be right"
        );
        assert!(harness.circuit.begin(false).unwrap().is_none());
        harness.clock.advance(seconds(1));
        // What comes back at once is no new outage.
        assert!(ends(harness.probe("d e f", false, NoAnswer), NoAnswer).is_err());
        assert_eq!(harness.waits(), (2, 2));
        assert_eq!(harness.circuit.status().1, 2);
    }

    #[test]
    fn stopped_for_unknown_tokens_known_ones_are_called_until_they_fail_too() {
        let harness = Harness::new();
        assert!(
            harness
                .probe("x y z", false, BadAnswer)
                .conclude(false, Ok(()))
                .is_ok()
        );
        harness.clock.advance(seconds(1));
        assert!(ends(harness.probe("a b c", false, BadAnswer), BadAnswer).is_err());
        assert_eq!(harness.waits(), (1, 0));
        assert!(harness.circuit.begin(true).unwrap().is_none());
        assert!(harness.circuit.begin(false).is_err());
        harness.clock.advance(seconds(1));
        let probe = harness.circuit.begin(false).unwrap().unwrap();
        assert_eq!(harness.waits(), (3, 0), "known ones do not wait for it");
        assert!(ends(probe, BadAnswer).is_err());
        assert_eq!(harness.waits(), (2, 0));
        harness.clock.advance(seconds(1));
        let probe = harness.probe("d e f", true, BadAnswer);
        let result = Err(error(BadAnswer));
        assert!(probe.conclude(true, result).is_err());
        assert_eq!(harness.waits(), (4, 4));
        harness.circuit.answered();
        assert_eq!(harness.waits(), (0, 0));
    }

    #[test]
    fn a_good_answer_does_not_make_a_late_probe_the_one_under_way() {
        let harness = Harness::new();
        let lost = harness.probe("a b c", false, BadAnswer);
        harness.circuit.answered();
        harness.clock.advance(TOTAL_TIMEOUT);
        let probe = harness.probe("a b c", false, BadAnswer);
        assert!(ends(lost, Credentials).is_ok(), "it comes too late");
        harness.clock.advance(seconds(1));
        assert!(harness.fail("d", false, BadAnswer).is_none(), "under way");
        assert!(ends(probe, Credentials).is_err());
    }
}
