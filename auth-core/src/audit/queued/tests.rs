//! A sink that is held up, and what the queue before it keeps.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::audit::queued::*;
use crate::audit::tests::{admitted, later, refused};
use crate::audit::{AuthDecision, Omission, audit_fn};
use crate::error::Excerpt;
use crate::verifier::InvalidReason;
use crate::wire::Refusal;

/// What a sink got.
#[derive(Debug, Clone)]
enum Got {
    Event(Box<AuthEvent>),
    Summary(AuditSummary),
}

/// A sink that takes each entry when the test lets it.
#[derive(Debug)]
struct Gate {
    entered: Mutex<Sender<()>>,
    passes: Mutex<Receiver<()>>,
    got: Arc<Mutex<Vec<Got>>>,
}

impl Gate {
    fn take(&self, got: Got) {
        // An error of the two means that the test lets everything through by now.
        let _ = self.entered.lock().unwrap().send(());
        let _ = self.passes.lock().unwrap().recv();
        self.got.lock().unwrap().push(got);
    }
}

impl AuditSink for Gate {
    fn record(&self, event: &AuthEvent) {
        self.take(Got::Event(event.clone().into()));
    }

    fn summarize(&self, summary: &AuditSummary) {
        self.take(Got::Summary(summary.clone()));
    }
}

/// A queue whose sink waits before its first event. The channels go first when a test fails, or the
/// queue would wait for its sink.
struct Held {
    entered: Receiver<()>,
    pass: Sender<()>,
    queued: Queued,
    got: Arc<Mutex<Vec<Got>>>,
}

fn held(capacity: usize) -> Held {
    let (entered, has_entered) = channel();
    let (pass, passes) = channel();
    let got = Arc::default();
    let gate = Gate {
        entered: Mutex::new(entered),
        passes: Mutex::new(passes),
        got: Arc::clone(&got),
    };
    let queued = Queued::new(gate, capacity).unwrap();
    queued.record(&admitted());
    has_entered.recv().unwrap();
    Held {
        queued,
        entered: has_entered,
        pass,
        got,
    }
}

impl Held {
    /// Lets one entry through, and waits until the sink has the next one.
    fn step(&self) {
        self.pass.send(()).unwrap();
        self.entered.recv().unwrap();
    }

    /// Lets everything through; what the sink got.
    fn finish(self) -> Vec<Got> {
        drop(self.pass);
        drop(self.entered);
        drop(self.queued);
        self.got.lock().unwrap().clone()
    }
}

fn summaries(got: &[Got]) -> Vec<&AuditSummary> {
    let summaries = got.iter().filter_map(|got| match got {
        Got::Event(_) => None,
        Got::Summary(summary) => Some(summary),
    });
    summaries.collect()
}

fn count(got: &[Got], verified: bool) -> usize {
    let events = got.iter().filter(|got| match got {
        Got::Event(event) => event.is_verified() == verified,
        Got::Summary(_) => false,
    });
    events.count()
}

#[test]
fn events_come_in_order_and_all_of_them_before_the_end() {
    let held = held(100);
    let mut sent = vec![admitted().at];
    for second in 0..20 {
        let event = if second % 3 == 0 {
            refused()
        } else {
            admitted()
        };
        let event = later(event, second);
        sent.push(event.at);
        held.queued.record(&event);
    }
    let dropped = held.queued.dropped();
    let got = held.finish();
    let came: Vec<_> = got
        .iter()
        .map(|got| match got {
            Got::Event(event) => event.at,
            Got::Summary(summary) => unreachable!("{summary:?}"),
        })
        .collect();
    // Seven of a third each, of which twelve have a place.
    assert_eq!(came, sent);
    assert_eq!((dropped.verified(), dropped.unverified()), (0, 0));
}

#[test]
fn a_full_queue_drops_and_counts() {
    let held = held(2);
    let dropped = held.queued.dropped();
    // The sink is busy with the first one, so two fit and three do not.
    for _ in 0..5 {
        held.queued.record(&admitted());
    }
    assert_eq!((dropped.verified(), dropped.unverified()), (3, 0));
    for _ in 0..5 {
        held.queued.record(&refused());
    }
    assert_eq!((dropped.verified(), dropped.unverified()), (3, 4));
    // A place is free again once its event is with the sink.
    held.step();
    held.queued.record(&admitted());
    assert_eq!((dropped.verified(), dropped.unverified()), (3, 4));
    held.queued.record(&admitted());
    assert_eq!((dropped.verified(), dropped.unverified()), (4, 4));
    let shown = format!("{:?}", held.queued);
    assert!(shown.contains("verified: 4, unverified: 4"), "{shown}");
    let got = held.finish();
    assert_eq!((count(&got, true), count(&got, false)), (4, 1));
    let [summary] = summaries(&got)[..] else {
        unreachable!("one summary, not {got:?}");
    };
    assert!(matches!(got.last(), Some(Got::Summary(_))), "{got:?}");
    assert_eq!((summary.verified(), summary.unverified()), (4, 4));
    for kind in &summary.counts {
        assert_eq!(kind.omission, Omission::QueueFull);
    }
}

