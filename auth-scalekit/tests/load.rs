//! Many callers, many keys and long outages, in virtual time: what they cost, and that no caller
//! with a known key pays for it. The counts are printed.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a failure here is the test's failure"
)]

#[path = "faults/harness.rs"]
mod harness;
#[path = "faults/proxy/mod.rs"]
mod proxy;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use auth_core::support::Clock;
use auth_core::verifier::TokenCache;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use harness::{Harness, seconds};
use proxy::Conduct;
use tokio::task::JoinSet;

/// Set it to 1000000 for the whole flood, which takes minutes in a debug build.
const FLOOD: &str = "AUTH_SCALEKIT_FLOOD";
const SHORT_FLOOD: u32 = 18_000;

/// How long a key set is fresh that says nothing about it.
const TTL: u64 = 300;
/// How long past that it is used.
const STALE: u64 = 3600;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_cold_callers_cost_one_fetch() {
    const CALLERS: usize = 10_000;
    // The number of callers that certainly wait for the fetch, whose reply is held back until they do;
    // the others arrive while it ends. Not all of them in a debug build: they keep the runtime busy, the fetch runs
    // on the same one, and it may last 3 s of real time.
    let held = if cfg!(debug_assertions) { 500 } else { CALLERS };
    let harness = Harness::under(Conduct::HoldBack).await;
    let tokens: Vec<_> = (0..10).map(|_| harness.token()).collect();
    let started = Instant::now();
    let (asked, waiting) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let mut callers = JoinSet::new();
    for (number, token) in tokens.iter().cycle().take(CALLERS).enumerate() {
        if number == held {
            all_asked(&asked, held).await;
            harness.proxy.open_gate();
        }
        let (harness, token) = (harness.clone(), token.clone());
        let (asked, waiting) = (asked.clone(), waiting.clone());
        callers.spawn(async move {
            let mut verdict = Box::pin(harness.verdict(&token));
            let mut first = true;
            std::future::poll_fn(|context| {
                let poll = verdict.as_mut().poll(context);
                if std::mem::take(&mut first) {
                    waiting.fetch_add(usize::from(poll.is_pending()), Ordering::SeqCst);
                    asked.fetch_add(1, Ordering::SeqCst);
                }
                poll
            })
            .await
        });
    }
    all_asked(&asked, held).await;
    harness.proxy.open_gate();
    for verdict in callers.join_all().await {
        assert_eq!(verdict, "accepted", "{:?}", harness.status());
    }
    let (fetches, waiting) = (harness.proxy.connections(), waiting.load(Ordering::SeqCst));
    println!(
        "{CALLERS} cold callers, {waiting} of them while the fetch lasted: {fetches} fetch, {:?}",
        started.elapsed()
    );
    assert_eq!(fetches, 1);
    assert!(waiting >= held, "they found keys");
}

/// Waits until `number` callers have been polled once.
async fn all_asked(asked: &AtomicUsize, number: usize) {
    while asked.load(Ordering::SeqCst) < number {
        tokio::task::yield_now().await;
    }
}

/// Tokens that differ from a good one in the name of their key alone.
struct Forgery {
    /// Payload and signature, with their dots.
    rest: String,
}

impl Forgery {
    /// From a good token.
    fn of(good: &str) -> Self {
        let (_, rest) = good.split_once('.').unwrap();
        let rest = format!(".{rest}");
        Self { rest }
    }

