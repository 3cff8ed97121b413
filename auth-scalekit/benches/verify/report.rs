//! Runs cases in turn, round after round, so that a busy machine slows all of them alike.

use std::time::{Duration, Instant};

/// How often all cases take their turn, and for how long each.
const ROUNDS: usize = 61;
const TURN: Duration = Duration::from_millis(2);

/// Something that can be done any number of times.
pub(crate) struct Case<'a> {
    name: &'static str,
    run: Box<dyn FnMut(u32) + 'a>,
    /// How often it is done in a turn.
    times: u32,
    /// Nanoseconds for once, in each round.
    costs: Vec<f64>,
}

/// Cases that are compared with each other.
#[derive(Default)]
pub(crate) struct Cases<'a>(Vec<Case<'a>>);

impl<'a> Cases<'a> {
    pub(crate) fn add(&mut self, name: &'static str, run: impl FnMut(u32) + 'a) {
        self.0.push(Case {
            name,
            run: Box::new(run),
            times: 1,
            costs: Vec::new(),
        });
    }

    /// Runs all of them.
    pub(crate) fn run(&mut self) {
        for case in &mut self.0 {
            // Warm, and long enough for the clock.
            (case.run)(100);
            let begun = Instant::now();
            (case.run)(100);
            let once = begun.elapsed().as_secs_f64() / 100.0;
            case.times = ((TURN.as_secs_f64() / once.max(1e-9)) as u32).max(1);
        }
        for _ in 0..ROUNDS {
            for case in &mut self.0 {
                let begun = Instant::now();
                (case.run)(case.times);
                let cost = begun.elapsed().as_nanos() as f64 / f64::from(case.times);
                case.costs.push(cost);
            }
        }
    }

    /// A line for each.
    pub(crate) fn print(&self, group: &str) {
        for case in &self.0 {
            let (median, low, high) = spread(case.costs.clone());
            println!(
                "{group} {:<16} {:>8.2} us ({:.2}..{:.2})",
                case.name,
                median / 1000.0,
                low / 1000.0,
                high / 1000.0
            );
        }
    }

    /// How many times as much the first of them costs as the second.
    pub(crate) fn ratio(&self, group: &str, name: &str, one: &str, other: &str) {
        let costs = |wanted: &str| self.0.iter().find(|case| case.name == wanted);
        let (Some(one), Some(other)) = (costs(one), costs(other)) else {
            unreachable!("no such case: {one} or {other}");
        };
        let ratios = one.costs.iter().zip(&other.costs);
        let (median, low, high) = spread(ratios.map(|(one, other)| one / other).collect());
        println!("ratio {group}_{name} {median:.3} ({low:.3}..{high:.3})");
    }
}

/// The median, and the tenth below and above.
fn spread(mut values: Vec<f64>) -> (f64, f64, f64) {
    values.sort_by(f64::total_cmp);
    let at = |share: usize| values[(values.len() - 1) * share / 100];
    (at(50), at(10), at(90))
}
