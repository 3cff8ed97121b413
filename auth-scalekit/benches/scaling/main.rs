//! The cost of a verification by the number of tokens, keys, issuers, threads and callers.
//!
//! `cargo bench -p auth-scalekit --bench scaling`, a minute and a half; with `-- memory` or another
//! name from below that alone, and no file is written. Each figure is the median of the rounds, in
//! which all sizes take their turns. The figures go to `docs/bench/scaling.csv` of this crate, and
//! the pictures beside it are drawn from them.
//!
//! * `tokens`: 1 to 1,000,000 different tokens, in random order; without the cache of
//!   verified tokens, and with it, which keeps 10,000 of them.
//! * `keys`, `issuers`: key sets of 1 to 64 keys, 1 to 100 issuers; the token is of the last.
//! * `threads`: 1 to 8 threads verify different tokens; wall-clock time divided by the number of
//!   verifications.
//! * `callers`: 1 to 10,000 concurrent callers before the first key is fetched; the time until the last
//!   has its result, divided by their number.
//! * `memory`: the memory of 100,000 cached tokens, and what remains after 1,000,000 forged ones.
//!
//! Tokens are signed with `EdDSA`, which mints a million of them in reasonable time.
//!
//! Two runs on a shared 2-core AMD EPYC: 1,000,000 tokens cost 1.009 and 1.123 of what 100 cost
//! without the cache, and with it, full and of no use, 1.020 and 0.934 of what they cost without;
//! 64 keys 1.007 of one; 100 issuers 1.029 of one; 100,000 cached tokens 96.8 MiB, 1,000,000
//! hostile ones none and one fetch.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a bench, whose report is for people"
)]

mod draw;
mod figures;
mod harness;
#[path = "../shared/issuer.rs"]
#[allow(dead_code, reason = "another bench uses the rest")]
mod issuer;
mod memory;
#[path = "../shared/spread.rs"]
mod spread;

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use auth_core::verifier::{TokenCache, TokenVerifier};
use figures::Figures;
use harness::{Harness, request, runtime};
use issuer::ISSUER;
use spread::print_ratio;

const ROUNDS: usize = 21;

fn main() {
    let harness = Harness::start();
    let mut figures = Figures::default();
    let asked: Vec<_> = std::env::args().skip(1).collect();
    let asked: Vec<_> = asked
        .iter()
        .filter(|name| !name.starts_with("--"))
        .collect();
    let is_asked = |name: &str| asked.is_empty() || asked.iter().any(|asked| *asked == name);
    type Group = fn(&Harness, &mut Figures);
    let groups: [(&str, Group); 5] = [
        ("tokens", tokens),
        ("keys", keys),
        ("issuers", issuers),
        ("threads", threads),
        ("callers", callers),
    ];
    for (name, measure) in groups {
        if is_asked(name) {
            measure(&harness, &mut figures);
        }
    }
    if is_asked("memory") {
        memory::cached(&harness);
        memory::hostile(&harness);
    }
    if !asked.is_empty() {
        return;
    }
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/bench");
    figures.write(folder);
    draw::all(&figures, folder);
    println!("figures and pictures: {folder}");
}

/// A case that verifies `times` times, and its name in the figures.
struct Case<'a> {
    line: &'static str,
    size: usize,
    times: usize,
    run: Box<dyn FnMut(usize) + 'a>,
}

/// The microseconds for one, of each case in each round.
fn measure(group: &'static str, mut cases: Vec<Case<'_>>, figures: &mut Figures) -> Vec<Vec<f64>> {
    let mut costs = vec![Vec::new(); cases.len()];
    for case in &mut cases {
        (case.run)(case.times);
    }
    for _ in 0..ROUNDS {
        for (case, costs) in cases.iter_mut().zip(&mut costs) {
            let begun = Instant::now();
            (case.run)(case.times);
            costs.push(begun.elapsed().as_secs_f64() * 1e6 / case.times as f64);
        }
    }
    for (case, costs) in cases.iter().zip(&costs) {
        figures.add(group, case.line, case.size, costs.clone());
    }
    costs
}

fn ratios(one: &[f64], other: &[f64]) -> Vec<f64> {
    let pairs = one.iter().zip(other);
    pairs.map(|(one, other)| one / other).collect()
}

