//! The cost of revocations: a check with none, a thousand and a million of them; their memory; how long an addition
//! or an expiry holds the lock.
//!
//! `cargo bench -p auth-core --bench revocations`. One thread. Checks are of 1,000 different tokens that have every
//! id, of which none is revoked, except for `hit`; each figure is the median of 41 rounds (and tenths). A million are
//! of six kinds in equal parts, or tokens alone. Additions and expiries are timed one by one, in processor time: the
//! median and the longest.
//!
//! Medians on a 2-core machine, 2026-11-29:
//!
//! | revocations | check | of a revoked token | memory | addition, at most | that forgets, at most |
//! |---|---|---|---|---|---|
//! | none | 10 ns | | | | |
//! | a thousand, mixed | 62 ns | | | | |
//! | a million, mixed | 180 ns | 114 ns | 65.7 MiB | 0.7 us, 839 us | 14 us, 105 us |
//! | a million tokens | 37 ns | 85 ns | 62.2 MiB | 0.6 us, 119 us | 12 us, 560 us |
//!
//! Of the check among a million, two thirds are memory accesses: with other programs in the caches it took up to
//! 500 ns.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a bench, whose report is for people"
)]

#[path = "../../auth-scalekit/benches/shared/spread.rs"]
mod spread;

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use auth_core::revocation::{MemoryRevocations, Revocation, RevocationTarget, Revocations};
use auth_core::support::Clock;
use auth_core::token::VerifiedToken;
use rustix::time::{ClockId, clock_gettime};
use spread::spread;

const ISSUER: &str = "https://acme.scalekit.com";
const MILLION: usize = 1_000_000;
const ROUNDS: usize = 41;

/// Seconds since 1970.
#[derive(Debug, Clone)]
struct Seconds(Arc<AtomicU64>);

impl Clock for Seconds {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + self.monotonic()
    }

    fn monotonic(&self) -> Duration {
        Duration::from_secs(self.0.load(Ordering::Relaxed))
    }
}

fn main() {
    let clock = Seconds(Arc::new(AtomicU64::new(1_764_000_000)));
    let store = |count, of: fn(usize) -> RevocationTarget| {
        let store = MemoryRevocations::with_clock(clock.clone());
        fill(&store, count, of, clock.now());
        store
    };
    let none = store(0, mixed);
    let thousand = store(1000, mixed);
    check("none", &none, &tokens(&clock, "m"));
    check("a thousand, mixed", &thousand, &tokens(&clock, "m"));
    drop((none, thousand));

    for (name, of) in [
        ("a million, mixed", mixed as fn(usize) -> RevocationTarget),
        ("a million tokens", token_alone),
    ] {
        let empty = MemoryRevocations::with_clock(clock.clone());
        let memory = allocation_counter::measure(|| fill(&empty, MILLION, of, clock.now()));
        let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
        let kept = u64::try_from(memory.bytes_current).unwrap_or_default();
        println!(
            "{name}: {:.1} MiB kept, {:.1} MiB at most, {} revocations",
            mib(kept),
            mib(memory.bytes_max),
            empty.len()
        );
        check(name, &empty, &tokens(&clock, "m"));
        check(&format!("{name}, hit"), &empty, &tokens(&clock, ""));
        additions(name, &empty, &clock);
        expiry(name, &empty, &clock);
    }
}

/// The names have the lengths of those of Scalekit.
fn mixed(number: usize) -> RevocationTarget {
    let id = 84_213_045_000_000_000 + number;
    match number % 6 {
        0 => RevocationTarget::token(format!("tkn_{id}")),
        1 => RevocationTarget::session(format!("ses_{id}")),
        2 => RevocationTarget::subject(format!("usr_{id}")),
        3 => RevocationTarget::member(format!("usr_{id}"), format!("org_{id}")),
        4 => RevocationTarget::organization(format!("org_{id}")),
        _ => RevocationTarget::client(format!("m2m_{id}")),
    }
}

fn token_alone(number: usize) -> RevocationTarget {
    RevocationTarget::token(format!("tkn_{}", 84_213_045_000_000_000 + number))
}

fn fill(
    store: &MemoryRevocations,
    count: usize,
    of: fn(usize) -> RevocationTarget,
    at: SystemTime,
) {
    for number in 0..count {
        store.add(&Revocation::new(ISSUER, of(number), at));
    }
}

/// 1,000 tokens; with an empty `mark`, the ids are those of revocations.
fn tokens(clock: &Seconds, mark: &str) -> Vec<VerifiedToken> {
    let now = clock.now();
    let token = |number: usize| {
        let id = 84_213_045_000_000_000 + number * 600;
        VerifiedToken::assertion(
            ISSUER,
            format!("usr_{id}{mark}"),
            now + Duration::from_secs(3600),
        )
        .with_issued_at(now)
        .with_token_id(format!("tkn_{id}{mark}"))
        .with_session_id(format!("ses_{id}{mark}"))
        .with_organization(format!("org_{id}{mark}"))
        .with_client_id(format!("m2m_{id}{mark}"))
    };
    (0..1000).map(token).collect()
}

/// Reports the time of one check.
fn check(name: &str, store: &MemoryRevocations, tokens: &[VerifiedToken]) {
    let round = || {
        let begun = Instant::now();
        for _ in 0..10 {
            for token in tokens {
                let _ = black_box(store.check(black_box(token)));
            }
        }
        begun.elapsed().as_nanos() as f64 / (10.0 * tokens.len() as f64)
    };
    let (median, low, high) = spread((0..ROUNDS).map(|_| round()).collect());
    println!("{name}: check {median:.0} ns ({low:.0}..{high:.0})");
}

/// Adds 100,000 more.
fn additions(name: &str, store: &MemoryRevocations, clock: &Seconds) {
    let at = clock.now();
    let times = (0..100_000).map(|number| {
        let target = mixed(2 * MILLION + number);
        let revocation = Revocation::new(ISSUER, target, at);
        let begun = processor_time();
        store.add(&revocation);
        processor_time().saturating_sub(begun)
    });
    report(&format!("{name}: an addition"), times.collect());
}

/// All are over, and each second a part of them is forgotten with an addition.
fn expiry(name: &str, store: &MemoryRevocations, clock: &Seconds) {
    clock.0.fetch_add(2 * 24 * 3600, Ordering::Relaxed);
    let times = (0..4200).map(|number| {
        clock.0.fetch_add(1, Ordering::Relaxed);
        let target = token_alone(4 * MILLION + number);
        let revocation = Revocation::new(ISSUER, target, clock.now());
        let begun = processor_time();
        store.add(&revocation);
        processor_time().saturating_sub(begun)
    });
    report(
        &format!("{name}: an addition that forgets"),
        times.collect(),
    );
    println!("{name}: {} left", store.len());
}

fn report(name: &str, times: Vec<Duration>) {
    let longest = times.iter().max().copied().unwrap_or_default();
    let micros = |time: Duration| time.as_nanos() as f64 / 1000.0;
    let (median, low, high) = spread(times.into_iter().map(micros).collect());
    println!(
        "{name} takes {median:.1} us ({low:.1}..{high:.1}), at most {:.1} us",
        micros(longest)
    );
}

/// The processor time of this thread: what else the machine does is not in it.
fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(
        time.tv_sec.try_into().unwrap(),
        time.tv_nsec.try_into().unwrap(),
    )
}