    /// With the key name of this number. The signature does not fit, and is not looked at.
    fn token(&self, number: u32) -> String {
        let header = format!(r#"{{"alg":"RS256","typ":"JWT","kid":"snk_{number}"}}"#);
        URL_SAFE_NO_PAD.encode(header) + &self.rest
    }
}

#[derive(Default)]
struct Tally {
    accepted: usize,
    unknown: usize,
    unavailable: usize,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unknown_key_names_cost_one_fetch_in_30_seconds() {
    const HOUR: u32 = 3600;
    const TASKS: u32 = 4;
    let number = std::env::var(FLOOD).map_or(SHORT_FLOOD, |number| number.parse().unwrap());
    let per_second = number.div_ceil(HOUR);
    let started = Instant::now();
    let harness = Harness::with("http", TokenCache::DEFAULT).await;
    let good = harness.token();
    assert_eq!(harness.verdict(&good).await, "accepted", "control");
    let forgery = Arc::new(Forgery::of(&good));
    let tally = Arc::new(Mutex::new(Tally::default()));
    let mut fetched_at = Vec::new();
    let mut fetches = harness.proxy.connections();
    for second in 0..HOUR {
        // Four at once, each with its share of the names of this second.
        let mut tasks = JoinSet::new();
        for task in 0..TASKS {
            let (harness, good) = (harness.clone(), good.clone());
            let (forgery, tally) = (forgery.clone(), tally.clone());
            tasks.spawn(async move {
                let mut mine = Tally::default();
                let names = (second * per_second..(second + 1) * per_second).skip(task as usize);
                for name in names.step_by(TASKS as usize) {
                    match harness.verdict(&forgery.token(name)).await {
                        "unknown_key" => mine.unknown += 1,
                        "unavailable" => mine.unavailable += 1,
                        verdict => panic!("{verdict}"),
                    }
                }
                assert_eq!(harness.verdict(&good).await, "accepted", "a known key");
                mine.accepted += 1;
                let mut tally = tally.lock().unwrap();
                tally.accepted += mine.accepted;
                tally.unknown += mine.unknown;
                tally.unavailable += mine.unavailable;
            });
        }
        tasks.join_all().await;
        let now = harness.proxy.connections();
        assert!(now - fetches <= 1, "{} fetches in a second", now - fetches);
        if now > fetches {
            fetched_at.push(second);
        }
        fetches = now;
        harness.clock.advance(seconds(1));
    }
    let Tally {
        accepted,
        unknown,
        unavailable,
    } = *tally.lock().unwrap();
    println!(
        "{} unknown key names in 1 h: {} fetches, {unknown} refused, {unavailable} put off, \
         {accepted} good tokens among them accepted, {:?}",
        unknown + unavailable,
        fetched_at.len(),
        started.elapsed()
    );
    assert_eq!(unknown + unavailable, (HOUR * per_second) as usize);
    for pair in fetched_at.windows(2) {
        assert!(pair[1] - pair[0] >= 30, "{pair:?}");
    }
    assert_eq!(fetched_at.len(), 120, "the budget is used up");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_rotations_under_load_fail_nobody() {
    const ROTATIONS: usize = 100;
    const TASKS: usize = 4;
    /// How many tokens each task verifies of each rotation, at least.
    const EACH: usize = 3;
    let started = Instant::now();
    let harness = Harness::start().await;
    // Tokens of the two keys that are published.
    let current = Arc::new(Mutex::new(vec![harness.token()]));
    let done: Arc<Vec<_>> = Arc::new((0..TASKS).map(|_| AtomicUsize::new(0)).collect());
    let stop = Arc::new(AtomicBool::new(false));
    let failures = Arc::new(AtomicUsize::new(0));
    let mut tasks = JoinSet::new();
    for task in 0..TASKS {
        let (harness, current, done) = (harness.clone(), current.clone(), done.clone());
        let (stop, failures) = (stop.clone(), failures.clone());
        tasks.spawn(async move {
            let mut verified = 0;
            while !stop.load(Ordering::SeqCst) {
                let tokens = current.lock().unwrap().clone();
                for token in tokens.iter().rev() {
                    let verdict = harness.verdict(token).await;
                    // Counted, as a task that ended would leave the others waiting for it.
                    failures.fetch_add(usize::from(verdict != "accepted"), Ordering::SeqCst);
                    verified += 1;
                }
                done[task].fetch_add(1, Ordering::SeqCst);
                tokio::task::yield_now().await;
            }
            verified
        });
    }
    // Waits until each task has completed `rounds` rounds.
    let rounds = async |rounds: usize| {
        let before: Vec<_> = done.iter().map(|n| n.load(Ordering::SeqCst)).collect();
        let behind = || {
            let mut both = done.iter().zip(&before);
            both.any(|(now, before)| now.load(Ordering::SeqCst) < before + rounds)
        };
        while behind() {
            tokio::task::yield_now().await;
        }
    };
    rounds(EACH).await;
    for _ in 0..ROTATIONS {
        // Tokens of the oldest key are given up before that key is withdrawn.
        let newest = current.lock().unwrap().pop().unwrap();
        *current.lock().unwrap() = vec![newest];
        rounds(2).await;
        harness.scalekit.keys().withdraw_old();
        harness.scalekit.keys().rotate();
        harness.clock.advance(seconds(30));
        let token = harness.token();
        current.lock().unwrap().push(token);
        rounds(EACH).await;
    }
    stop.store(true, Ordering::SeqCst);
    let verified: usize = tasks.join_all().await.into_iter().sum();
    let fetches = harness.proxy.connections();
    let failures = failures.load(Ordering::SeqCst);
    println!(
        "{ROTATIONS} rotations, {verified} tokens of {TASKS} tasks: {failures} failures, {fetches} \
         fetches, {:?}",
        started.elapsed()
    );
    assert_eq!((failures, fetches), (0, 1 + ROTATIONS));
}

/// For one hour past the lifetime of the keys, cached keys verify; then tokens are unavailable. With a cache of
/// verified tokens, and without.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outage_of_an_hour_fails_no_known_key() {
    const PER_SECOND: usize = 2;
    for (name, cache) in [("no", TokenCache::OFF), ("a", TokenCache::DEFAULT)] {
        let started = Instant::now();
        let harness = Harness::with("http", cache).await;
        let known = harness.token();
        assert_eq!(harness.verdict(&known).await, "accepted", "control");
        let read_at = harness.clock.monotonic();
        harness.scalekit.keys().rotate();
        harness.proxy.conduct(Conduct::Refuse).await;
        let new = harness.token();
        let (mut accepted, mut put_off, mut most_failures) = (0, 0, 0);
        for second in 1..TTL + STALE {
            harness.clock.advance(seconds(1));
            for _ in 0..PER_SECOND {
                assert_eq!(harness.verdict(&known).await, "accepted", "{second} s");
                accepted += 1;
            }
            // A token of a key that was not yet there, now and then.
            if second % 10 == 0 {
                assert_eq!(harness.verdict(&new).await, "unavailable", "{second} s");
                put_off += 1;
            }
            most_failures = most_failures.max(harness.status().failures);
        }
        // The last moment: 1 ms before the bound, and then the bound.
        let millisecond = std::time::Duration::from_millis(1);
        harness.clock.advance(seconds(1) - millisecond);
        assert_eq!(harness.verdict(&known).await, "accepted", "just before");
        assert!(harness.status().usable);
        harness.clock.advance(millisecond);
        assert_eq!(harness.clock.monotonic() - read_at, seconds(TTL + STALE));
        assert_eq!(harness.verdict(&known).await, "unavailable", "at the bound");
        assert!(!harness.status().usable);
        harness.clock.advance(seconds(30));
        assert_eq!(harness.verdict(&known).await, "unavailable", "after it");
        assert_eq!(harness.verdict(&new).await, "unavailable", "after it");

        harness.proxy.conduct(Conduct::PassOn).await;
        harness.clock.advance(seconds(30));
        for token in [&known, &new] {
            assert_eq!(harness.verdict(token).await, "accepted", "it is over");
        }
        println!(
            "an outage of 1 h past the TTL, {name} cache: {accepted} of {accepted} known \
             accepted, {put_off} of {put_off} new put off, {most_failures} fetches in vain, {:?}",
            started.elapsed()
        );
        // One for each 30 s.
        assert!(most_failures as u64 <= (TTL + STALE) / 30 + 1);
    }
}