fn tokens(harness: &Harness, figures: &mut Figures) {
    const SIZES: [usize; 4] = [1, 100, 10_000, 1_000_000];
    let tokens = harness.mint(SIZES[3]);
    let tokens = &tokens;
    let off = harness.verifier(TokenCache::OFF);
    let caches = SIZES.map(|_| harness.verifier(TokenCache::DEFAULT));
    let runtime = runtime();
    let mut cases = Vec::new();
    for (line, cached) in [("without the cache", false), ("with the cache", true)] {
        for (size, cache) in SIZES.into_iter().zip(&caches) {
            let verifier = if cached { cache } else { &off };
            let runtime = &runtime;
            let mut next = 1_usize;
            if cached {
                // Until it is full, or knows all of them.
                runtime.block_on(async {
                    for token in &tokens[..size.min(10_000)] {
                        verifier.verify(request(token)).await.unwrap();
                    }
                });
            }
            let run = move |times| {
                runtime.block_on(async {
                    for _ in 0..times {
                        // Through all of them in no order: the step has no factor in common with
                        // any of the sizes.
                        next = (next + 387_420_489) % size;
                        black_box(verifier.verify(request(&tokens[next])).await.unwrap());
                    }
                });
            };
            cases.push(Case {
                line,
                size,
                times: if cached && size <= 10_000 { 5000 } else { 500 },
                run: Box::new(run),
            });
        }
    }
    let costs = measure("tokens", cases, figures);
    print_ratio(
        "tokens_1000000_vs_100_without_cache",
        ratios(&costs[3], &costs[1]),
    );
    print_ratio(
        "tokens_1000000_thrashing_vs_cold",
        ratios(&costs[7], &costs[3]),
    );
}

fn keys(harness: &Harness, figures: &mut Figures) {
    let sets = [1, 10, 64].map(|size| (size, harness.with_keys(size)));
    let runtime = runtime();
    let cases = sets
        .iter()
        .map(|(size, (verifier, token))| case("cold", *size, &runtime, verifier, token));
    let costs = measure("keys", cases.collect(), figures);
    print_ratio("keys_64_vs_1", ratios(&costs[2], &costs[0]));
}

fn issuers(harness: &Harness, figures: &mut Figures) {
    let runtime = runtime();
    let sets = [1, 10, 100].map(|size| (size, harness.with_issuers(size)));
    let cases = sets
        .iter()
        .map(|(size, (verifier, token))| case("cold", *size, &runtime, verifier, token));
    let costs = measure("issuers", cases.collect(), figures);
    print_ratio("issuers_100_vs_1", ratios(&costs[2], &costs[0]));
}

fn case<'a>(
    line: &'static str,
    size: usize,
    runtime: &'a tokio::runtime::Runtime,
    verifier: &'a dyn TokenVerifier,
    token: &'a str,
) -> Case<'a> {
    let run = |times| {
        runtime.block_on(async {
            for _ in 0..times {
                black_box(verifier.verify(request(token)).await.unwrap());
            }
        });
    };
    Case {
        line,
        size,
        times: 200,
        run: Box::new(run),
    }
}

fn threads(harness: &Harness, figures: &mut Figures) {
    let (off, on) = (
        harness.verifier(TokenCache::OFF),
        harness.verifier(TokenCache::DEFAULT),
    );
    let tokens = harness.mint(64);
    let tokens = &tokens;
    let mut cases = Vec::new();
    for (line, verifier, times) in [("cold", &off, 800), ("warm", &on, 40_000)] {
        for size in [1, 2, 4, 8] {
            let run = move |times: usize| {
                std::thread::scope(|scope| {
                    for thread in 0..size {
                        scope.spawn(move || {
                            let mine = tokens.iter().skip(thread).step_by(size).cycle();
                            runtime().block_on(async {
                                for token in mine.take(times / size) {
                                    black_box(verifier.verify(request(token)).await.unwrap());
                                }
                            });
                        });
                    }
                });
            };
            cases.push(Case {
                line,
                size,
                times,
                run: Box::new(run),
            });
        }
    }
    let costs = measure("threads", cases, figures);
    print_ratio("threads_2_vs_1_cold", ratios(&costs[1], &costs[0]));
    print_ratio("threads_8_vs_1_cold", ratios(&costs[3], &costs[0]));
    print_ratio("threads_2_vs_1_warm", ratios(&costs[5], &costs[4]));
    print_ratio("threads_8_vs_1_warm", ratios(&costs[7], &costs[4]));
}

fn callers(harness: &Harness, figures: &mut Figures) {
    const SIZES: [usize; 3] = [1, 100, 10_000];
    let tokens = Arc::new(harness.mint(SIZES[2]));
    for size in SIZES {
        let mut costs = Vec::new();
        for _ in 0..3 {
            let verifier = Arc::new(harness.unready());
            let runtime = tokio::runtime::Builder::new_multi_thread();
            let runtime = { runtime }.worker_threads(2).enable_all().build().unwrap();
            let begun = Instant::now();
            runtime.block_on(async {
                let mut callers = tokio::task::JoinSet::new();
                for number in 0..size {
                    let (verifier, tokens) = (Arc::clone(&verifier), Arc::clone(&tokens));
                    callers.spawn(async move {
                        verifier.verify(request(&tokens[number])).await.is_ok()
                    });
                }
                assert!(callers.join_all().await.into_iter().all(|good| good));
            });
            costs.push(begun.elapsed().as_secs_f64() * 1e6 / size as f64);
            // Its fetches must not reach into the next.
            runtime.shutdown_timeout(Duration::from_secs(5));
        }
        figures.add("callers", "each", size, costs);
    }
    println!("fetches by {ISSUER} so far: {}", harness.fetches());
}
