//! Chained files: across restarts, rotations and failures, and 1,000 changes that are all found.

use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;

use tempfile::TempDir;

use super::{ChainBreak, ChainBreakKind, ChainHead, ChainKey, ChainReport, ChainVerifier};
use crate::audit::AuditSink;
use crate::audit::json_lines::{JsonLines, JsonLinesBuilder};
use crate::audit::tests::{admitted, later, refused};
use crate::support::Numbers;

fn key() -> ChainKey {
    ChainKey::new(&[7; 32]).unwrap()
}

/// The lines of each file, the oldest file first.
type Lines = Vec<Vec<Vec<u8>>>;

struct Files(TempDir);

impl Files {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, suffix: &str) -> PathBuf {
        self.0.path().join(format!("audit.jsonl{suffix}"))
    }

    fn builder(&self) -> JsonLinesBuilder {
        JsonLines::builder(self.path("")).keep(9).chained(key())
    }

    /// Opens the file, writes this many events, and closes it.
    fn write(&self, events: u64) {
        self.write_up_to(events, 1_000_000);
    }

    fn write_up_to(&self, events: u64, max_bytes: u64) {
        let file = self.builder().max_bytes(max_bytes).open().unwrap();
        for second in 0..events {
            file.record(&later(admitted(), second));
        }
    }

    fn text(&self, suffix: &str) -> String {
        fs::read_to_string(self.path(suffix)).unwrap()
    }

    fn lines(&self) -> Lines {
        let numbers = (1..10).rev().map(|number| format!(".{number}"));
        let names = numbers.chain([String::new()]);
        let files = names.filter_map(|name| fs::read(self.path(&name)).ok());
        let lines = |file: Vec<u8>| {
            file.split_inclusive(|byte| *byte == b'\n')
                .map(<[u8]>::to_vec)
                .collect()
        };
        files.map(lines).collect()
    }

    fn verify(&self) -> (Vec<ChainBreak>, ChainReport) {
        verify(&self.lines(), &key(), None)
    }
}

fn verify(
    lines: &Lines,
    key: &ChainKey,
    expected: Option<ChainHead>,
) -> (Vec<ChainBreak>, ChainReport) {
    let mut verifier = ChainVerifier::new(key);
    if let Some(head) = expected {
        verifier = verifier.expect(head);
    }
    let mut breaks = Vec::new();
    for file in lines {
        verifier
            .read(&*file.concat(), |found| breaks.push(found))
            .unwrap();
    }
    let report = verifier.finish();
    assert_eq!(report.breaks, breaks.len() as u64);
    (breaks, report)
}

