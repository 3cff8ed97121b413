//! Runs cases in turn, round after round, so that a busy machine slows all of them alike.

use std::time::{Duration, Instant};

use crate::spread::{print_ratio, spread};

/// How often all cases take their turn.
const ROUNDS: usize = 61;

/// Something that can be done any number of times.
pub(crate) struct Case<'a> {
    name: &'static str,
    run: Box<dyn FnMut(u32) + 'a>,
    /// How often it is done in a turn.
    times: u32,
    /// Nanoseconds for once, in each round.
    costs: Vec<f64>,
    /// How often this thread asks for memory, for once.
    allocations: f64,
}

impl Case<'_> {
    fn cost(&self, group: &str) -> String {
        let (median, low, high) = spread(self.costs.clone());
        format!(
            "{group} {:<22} {:>8.2} us ({:.2}..{:.2})",
            self.name,
            median / 1000.0,
            low / 1000.0,
            high / 1000.0,
        )
    }
}

/// Cases that are compared with each other.
pub(crate) struct Cases<'a> {
    cases: Vec<Case<'a>>,
    turn: Duration,
}

impl<'a> Cases<'a> {
    /// Each turn of a case takes about so long.
    pub(crate) fn new(turn: Duration) -> Self {
        let cases = Vec::new();
        Self { cases, turn }
    }

    pub(crate) fn add(&mut self, name: &'static str, run: impl FnMut(u32) + 'a) {
        self.cases.push(Case {
            name,
            run: Box::new(run),
            times: 1,
            costs: Vec::new(),
            allocations: 0.0,
        });
    }

    /// Runs all of them.
    pub(crate) fn run(&mut self) {
        for case in &mut self.cases {
            // Warm, and long enough for the clock.
            (case.run)(100);
            let counted = allocation_counter::measure(|| (case.run)(100));
            // Little of what it does once for all its times is left.
            case.allocations = (counted.count_total / 100) as f64;
            let begun = Instant::now();
            (case.run)(100);
            let once = begun.elapsed().as_secs_f64() / 100.0;
            case.times = ((self.turn.as_secs_f64() / once.max(1e-9)) as u32).max(1);
        }
        for _ in 0..ROUNDS {
            for case in &mut self.cases {
                let begun = Instant::now();
                (case.run)(case.times);
                let cost = begun.elapsed().as_nanos() as f64 / f64::from(case.times);
                case.costs.push(cost);
            }
        }
    }

    /// A line for each.
    pub(crate) fn print(&self, group: &str) {
        for case in &self.cases {
            println!("{}, {} allocations", case.cost(group), case.allocations);
        }
    }

    /// The same, for cases that do their work on other threads, where memory is not counted.
    pub(crate) fn print_costs(&self, group: &str) {
        for case in &self.cases {
            println!("{}", case.cost(group));
        }
    }

    /// How many times as much the first of them costs as the second.
    pub(crate) fn ratio(&self, group: &str, name: &str, one: &str, other: &str) {
        let costs = |wanted: &str| self.cases.iter().find(|case| case.name == wanted);
        let (Some(one), Some(other)) = (costs(one), costs(other)) else {
            unreachable!("no such case: {one} or {other}");
        };
        let ratios = one.costs.iter().zip(&other.costs);
        let ratios = ratios.map(|(one, other)| one / other).collect();
        print_ratio(&format!("{group}_{name}"), ratios);
    }
}