#[test]
fn no_flood_of_others_costs_a_callers_event() {
    const CALLS: usize = 200;
    let rejected = || Excerpt::new(b"evil.example", 128);
    let of = |refusal: Refusal| AuthEvent {
        decision: AuthDecision::Refused(refusal),
        ..refused()
    };
    let floods: [(&str, Vec<AuthEvent>); 7] = [
        ("the control: no flood", vec![]),
        ("no token", vec![of(Refusal::NoCredentials)]),
        ("bad tokens", vec![of(InvalidReason::BadSignature.into())]),
        (
            "malformed headers",
            vec![of(crate::token::MalformedCredentials::SeveralHeaders.into())],
        ),
        (
            "foreign hosts",
            vec![of(Refusal::HostNotAllowed(rejected()))],
        ),
        (
            "public calls",
            vec![AuthEvent {
                decision: AuthDecision::Public,
                ..refused()
            }],
        ),
        (
            "all of it",
            vec![
                of(Refusal::NoCredentials),
                of(InvalidReason::Expired.into()),
                of(Refusal::OriginNotAllowed(rejected())),
            ],
        ),
    ];
    for (name, flood) in floods {
        let held = held(CALLS);
        let dropped = held.queued.dropped();
        let mut sent = 0;
        for call in 0..CALLS {
            // Before, between and behind the calls.
            for event in flood
                .iter()
                .cycle()
                .take(if flood.is_empty() { 0 } else { 50 })
            {
                held.queued.record(event);
                sent += 1;
            }
            held.queued.record(&later(admitted(), call as u64));
        }
        let got = held.finish();
        // The one more is what the sink was held up with.
        assert_eq!(count(&got, true), CALLS + 1, "{name}");
        let kept = count(&got, false);
        assert_eq!(kept, sent.min(CALLS / 8), "{name}");
        assert_eq!(dropped.verified(), 0, "{name}");
        assert_eq!(dropped.unverified(), (sent - kept) as u64, "{name}");
        let summed: u64 = summaries(&got).iter().map(|sum| sum.unverified()).sum();
        assert_eq!(summed, dropped.unverified(), "{name}");
    }
}

#[test]
fn a_flood_is_summed_up_once_a_minute_and_a_callers_loss_at_once() {
    let held = held(8);
    let lose = |event: AuthEvent| {
        // The first may have a place; the second has none.
        for _ in 0..9 {
            held.queued.record(&event);
        }
    };
    // One place, and eight dropped.
    lose(refused());
    held.step();
    held.step();
    // The sink has caught up and waits with the first summary; nothing was summed up before.
    lose(later(refused(), 1));
    held.step();
    // With the one that had a place: the eight must wait.
    held.queued.record(&later(refused(), 59));
    held.step();
    held.queued.record(&later(refused(), 60));
    held.step();
    // A minute after the summary: it is the turn of the eight, once the sink has caught up.
    held.step();
    held.queued.record(&later(refused(), 61));
    held.step();
    lose(later(admitted(), 62));
    for _ in 0..8 {
        held.step();
    }
    held.step();
    let got = held.finish();
    let shown: Vec<_> = got
        .iter()
        .map(|got| match got {
            Got::Event(event) if event.is_verified() => "c".to_owned(),
            Got::Event(_) => "u".to_owned(),
            Got::Summary(sum) => format!("{}+{}", sum.verified(), sum.unverified()),
        })
        .collect();
    assert_eq!(shown.join(" "), "c u 0+8 u u u 0+8 u c c c c c c c c 1+0");
    let [first, second, _] = summaries(&got)[..] else {
        unreachable!("three summaries, not {got:?}");
    };
    assert_eq!(first.since, refused().decided_at());
    assert_eq!(first.until, refused().decided_at());
    assert_eq!(second.since, later(refused(), 1).decided_at());
}

