//! The cost of policies: Cedar's by their number, beside the same rules in CEL; of a policy about an
//! argument; of rules that the tools state themselves.
//!
//! `cargo bench -p auth-core --bench policies --features cedar,rmcp`. One thread; what is compared takes turns, so that a busy
//! machine slows all alike; medians of the rounds (and tenths), processor time.
//!
//! * `cedar_N`, `cel_N`: one decision, of a caller that the policy in the middle permits. Cedar
//!   evaluates all policies; the expressions of CEL (crate `cel`) are evaluated in order until one is
//!   true. Both include the conversion of the request: entities and context, or variables.
//! * `_arguments`: each rule also looks at an argument of the tool.
//! * `cedar_conversion`: one policy that permits everything, so that little is evaluated.
//! * `layer_…`: a whole request through the layer, with a cached token.
//!
//! Medians on a 2-core machine, 2026-11-28, for callers of one of 100 tools:
//!
//! | policies | Cedar | with arguments | CEL | with arguments |
//! |---|---|---|---|---|
//! | 10 | 30 us | 61 us | 4.6 us | 6.1 us |
//! | 100 | 31 us | 62 us | 9.6 us | 11 us |
//! | 1,000 | 48 us | 71 us | 78 us | 69 us |
//!
//! Of Cedar's, 29 us are the conversion of the request, 19 us more with claims, and 36 us more with arguments.
//! Before policies about other actions were left out, 1,000 took 894 us. A policy about an argument costs a request
//! through the layer 1.2 us (2.2 to 3.4 us): one parse. Rules at the tools cost as much as the same in the layer
//! (ratio 0.995).
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a bench, whose report is for people"
)]

#[path = "../../../auth-scalekit/benches/shared/spread.rs"]
mod spread;

mod languages;
mod layers;
mod rules;

use std::time::{Duration, Instant};

use spread::{print_ratio, spread};

const ROUNDS: usize = 41;

/// Something that is measured: its name, and how often it is done in a round.
pub(crate) struct Measured<'a> {
    name: String,
    times: u32,
    once: Box<dyn FnMut() + 'a>,
}

impl<'a> Measured<'a> {
    pub(crate) fn new(name: String, times: u32, once: impl FnMut() + 'a) -> Self {
        let once = Box::new(once);
        Self { name, times, once }
    }

    /// The duration of one, in microseconds.
    fn round(&mut self) -> f64 {
        let begun = processor_time();
        for _ in 0..self.times {
            (self.once)();
        }
        let took = processor_time().saturating_sub(begun);
        took.as_nanos() as f64 / f64::from(self.times) / 1000.0
    }
}

fn main() {
    let one = languages::cedar_conversion();
    for policies in [10, 100, 1000] {
        compare(vec![
            languages::cedar(policies, false),
            languages::cedar(policies, true),
            languages::cel(policies, false),
            languages::cel(policies, true),
        ]);
    }
    compare(one);
    compare(layers::with_arguments());
    compare(layers::rules_at_tools());
}

/// Reports the time of each, and how many times as long as the first the others take.
fn compare(mut all: Vec<Measured<'_>>) {
    let mut times = vec![Vec::new(); all.len()];
    for _ in 0..ROUNDS {
        for (measured, times) in all.iter_mut().zip(&mut times) {
            times.push(measured.round());
        }
    }
    for (measured, times) in all.iter().zip(&times) {
        let (median, low, high) = spread(times.clone());
        println!("{} {median:.2} us ({low:.2}..{high:.2})", measured.name);
    }
    for (measured, others) in all.iter().zip(&times).skip(1) {
        let ratios = others.iter().zip(&times[0]);
        let ratios = ratios.map(|(other, first)| other / first).collect();
        print_ratio(&format!("{}/{}", measured.name, all[0].name), ratios);
    }
}

/// The processor time of this thread, where the operating system reports it; else wall-clock time.
fn processor_time() -> Duration {
    static BEGUN: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    // The kernel updates it when the thread yields, and otherwise at every tick.
    std::thread::yield_now();
    let reported = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanos = reported.and_then(|text| text.split(' ').next()?.parse().ok());
    nanos.map_or_else(
        || BEGUN.get_or_init(Instant::now).elapsed(),
        Duration::from_nanos,
    )
}
