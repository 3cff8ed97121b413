//! Runs a fuzz target on stable Rust, with mutated seeds that are the same in every run.
//!
//! Unlike `cargo fuzz` it is not guided by coverage, but it runs wherever `cargo test` does. Each round
//! seeds a random number generator with its number, so the number of a round reproduces its input.
//!
//! | variable | meaning |
//! |---|---|
//! | `FUZZ_SECONDS` | run time of each target; default: 0.3 s |
//! | `FUZZ_ROUND` | the first round; default: 0 |
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::cast_precision_loss,
    reason = "a panic fails the test, and its report is for people"
)]

use std::fmt::Write;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;
use std::time::{Duration, Instant};
use std::{env, fs};

/// The longest input. Longer than the longest token, so that limits are exceeded.
const MAX_BYTES: usize = 10 * 1024;

/// Input that parsers often get wrong: delimiters, escapes, numbers at the limits, invalid text.
const PIECES: [&[u8]; 48] = [
    b"\"",
    b"\\",
    b",",
    b", ",
    b":",
    b";",
    b"=",
    b"==",
    b".",
    b"..",
    b" ",
    b"\t",
    b"\r\n",
    b"\n",
    b"\0",
    b"\x7f",
    b"\xff",
    b"\xc2\xa0",
    b"\xef\xbb\xbf",
    b"\xed\xa0\x80",
    b"\\u0061",
    b"\\ud800",
    b"{}",
    b"{",
    b"}",
    b"[]",
    b"[",
    b"]",
    b"[[[[[[[[",
    b"{\"\":",
    b"null",
    b"true",
    b"\"a\"",
    b"0",
    b"-1",
    b"1e400",
    b"1.5",
    b"253402300800",
    b"18446744073709551616",
    b"Bearer ",
    b"bearer",
    b"@",
    b"//",
    b"#",
    b"?",
    b"%",
    b"none",
    b"HS256",
];

/// Runs `target` on the seeds in a folder, and then on mutations of them.
pub(crate) fn drive(seeds: &str, target: fn(&[u8])) {
    let seeds = read(Path::new(seeds));
    for seed in &seeds {
        run(target, seed, "an unchanged seed");
    }
    let budget = number("FUZZ_SECONDS").map_or(Duration::from_millis(300), Duration::from_secs);
    let first = number("FUZZ_ROUND").unwrap_or(0);
    let begin = Instant::now();
    let mut round = first;
    while begin.elapsed() < budget {
        run(target, &input(&seeds, round), &format!("round {round}"));
        round += 1;
    }
    let name = std::thread::current().name().unwrap_or("?").to_owned();
    let (rounds, seconds) = (round - first, begin.elapsed().as_secs_f64());
    let rate = rounds as f64 / seconds;
    println!("{name}: {rounds} executions in {seconds:.1} s, {rate:.0}/s");
}

/// The input of a round.
pub(crate) fn input(seeds: &[Vec<u8>], round: u64) -> Vec<u8> {
    let mut numbers = Numbers::new(round);
    let mut bytes = seeds[numbers.below(seeds.len())].clone();
    for _ in 0..=numbers.below(6) {
        mutate(&mut bytes, seeds, &mut numbers);
    }
    bytes.truncate(MAX_BYTES);
    bytes
}

/// The files of a folder, in the order of their names.
pub(crate) fn read(folder: &Path) -> Vec<Vec<u8>> {
    let files = fs::read_dir(folder).unwrap_or_else(|error| panic!("{folder:?}: {error}"));
    let mut paths: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty(), "{folder:?} holds no seeds");
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

fn run(target: fn(&[u8]), bytes: &[u8], what: &str) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| target(bytes))) {
        let mut hex = String::new();
        for byte in bytes {
            write!(hex, "{byte:02x}").unwrap();
        }
        eprintln!("{what}: {}\nhex: {hex}", bytes.escape_ascii());
        resume_unwind(panic);
    }
}

fn number(variable: &str) -> Option<u64> {
    let text = env::var(variable).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{variable} must be a number, got {text:?}")),
    )
}

fn mutate(bytes: &mut Vec<u8>, seeds: &[Vec<u8>], numbers: &mut Numbers) {
    let at = numbers.below(bytes.len() + 1);
    let end = (at + 1 + numbers.below(16)).min(bytes.len());
    match numbers.below(11) {
        0 if at < bytes.len() => bytes[at] ^= 1 << numbers.below(8),
        1 if at < bytes.len() => bytes[at] = numbers.byte(),
        2 => bytes.truncate(at),
        3 => drop(bytes.drain(at..end)),
        4 => {
            let noise: Vec<u8> = (0..=numbers.below(16)).map(|_| numbers.byte()).collect();
            drop(bytes.splice(at..at, noise));
        }
        5 => {
            // Sometimes up to the limit and beyond, so that limits are exceeded.
            let most = if numbers.below(16) == 0 {
                MAX_BYTES
            } else {
                40
            };
            let times = 1 + numbers.below(most);
            let repeated = bytes[at..end].repeat(times);
            drop(bytes.splice(at..at, repeated));
        }
        6 => {
            let other = &seeds[numbers.below(seeds.len())];
            let tail = other[numbers.below(other.len() + 1)..].to_vec();
            drop(bytes.splice(at.., tail));
        }
        7 => {
            let piece = PIECES[numbers.below(PIECES.len())];
            let times = if numbers.below(8) == 0 {
                numbers.below(300)
            } else {
                1
            };
            drop(bytes.splice(at..at, piece.repeat(times)));
        }
        8 => {
            let to = numbers.below(bytes.len() + 1);
            let moved = bytes[at..end].to_vec();
            drop(bytes.splice(to..to, moved));
        }
        9 if at < bytes.len() => bytes[at] = b'0' + u8::try_from(numbers.below(10)).unwrap(),
        _ => {
            let piece = PIECES[numbers.below(PIECES.len())];
            drop(bytes.splice(at..end, piece.iter().copied()));
        }
    }
    // Repetitions of repetitions would grow without bound.
    bytes.truncate(2 * MAX_BYTES);
}

/// A pseudorandom number generator (xorshift64*).
pub(crate) struct Numbers(u64);

impl Numbers {
    pub(crate) fn new(seed: u64) -> Self {
        // Neighbouring seeds must start differently, and a state of zero would stay zero.
        Self((seed + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let mixed = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d);
        usize::try_from(mixed >> 33).unwrap() % limit
    }

    pub(crate) fn byte(&mut self) -> u8 {
        u8::try_from(self.below(256)).unwrap()
    }
}
