//! 9,000 garbage tokens a second at an endpoint that takes 50 ms for each, by a clock that the test
//! moves. Counted is who is accepted, and at which try; the counts are printed.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use auth_core::support::Clock;
use auth_scalekit::introspection::{Caching, IntrospectionBuilder, IntrospectionVerifier};
use auth_testkit::TestClock;
use tokio::task::JoinSet;

use crate::endpoint::{Endpoint, Reply, good, not_active};
use crate::pair::{builder, clock, verdict, verify};

/// How long the endpoint takes.
const TICK: Duration = Duration::from_millis(50);
/// Garbage in a tick: 9,000 in a second.
const GARBAGE: usize = 450;
/// `Retry-After: 1`.
const RETRY_TICKS: usize = 20;
/// 2 s in which honest tokens come, and the time in which the last of them come again.
const TICKS: usize = 40;
const LAST_TICKS: usize = 3 * RETRY_TICKS;
/// Tokens that have been accepted before, each of which comes in each tick.
const KNOWN: usize = 20;

/// What the garbage is like.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Garbage {
    /// Ever new.
    New,
    /// Each comes a second time when it was turned away, as honest tokens do: half of it is new.
    Twice,
}

struct Flood {
    endpoint: Endpoint,
    verifier: IntrospectionVerifier,
    clock: TestClock,
    /// Tries under way, with their number.
    tries: JoinSet<(String, usize, String)>,
    /// Tokens that come again, by the tick.
    again: HashMap<usize, Vec<(String, usize)>>,
    /// How many honest tokens were accepted at which try.
    accepted_at: BTreeMap<usize, usize>,
    known_accepted: usize,
}

impl Flood {
    async fn start(settings: impl FnOnce(IntrospectionBuilder) -> IntrospectionBuilder) -> Self {
        let bytes = |reply| match reply {
            Reply::Bytes(bytes) => bytes,
            _ => panic!("it is one"),
        };
        let (good, not_active) = (bytes(good()), bytes(not_active()));
        let endpoint = Endpoint::start(move |token| {
            let answer = if token.starts_with("at_") {
                &good
            } else {
                &not_active
            };
            Reply::Held(answer.clone())
        })
        .await;
        let clock = clock();
        let builder = builder(endpoint.origin(), &clock).caching(Caching::off());
        Self {
            verifier: settings(builder).build().unwrap(),
            endpoint,
            clock,
            tries: JoinSet::new(),
            again: HashMap::new(),
            accepted_at: BTreeMap::new(),
            known_accepted: 0,
        }
    }

    fn comes(&mut self, token: String, number: usize) {
        let (verifier, now) = (self.verifier.clone(), self.clock.now());
        self.tries.spawn(async move {
            let verdict = verdict(&verify(&verifier, &token, now).await);
            (token, number, verdict)
        });
    }

    /// Lets everyone get as far as they come without more time.
    async fn settle(&self) {
        let (mut before, mut quiet) = (self.endpoint.calls(), 0);
        while quiet < 50 {
            tokio::task::yield_now().await;
            let now = self.endpoint.calls();
            quiet = if now == before { quiet + 1 } else { 0 };
            before = now;
        }
    }

    /// Ends a tick: what the endpoint was asked before it is answered.
    async fn tick(&mut self, tick: usize, garbage: Garbage) {
        self.settle().await;
        self.endpoint.release(self.endpoint.held());
        self.settle().await;
        self.clock.advance(TICK);
        while let Some(ended) = self.tries.try_join_next() {
            let (token, number, verdict) = ended.unwrap();
            let honest = token.starts_with("at_");
            match (&*verdict, honest) {
                ("accepted", true) if token.starts_with("at_known") => self.known_accepted += 1,
                ("accepted", true) => *self.accepted_at.entry(number).or_default() += 1,
                ("unavailable 1", true) => {
                    assert!(
                        !token.starts_with("at_known"),
                        "{token} {number}: {verdict}"
                    );
                    let due = self.again.entry(tick + RETRY_TICKS).or_default();
                    due.push((token, number + 1));
                }
                ("unavailable 1", false) if garbage == Garbage::Twice && number == 1 => {
                    let due = self.again.entry(tick + RETRY_TICKS).or_default();
                    due.push((token, number + 1));
                }
                ("unavailable 1" | "revoked" | "other", false) => {}
                (verdict, _) => panic!("{token} {number}: {verdict}"),
            }
        }
    }

    /// Runs it; at each try of each honest token there is as much garbage before as after it.
    async fn run(&mut self, garbage: Garbage) {
        for n in 0..KNOWN {
            self.comes(format!("at_known{n}"), 0);
            self.tick(0, garbage).await;
        }
        assert_eq!(self.known_accepted, KNOWN, "the control");
        let mut made = 0;
        for tick in 1..=TICKS + LAST_TICKS {
            let mut coming = self.again.remove(&tick).unwrap_or_default();
            let new = match garbage {
                Garbage::New => GARBAGE,
                Garbage::Twice => GARBAGE / 2,
            };
            for _ in 0..new {
                made += 1;
                coming.push((format!("garbage{made}"), 1));
            }
            for n in 0..KNOWN {
                coming.push((format!("at_known{n}"), tick));
            }
            if tick <= TICKS {
                coming.push((format!("at_new{tick}"), 1));
            }
            shuffle(&mut coming, tick);
            for (token, number) in coming {
                self.comes(token, number);
            }
            self.tick(tick, garbage).await;
        }
        let known = KNOWN * (1 + TICKS + LAST_TICKS);
        let in_the_end: usize = self.accepted_at.values().sum();
        println!(
            "{made} garbage tokens, {} calls, {} of {known} known accepted at once, {in_the_end} of \
             {TICKS} new accepted at these tries: {:?}",
            self.endpoint.calls(),
            self.known_accepted,
            self.accepted_at
        );
        assert_eq!(self.known_accepted, known);
    }
}

/// In an order that is the same at each run.
fn shuffle<T>(items: &mut [T], seed: usize) {
    let mut random = seed as u64 + 1;
    for last in (1..items.len()).rev() {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let other = usize::try_from(random >> 33).unwrap() % (last + 1);
        items.swap(last, other);
    }
}

#[tokio::test]
async fn ever_new_garbage_delays_a_new_token_once_and_a_known_one_never() {
    let mut flood = Flood::start(|builder| builder).await;
    flood.run(Garbage::New).await;
    let at = |number| flood.accepted_at.get(&number).copied().unwrap_or_default();
    assert_eq!(at(1) + at(2), TICKS, "at the second try at the latest");
    assert!(at(2) > TICKS / 2, "it is a flood");
}

#[tokio::test]
async fn garbage_that_comes_again_delays_no_known_token() {
    let mut flood = Flood::start(|builder| builder).await;
    flood.run(Garbage::Twice).await;
    let at_first = flood.accepted_at.get(&1).copied().unwrap_or_default();
    assert!(at_first < TICKS / 2, "it is a flood");
}

#[tokio::test]
async fn garbage_of_another_format_delays_no_token() {
    let format = |token: &str| token.starts_with("at_");
    let mut flood = Flood::start(|builder| builder.token_format(format)).await;
    flood.run(Garbage::New).await;
    assert_eq!(flood.accepted_at, BTreeMap::from([(1, TICKS)]));
    let honest = KNOWN * (1 + TICKS + LAST_TICKS) + TICKS;
    assert_eq!(flood.endpoint.calls(), honest);
}
