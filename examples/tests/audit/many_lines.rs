//! Many lines, joined and summed up: each is compared with what a search of all logins finds, and memory is measured.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::time::Instant;

use crate::stage::{Stage, line, login};

const START: u64 = 1_793_491_200;
const WINDOW: u64 = 24 * 60 * 60;
/// The users of the smaller test.
const USERS: u64 = 60;

/// A xorshift generator: the same numbers in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}

/// A user logs in: organization, client and address. Some callers have one user, others have several.
fn user(number: u64, users: u64) -> (String, String, String) {
    let caller = number % (users * 2 / 3);
    let organization = format!("org_{}", caller % 40);
    let client = format!("c_{caller}");
    (organization, client, format!("user{number}@example.com"))
}

/// Writes a week of lines and of logins, a login for each 20 lines, both nearly in order. Returns the logins.
fn write(stage: &Stage, lines: u64, users: u64) -> Vec<(u64, u64)> {
    let mut numbers = Numbers(0xBEEF);
    let mut audit = BufWriter::new(File::create(stage.path("audit.jsonl")).unwrap());
    let mut dump = BufWriter::new(File::create(stage.path("logins")).unwrap());
    let mut logins = Vec::new();
    for number in 0..lines {
        let second = START + number * 7 * WINDOW / lines;
        if number % 20 == 0 {
            let who = numbers.below(users);
            let (organization, client, email) = user(who, users);
            let second = second - numbers.below(100);
            dump.write_all(login(second, &organization, &client, &email).as_bytes())
                .unwrap();
            logins.push((second, who));
        }
        let (organization, client, _) = user(numbers.below(users), users);
        let second = second - numbers.below(100);
        audit
            .write_all(line(second, &organization, &client, "").as_bytes())
            .unwrap();
    }
    audit.flush().unwrap();
    dump.flush().unwrap();
    logins
}

#[tokio::test]
async fn each_line_is_joined_as_a_search_of_all_logins_finds() {
    let stage = Stage::new();
    let logins = write(&stage, 4_000, USERS);
    let csv = stage
        .output(&["show", "--csv", "--logs", "@logins", "@audit.jsonl"])
        .await;
    let mut kinds = [0; 3];
    for row in csv.lines().skip(1) {
        let cells: Vec<_> = row.split(',').collect();
        let time = humantime::parse_rfc3339(cells[0]).unwrap();
        let second = time
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap()
            .as_secs();
        let is_of = |who: u64| {
            let (organization, client, _) = user(who, USERS);
            organization == cells[4] && client == cells[5]
        };
        // A line is half a second after its second.
        let near = logins
            .iter()
            .filter(|(at, who)| *at <= second && *at > second - WINDOW && is_of(*who));
        let near: Vec<_> = near.collect();
        let users: BTreeSet<_> = near.iter().map(|(_, who)| *who).collect();
        let expected = match users.len() {
            0 => "none,,".to_owned(),
            1 => format!(
                "login,ar_{},",
                near.iter().map(|(at, _)| *at).max().unwrap()
            ),
            _ => "ambiguous,,".to_owned(),
        };
        kinds[users.len().min(2)] += 1;
        let found = format!("{},{},", cells[11], cells[12]);
        assert_eq!(found, expected, "{row}");
    }
    assert!(kinds.iter().all(|count| *count > 200), "{kinds:?}");
    let summary = stage
        .output(&[
            "summary",
            "--csv",
            "--logs",
            "@logins",
            "--max-rows",
            "30",
            "@audit.jsonl",
        ])
        .await;
    let mut sums = [0; 5];
    for row in summary.lines().skip(1) {
        let cells: Vec<_> = row.split(',').collect();
        for (sum, cell) in sums.iter_mut().zip([3, 6, 7, 8, 9]) {
            *sum += cells[cell].parse::<usize>().unwrap();
        }
    }
    assert_eq!(sums, [4_000, kinds[1], kinds[2], kinds[0], 0]);
    assert_eq!(
        summary.lines().count(),
        32,
        "a header, and one row for all others"
    );
}

/// The most memory that this process has used, in KiB.
fn peak_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// `cargo test --release -p examples --test audit -- --ignored --nocapture` prints what 1,000,000 lines cost.
#[cfg(target_os = "linux")]
#[tokio::test]
#[ignore = "takes long without optimization: for figures"]
async fn a_million_lines() {
    let stage = Stage::new();
    write(&stage, 1_000_000, 5_000);
    let mut figures = String::new();
    let before = peak_kib();
    for arguments in [
        &["summary", "--csv", "@audit.jsonl"][..],
        &["summary", "--csv", "--logs", "@logins", "@audit.jsonl"],
        &[
            "summary",
            "--csv",
            "--logs",
            "@logins",
            "--max-rows",
            "20",
            "--max-logins",
            "2000",
            "@audit.jsonl",
        ],
    ] {
        let start = Instant::now();
        let summary = stage.output(arguments).await;
        let seconds = start.elapsed().as_secs_f64();
        let events: u64 = summary
            .lines()
            .skip(1)
            .map(|row| row.split(',').nth(3).unwrap().parse::<u64>().unwrap())
            .sum();
        assert_eq!(events, 1_000_000);
        let peak = peak_kib();
        writeln!(
            figures,
            "{seconds:.1} s, peak {} MiB: {}",
            peak / 1024,
            arguments.join(" ")
        )
        .unwrap();
        assert!(peak - before < 64 * 1024, "{figures}");
    }
    let bytes = fs::metadata(stage.path("audit.jsonl")).unwrap().len();
    println!(
        "1,000,000 lines, {} MiB, before: peak {} MiB\n{figures}",
        bytes >> 20,
        before / 1024
    );
}