/// File, line and label of a broken place.
type Place = (usize, u64, &'static str);

fn places(breaks: &[ChainBreak]) -> Vec<Place> {
    let place = |found: &ChainBreak| (found.file, found.line, found.kind.as_str());
    breaks.iter().map(place).collect()
}

/// Twelve lines in each of three files or more.
fn rotated() -> Files {
    let files = Files::new();
    files.write_up_to(36, 6_000);
    assert!(files.lines().len() >= 3);
    files
}

#[test]
fn a_chain_continues_after_a_restart_and_in_the_next_file() {
    let files = rotated();
    for _ in 0..3 {
        files.write_up_to(7, 6_000);
    }
    let (breaks, report) = files.verify();
    assert_eq!(breaks, []);
    assert!(report.is_intact());
    let lines = files.lines();
    let total = lines.iter().map(Vec::len).sum::<usize>() as u64;
    assert_eq!((report.lines, report.verified), (total, total));
    assert_eq!(report.first_seq, Some(0));
    assert_eq!(report.head.map(|head| head.seq()), Some(total - 1));
    let begins = |line: &[u8], record| {
        String::from_utf8_lossy(line).contains(&format!("\"record\":\"{record}\""))
    };
    assert!(begins(&lines[0][0], "chain_start"));
    for file in &lines[1..] {
        assert!(begins(&file[0], "chain_continued"));
        assert_eq!(
            file.iter()
                .filter(|line| begins(line, "chain_continued"))
                .count(),
            1
        );
    }
    for file in &lines {
        assert!(file.concat().len() <= 6_000, "the limit counts the chain");
        for line in file {
            serde_json::from_slice::<serde_json::Value>(line).unwrap();
        }
    }
    // Without the oldest files, which were removed by the limit.
    let (breaks, report) = verify(&lines[2..].to_vec(), &key(), None);
    assert_eq!(breaks, []);
    assert!(report.first_seq > Some(0));
}

#[test]
fn the_removal_of_old_files_is_a_line_of_the_chain() {
    let files = Files::new();
    for events in [1, 1, 1] {
        let file = files.builder().max_bytes(1).keep(1).open().unwrap();
        for _ in 0..events {
            file.record(&admitted());
        }
    }
    let (breaks, report) = files.verify();
    assert_eq!(breaks, []);
    assert!(report.first_seq > Some(0));
    assert!(files.text("").contains("file_removed"));
    // The current file is missing, as after a crash between its renaming and the next line.
    fs::remove_file(files.path("")).unwrap();
    files.write(1);
    let (breaks, _) = files.verify();
    assert_eq!(breaks, []);
}

#[test]
fn omitted_events_are_counted_in_lines_of_the_chain() {
    let files = Files::new();
    let file = files.builder().max_bytes(20_000).open().unwrap();
    for second in 0..600 {
        file.record(&later(refused(), second));
    }
    file.record(&admitted());
    drop(file);
    assert!(files.text("").contains("\"record\":\"summary\""));
    assert!(files.verify().1.is_intact());
}

#[test]
fn every_single_change_is_found() {
    let lines = rotated().lines();
    let (breaks, report) = verify(&lines, &key(), None);
    assert_eq!(breaks, [], "the control");
    let head = report.head.unwrap();
    let other_key = ChainKey::new(&[8; 32]).unwrap();
    let forger = Files::new();
    let forged = JsonLines::builder(forger.path(""))
        .chained(other_key)
        .open()
        .unwrap();
    for second in 0..20 {
        forged.record(&later(admitted(), second));
    }
    drop(forged);
    let forged = forger.lines().remove(0);
    let mut numbers = Numbers(0xC0FFEE);
    let mut counts = [0; 6];
    for number in 0..1_000 {
        let mut changed = lines.clone();
        let at = numbers.below(changed.len());
        let file = &mut changed[at];
        let line = numbers.below(file.len());
        let kind = number % 6;
        match kind {
            0 => {
                let place = numbers.below(file[line].len());
                let change = 1 << numbers.below(8);
                file[line][place] ^= change;
            }
            1 => drop(file.remove(line)),
            2 => {
                let copy = file[line].clone();
                let to = numbers.below(file.len() + 1);
                file.insert(to, copy);
            }
            3 => {
                let other = (line + 1 + numbers.below(file.len() - 1)) % file.len();
                file.swap(line, other);
            }
            4 => {
                let line_of_other = forged[numbers.below(forged.len())].clone();
                file.insert(line, line_of_other);
            }
            _ => {
                // What follows in this file is chained again, with another key.
                let mut previous = None;
                for line in &mut file[line..] {
                    let text = String::from_utf8(line.clone()).unwrap();
                    let object = text.split(",\"chain.seq\"").next().unwrap();
                    let key = ChainKey::new(&[8; 32]).unwrap();
                    let head: ChainHead = seq_and_hash(&text).parse().unwrap();
                    let before = previous.or(Some(ChainHead {
                        seq: head.seq.wrapping_sub(1),
                        ..head
                    }));
                    let before = before.filter(|_| head.seq > 0);
                    let (sealed, next) =
                        super::seal::seal(&key, before, format!("{object}}}\n").as_bytes());
                    previous = Some(next);
                    *line = sealed;
                }
            }
        }
        let (breaks, report) = verify(&changed, &key(), Some(head));
        let is_end = at + 1 == lines.len() && line + 1 == lines[at].len() && kind == 1;
        // The removal of the last line is found by what was expected alone.
        assert_eq!(
            breaks.is_empty(),
            is_end,
            "{number}: kind {kind}, file {at}, line {line}"
        );
        assert!(
            !report.is_intact(),
            "{number}: kind {kind}, file {at}, line {line}"
        );
        if let Some(first) = breaks.first() {
            // Found where it is, or one line later.
            let exact = kind != 2 && kind != 3;
            let place = (first.file, first.line);
            let last = (at + 1, line as u64 + 2);
            assert!(
                !exact || place <= last || place.1 == 1,
                "{number}: {place:?} {last:?}"
            );
        }
        counts[kind] += 1;
    }
    assert!(counts.iter().all(|count| *count > 150));
}

fn seq_and_hash(line: &str) -> String {
    let seq = line.rsplit("\"chain.seq\":").next().unwrap();
    let hash = line.rsplit("\"chain.hash\":\"").next().unwrap();
    format!(
        "{}:{}",
        seq.split(',').next().unwrap(),
        hash.split('"').next().unwrap()
    )
}

#[test]
fn each_change_has_its_place_and_its_kind() {
    let files = Files::new();
    files.write(9);
    // Ten lines, with the numbers from 0.
    let lines = files.lines();
    assert_eq!(verify(&lines, &key(), None).0, [], "the control");
    type Change = fn(&mut Vec<Vec<u8>>);
    let rows: [(&str, Change, &[Place]); 16] = [
        ("a byte", |file| file[4][20] ^= 1, &[(1, 5, "changed")]),
        (
            "a hash",
            |file| {
                let digit = file[4].len() - 4;
                file[4][digit] = if file[4][digit] == b'0' { b'1' } else { b'0' };
            },
            &[(1, 5, "changed")],
        ),
        (
            "a letter of a hash",
            |file| {
                let line = String::from_utf8(file[4].clone()).unwrap();
                let (start, hash) = line.split_at(line.len() - 67);
                file[4] = format!("{start}{}", hash.to_uppercase()).into_bytes();
            },
            &[(1, 5, "unchained"), (1, 6, "missing")],
        ),
        (
            "a removal",
            |file| drop(file.remove(4)),
            &[(1, 5, "missing")],
        ),
        (
            "three removals",
            |file| drop(file.drain(4..7)),
            &[(1, 5, "missing")],
        ),
        (
            "the first line",
            |file| drop(file.remove(0)),
            &[(1, 1, "no_start")],
        ),
        (
            "a copy",
            |file| file.insert(5, file[4].clone()),
            &[(1, 6, "out_of_order")],
        ),
        (
            "a copy further down",
            |file| file.insert(9, file[4].clone()),
            &[(1, 10, "out_of_order")],
        ),
        (
            "a copy further up",
            |file| file.insert(2, file[7].clone()),
            &[(1, 3, "missing"), (1, 4, "out_of_order")],
        ),
        (
            "a swap",
            |file| file.swap(4, 5),
            &[(1, 5, "missing"), (1, 6, "out_of_order")],
        ),
        (
            "a foreign line",
            |file| file.insert(4, b"{\"time\":1}\n".to_vec()),
            &[(1, 5, "unchained")],
        ),
        (
            "an empty line",
            |file| file.insert(4, b"\n".to_vec()),
            &[(1, 5, "unchained")],
        ),
        (
            "a forged line",
            |file| {
                let line = String::from_utf8(file[4].clone()).unwrap();
                file.insert(4, line.replace("usr_1", "usr_2").into_bytes());
            },
            &[(1, 5, "changed")],
        ),
        (
            "a line end",
            |file| {
                file[4].pop();
            },
            &[(1, 5, "missing")],
        ),
        (
            "the last line end",
            |file| {
                file[9].pop();
            },
            &[(1, 10, "torn")],
        ),
        (
            "the last bytes",
            |file| file[9].truncate(30),
            &[(1, 10, "torn")],
        ),
    ];
    for (name, change, expected) in rows {
        let mut changed = lines.clone();
        change(&mut changed[0]);
        let (breaks, report) = verify(&changed, &key(), None);
        assert_eq!(places(&breaks), expected, "{name}");
        assert!(!report.is_intact(), "{name}");
    }
}

#[test]
fn files_that_are_missing_or_in_another_order_are_found() {
    let lines = rotated().lines();
    let mut missing = lines.clone();
    missing.remove(1);
    let (breaks, report) = verify(&missing, &key(), None);
    assert_eq!(places(&breaks), [(2, 1, "missing")]);
    assert_eq!(report.verified, report.lines);
    let mut swapped = lines.clone();
    swapped.swap(0, 1);
    let (breaks, _) = verify(&swapped, &key(), None);
    assert_eq!(
        places(&breaks)[..2],
        [(2, 1, "other_chain"), (3, 1, "missing")]
    );
    let other = rotated().lines();
    let mixed = vec![lines[0].clone(), other[1].clone()];
    let (breaks, _) = verify(&mixed, &key(), None);
    assert!(!breaks.is_empty(), "two chains with one key");
    let (breaks, report) = verify(&lines, &ChainKey::new(&[8; 32]).unwrap(), None);
    assert!(
        breaks
            .iter()
            .all(|found| found.kind == ChainBreakKind::OtherKey)
    );
    assert_eq!((report.verified, report.head), (0, None));
    let (breaks, report) = verify(&Vec::new(), &key(), None);
    assert_eq!(breaks, []);
    assert!(!report.is_intact(), "nothing was verified");
}

#[test]
fn a_removed_end_is_found_by_what_was_expected() {
    let files = Files::new();
    files.write(9);
    let whole = files.lines();
    let (_, report) = files.verify();
    let head = report.head;
    let expect = |lines: &Lines| verify(lines, &key(), head);
    assert!(expect(&whole).1.is_intact(), "the control");
    let mut cut = whole.clone();
    cut[0].truncate(6);
    let (breaks, report) = expect(&cut);
    assert_eq!(breaks, [], "the rest is a valid chain");
    assert_eq!(report.expected_found, Some(false));
    assert!(!report.is_intact());
    // The server continues after the cut.
    fs::write(files.path(""), cut.concat().concat()).unwrap();
    files.write(9);
    let (breaks, report) = expect(&files.lines());
    assert_eq!(breaks, []);
    assert_eq!(report.expected_found, Some(false));
    // And the same without a cut.
    fs::write(files.path(""), whole.concat().concat()).unwrap();
    files.write(9);
    assert!(expect(&files.lines()).1.is_intact());
}

#[test]
fn a_crash_that_tears_a_line_is_recorded() {
    let whole = Files::new();
    whole.write(3);
    let lines = whole.lines().remove(0);
    for kept in [1, 30, lines[3].len() - 2] {
        let files = Files::new();
        let torn = [lines[..3].concat(), lines[3][..kept].to_vec()].concat();
        fs::write(files.path(""), torn).unwrap();
        files.write(2);
        let (breaks, report) = files.verify();
        let recorded = ChainBreakKind::Torn { recorded: true };
        assert_eq!(
            breaks,
            [ChainBreak {
                file: 1,
                line: 4,
                kind: recorded
            }],
            "{kept}"
        );
        assert_eq!((report.breaks, report.recorded_torn), (1, 1));
        assert_eq!(report.head.map(|head| head.seq()), Some(5));
        // The torn line is changed afterwards.
        let text = files.text("");
        let mut changed = files.lines();
        changed[0][3][0] ^= 1;
        assert_eq!(
            places(&verify(&changed, &key(), None).0),
            [(1, 4, "unchained")],
            "{text}"
        );
    }
    // A whole line without its end is no torn line.
    let files = Files::new();
    let bytes = lines.concat();
    fs::write(files.path(""), &bytes[..bytes.len() - 1]).unwrap();
    files.write(2);
    assert!(files.verify().1.is_intact());
    // A line that someone else has added is none either.
    fs::write(files.path(""), [&bytes[..], b"{\"time\":1}\n"].concat()).unwrap();
    files.write(2);
    assert_eq!(places(&files.verify().0), [(1, 5, "unchained")]);
}

#[test]
fn a_crash_that_tears_the_first_line_of_a_file_begins_no_other_chain() {
    for rest in ["", "{\"time\":18000000"] {
        let files = rotated();
        fs::write(files.path(""), rest).unwrap();
        files.write(2);
        let (breaks, report) = files.verify();
        let torn = if rest.is_empty() { 0 } else { 1 };
        assert_eq!(breaks.len(), torn, "{breaks:?}");
        let is_torn = |found: &ChainBreak| found.kind == ChainBreakKind::Torn { recorded: false };
        assert!(breaks.iter().all(is_torn), "{breaks:?}");
        assert_eq!(report.first_seq, Some(0));
    }
}

#[test]
fn a_torn_line_is_recorded_before_the_file_is_rotated() {
    let files = Files::new();
    files.write(3);
    let mut bytes = fs::read(files.path("")).unwrap();
    bytes.truncate(bytes.len() - 9);
    fs::write(files.path(""), bytes).unwrap();
    files.write_up_to(1, 1);
    assert_eq!(places(&files.verify().0), [(1, 4, "torn")]);
    assert_eq!(files.lines().len(), 2);
}

#[test]
fn a_file_without_this_chain_is_rotated_first() {
    let plain = Files::new();
    let file = JsonLines::open(plain.path("")).unwrap();
    file.record(&admitted());
    drop(file);
    let other = Files::new();
    let file = JsonLines::chained(other.path(""), ChainKey::new(&[8; 32]).unwrap()).unwrap();
    file.record(&admitted());
    drop(file);
    for files in [plain, other] {
        files.write(2);
        let lines = files.lines();
        assert_eq!(lines.len(), 2, "rotated once");
        let (breaks, report) = verify(&lines[1..].to_vec(), &key(), None);
        assert_eq!(breaks, []);
        assert_eq!(report.verified, 3);
        // It is not hidden that there was something else before.
        assert!(!files.verify().0.is_empty());
    }
}

#[cfg(unix)]
#[test]
fn a_chained_file_has_one_writer() {
    let files = Files::new();
    let file = files.builder().max_bytes(1).open().unwrap();
    file.record(&admitted());
    file.record(&admitted());
    let error = files.builder().open().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ResourceBusy);
    let expected = format!(
        "audit file {}: another writer has it open",
        files.path("").display()
    );
    assert!(error.to_string().starts_with(&expected), "{error}");
    drop(file);
    files.write(1);
    assert!(files.verify().1.is_intact());
}

#[test]
fn no_bytes_stop_the_verifier() {
    let lines = rotated().lines();
    let mut numbers = Numbers(7);
    for _ in 0..300 {
        let mut changed = lines[1].clone();
        for _ in 0..numbers.below(6) {
            let line = numbers.below(changed.len());
            let length = numbers.below(200);
            let random = (0..length)
                .map(|_| numbers.pick(b"{}\"\n,:0a\x00\xff"))
                .collect();
            match numbers.below(4) {
                0 => changed[line] = random,
                1 => changed[line].extend(random),
                2 => changed[line].truncate(length),
                _ => changed.insert(line, changed[numbers.below(changed.len())].clone()),
            }
        }
        let (breaks, report) = verify(&vec![changed.clone(), lines[2].clone()], &key(), None);
        assert!(report.verified <= report.lines);
        if changed != lines[1] {
            assert!(!breaks.is_empty());
        }
    }
    let highest = format!(
        "{{\"a\":1,\"chain.seq\":{},\"chain.hash\":\"{}\"}}\n",
        u64::MAX,
        "0".repeat(64)
    );
    let twice = vec![vec![highest.clone().into_bytes(), highest.into_bytes()]];
    assert_eq!(verify(&twice, &key(), None).0.len(), 2);
}