#[test]
fn a_sink_that_never_catches_up_gets_sums_all_the_same() {
    let held = held(8);
    for _ in 0..20 {
        held.queued.record(&admitted());
    }
    // A new event each time that there is a place, so that the queue is never empty.
    let mut sums = 0;
    for second in 1..=180 {
        held.step();
        held.queued.record(&later(admitted(), second));
        held.queued.record(&later(admitted(), second));
        sums = summaries(&held.got.lock().unwrap()).len();
    }
    assert!((2..=3).contains(&sums), "{sums} in three minutes");
}

#[test]
fn summaries_of_others_wait_in_line_and_are_never_lost() {
    let held = held(2);
    let mut tally = crate::audit::summary::Tally::default();
    tally.add(&refused(), Omission::Sampled);
    let summary = tally.take().unwrap();
    for _ in 0..100 {
        held.queued.summarize(&summary);
    }
    let got = held.finish();
    let summaries = summaries(&got);
    assert_eq!(summaries.len(), 17, "sixteen, and one for the others");
    let counted: u64 = summaries.iter().map(|summary| summary.unverified()).sum();
    assert_eq!(counted, 100);
}

#[test]
fn a_sink_that_panics_loses_one_event_and_no_more() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let sink = {
        let seen = Arc::clone(&seen);
        audit_fn(move |event| {
            assert!(event.is_verified(), "a bad sink");
            seen.lock().unwrap().push(event.at);
        })
    };
    let queued = Queued::new(sink, 10).unwrap();
    let dropped = queued.dropped();
    queued.record(&admitted());
    queued.record(&refused());
    queued.record(&later(admitted(), 1));
    drop(queued);
    assert_eq!(
        *seen.lock().unwrap(),
        [admitted().at, later(admitted(), 1).at]
    );
    assert_eq!((dropped.verified(), dropped.unverified()), (0, 1));
}

#[test]
fn what_a_sink_panicked_on_is_summed_up() {
    #[derive(Debug)]
    struct Bad(Arc<Mutex<Vec<AuditSummary>>>);
    impl AuditSink for Bad {
        fn record(&self, _: &AuthEvent) {
            panic!("a bad sink");
        }

        fn summarize(&self, summary: &AuditSummary) {
            self.0.lock().unwrap().push(summary.clone());
            panic!("a bad sink");
        }
    }
    let sums = Arc::default();
    let queued = Queued::new(Bad(Arc::clone(&sums)), 10).unwrap();
    for _ in 0..3 {
        queued.record(&admitted());
    }
    drop(queued);
    let sums = sums.lock().unwrap();
    assert_eq!(sums.iter().map(AuditSummary::verified).sum::<u64>(), 3);
    for count in sums.iter().flat_map(|sum| &sum.counts) {
        assert_eq!(count.omission, Omission::SinkPanicked);
    }
}

#[test]
fn threads_lose_nothing_and_keep_their_order() {
    const THREADS: u64 = 8;
    const EVENTS: u64 = 2_000;
    let got = Arc::new(Mutex::new(Vec::new()));
    let sink = {
        let got = Arc::clone(&got);
        audit_fn(move |event| {
            let at = event.at.duration_since(admitted().at).unwrap().as_secs();
            got.lock().unwrap().push((event.is_verified(), at));
        })
    };
    // Far from enough places for all, so that some are dropped while others are taken.
    let queued = Queued::new(sink, 64).unwrap();
    let dropped = queued.dropped();
    thread::scope(|scope| {
        for number in 0..THREADS {
            let queued = &queued;
            scope.spawn(move || {
                for event in 0..EVENTS {
                    let second = number * EVENTS + event;
                    queued.record(&later(admitted(), second));
                    queued.record(&later(refused(), second));
                }
            });
        }
    });
    drop(queued);
    let got = got.lock().unwrap();
    for (verified, lost) in [(true, dropped.verified()), (false, dropped.unverified())] {
        let came: Vec<u64> = got
            .iter()
            .filter(|(of, _)| *of == verified)
            .map(|(_, at)| *at)
            .collect();
        assert_eq!(came.len() as u64 + lost, THREADS * EVENTS, "{verified}");
        for number in 0..THREADS {
            let of_thread = came.iter().filter(|at| **at / EVENTS == number);
            assert!(of_thread.is_sorted_by(|one, next| one < next), "{verified}");
        }
    }
}

#[test]
fn a_sink_that_hangs_holds_up_no_request() {
    let held = held(1);
    // Returns, though the sink does not.
    for _ in 0..1_000 {
        held.queued.record(&admitted());
        held.queued.record(&refused());
    }
    let dropped = held.queued.dropped();
    assert_eq!((dropped.verified(), dropped.unverified()), (999, 999));
    held.finish();
}
