//! What is in the files after calls of callers and floods of others.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::audit::json_lines::*;
use crate::audit::tests::{admitted, later, refused};
use crate::audit::{AuthDecision, Omission, Queued};
use crate::error::Excerpt;
use crate::verifier::InvalidReason;
use crate::wire::Refusal;

/// A folder with a file of audit lines, and the older ones.
struct Files(TempDir);

impl Files {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("audit.jsonl")
    }

    fn builder(&self, max_bytes: u64) -> JsonLinesBuilder {
        JsonLines::builder(self.path()).max_bytes(max_bytes).keep(3)
    }

    /// The names of all files, without what they begin with.
    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.0.path()).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.map(|name| name.replace("audit.jsonl", "")).collect();
        names.sort();
        names
    }

    fn text(&self, suffix: &str) -> String {
        let name = format!("audit.jsonl{suffix}");
        fs::read_to_string(self.0.path().join(name)).unwrap()
    }

    fn lines(&self, suffix: &str) -> Vec<Value> {
        let text = self.text(suffix);
        let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
        lines.collect()
    }

    /// All lines, the oldest file first.
    fn all(&self) -> Vec<Value> {
        let names = self.names().into_iter().rev();
        names.flat_map(|suffix| self.lines(&suffix)).collect()
    }
}

/// How many lines are of admitted calls, of events without a verified caller, and of something
/// else.
fn kinds(lines: &[Value]) -> (usize, usize, usize) {
    let of = |which: fn(&Value) -> bool| lines.iter().filter(|line| which(line)).count();
    (
        of(|line| line["auth.decision"] == "admitted"),
        of(|line| line["auth.decision"].is_string() && line["user.id"].is_null()),
        of(|line| line["record"].is_string()),
    )
}

/// How many events without a verified caller the lines stand for, counted by themselves or in sums.
fn accounted(lines: &[Value]) -> u64 {
    let sums = lines.iter().filter_map(|line| line["unverified"].as_u64());
    kinds(lines).1 as u64 + sums.sum::<u64>()
}

fn of(refusal: impl Into<Refusal>) -> AuthEvent {
    AuthEvent {
        decision: AuthDecision::Refused(refusal.into()),
        ..refused()
    }
}

fn evil() -> Excerpt {
    Excerpt::new(b"evil.example", 128)
}

/// Floods of events that need no token, each of another kind.
fn floods() -> Vec<(&'static str, Vec<AuthEvent>)> {
    let mixed = InvalidReason::ALL.iter().map(|reason| of(*reason));
    let mixed = mixed.chain([
        of(Refusal::NoCredentials),
        of(Refusal::HostNotAllowed(evil())),
    ]);
    vec![
        ("no token", vec![of(Refusal::NoCredentials)]),
        ("bad tokens", vec![of(InvalidReason::BadSignature)]),
        (
            "malformed headers",
            vec![of(crate::token::MalformedCredentials::SeveralHeaders)],
        ),
        ("foreign hosts", vec![of(Refusal::HostNotAllowed(evil()))]),
        (
            "foreign origins",
            vec![of(Refusal::OriginNotAllowed(evil()))],
        ),
        (
            "public calls",
            vec![AuthEvent {
                decision: AuthDecision::Public,
                ..refused()
            }],
        ),
        ("all kinds in turn", mixed.collect()),
    ]
}

#[test]
fn an_event_is_a_line() {
    let files = Files::new();
    let file = files.builder(10_000).open().unwrap();
    file.record(&admitted());
    file.record(&AuthEvent {
        late: true,
        ..refused()
    });
    file.record(&of(Refusal::HostNotAllowed(Excerpt::new(b"a\"b", 128))));
    let hash = admitted().token_id_hash().unwrap();
    let common = r#""auth.resource":"https://mcp.example/mcp","http.request.method":"POST","url.path":"/mcp""#;
    let expected = [
        format!(
            concat!(
                r#"{{"time":1800000000.25,"auth.decision":"admitted",{},"auth.issuer":"https://id.example","#,
                r#""user.id":"usr_1","auth.client_id":"c_1","auth.organization":"org_1","#,
                r#""auth.batch":"tools/call \"add\", tools/list","auth.token.id_hash":"{}","#,
                r#""http.request.header.x-request-id":"r-1","auth.decision.duration":0.0015}}"#,
            ),
            common, hash
        ),
        format!(
            r#"{{"time":1800000000.25,"auth.decision":"invalid_token","error.type":"expired",{common},"auth.decision.duration":0.0015,"auth.decision.late":true}}"#
        ),
        format!(
            r#"{{"time":1800000000.25,"auth.decision":"host_not_allowed","error.type":"host_not_allowed",{common},"auth.rejected":"a\\x22b","auth.decision.duration":0.0015}}"#
        ),
    ];
    let text = files.text("");
    assert_eq!(text.lines().collect::<Vec<_>>(), expected);
    assert!(!text.contains("marker"), "{text}");
}

#[test]
fn a_file_is_rotated_by_size_and_its_end_leaves_a_line() {
    let files = Files::new();
    let length = {
        let probe = Files::new();
        JsonLines::open(probe.path()).unwrap().record(&admitted());
        probe.text("").len() as u64
    };
    // Opened anew each time: what is there counts.
    let write = |times: usize| {
        let file = files.builder(3 * length).keep(2).open().unwrap();
        for _ in 0..times {
            file.record(&admitted());
        }
    };
    write(3);
    assert_eq!(files.names(), [""]);
    write(1);
    assert_eq!(files.names(), ["", ".1"]);
    assert_eq!(kinds(&files.lines("")), (1, 0, 0));
    assert_eq!(kinds(&files.lines(".1")), (3, 0, 0));
    write(3);
    assert_eq!(files.names(), ["", ".1", ".2"]);
    assert_eq!(kinds(&files.all()), (7, 0, 0));
    write(2);
    assert_eq!(files.names(), ["", ".1", ".2"]);
    write(1);
    assert_eq!(files.names(), ["", ".1", ".2"], "the oldest went");
    let lines = files.lines("");
    assert_eq!(
        lines[0],
        json!({
            "time": 1_800_000_000.251_5,
            "record": "file_removed",
            "file": "audit.jsonl.2",
            "lines": 3,
        })
    );
    assert_eq!(kinds(&lines), (1, 0, 1));
    assert_eq!(kinds(&files.all()), (7, 0, 1));
}

#[test]
fn without_older_files_the_file_begins_anew() {
    let files = Files::new();
    let file = files.builder(1).keep(0).open().unwrap();
    for _ in 0..3 {
        file.record(&admitted());
    }
    assert_eq!(files.names(), [""]);
    let lines = files.lines("");
    assert_eq!(lines[0]["file"], "audit.jsonl");
    assert_eq!(lines[0]["lines"], 2, "itself the line of the one before");
    assert_eq!(kinds(&lines), (1, 0, 1));
}

#[test]
fn a_gap_among_the_older_files_is_filled_first() {
    let files = Files::new();
    for name in ["audit.jsonl.1", "audit.jsonl.3", "audit.jsonl.4"] {
        fs::write(
            files.0.path().join(name),
            format!("{{\"was\":\"{name}\"}}\n"),
        )
        .unwrap();
    }
    // As many as there are numbers: no loop may run that far.
    let file = files.builder(1).keep(usize::MAX).open().unwrap();
    for _ in 0..2 {
        file.record(&admitted());
    }
    assert_eq!(files.names(), ["", ".1", ".2", ".3", ".4"]);
    assert_eq!(files.lines(".2")[0]["was"], "audit.jsonl.1");
    assert_eq!(files.lines(".3")[0]["was"], "audit.jsonl.3");
    file.record(&admitted());
    assert_eq!(files.lines(".5")[0]["was"], "audit.jsonl.4");
}

#[test]
fn a_file_is_rotated_by_age() {
    const DAY: u64 = 24 * 60 * 60;
    let files = Files::new();
    let open = || {
        let builder = files.builder(1_000_000);
        builder.max_age(Duration::from_secs(DAY)).open().unwrap()
    };
    let file = open();
    file.record(&admitted());
    file.record(&later(admitted(), DAY - 1));
    assert_eq!(files.names(), [""]);
    drop(file);
    // The age is that of the first line, also for a file that was there before.
    let file = open();
    file.record(&later(admitted(), DAY - 1));
    assert_eq!(files.names(), [""]);
    file.record(&later(admitted(), DAY + 1));
    assert_eq!(files.names(), ["", ".1"]);
    assert_eq!(kinds(&files.lines("")), (1, 0, 0));
    file.record(&later(admitted(), 2 * DAY));
    assert_eq!(files.names(), ["", ".1"]);
    file.record(&later(admitted(), 2 * DAY + 1));
    assert_eq!(files.names(), ["", ".1", ".2"]);
    // A clock that was set back makes nothing old.
    file.record(&admitted());
    assert_eq!(files.names(), ["", ".1", ".2"]);
}

#[test]
fn no_flood_costs_the_line_of_a_caller() {
    const FLOOD: u64 = 300_000;
    for (name, flood) in floods() {
        let files = Files::new();
        let age = Duration::from_secs(60 * 60);
        let file = files.builder(100_000).max_age(age).open().unwrap();
        file.record(&admitted());
        assert_eq!(kinds(&files.lines("")), (1, 0, 0), "the control");
        // A day of it: older than a file may become.
        for (number, event) in (0..FLOOD).zip(flood.iter().cycle()) {
            file.record(&later(event.clone(), number * 86_400 / FLOOD));
        }
        assert_eq!(files.names(), [""], "{name}");
        let lines = files.lines("");
        assert_eq!(kinds(&lines).0, 1, "{name}");
        assert_eq!(lines[0]["auth.decision"], "admitted", "{name}");
        drop(file);
        let lines = files.lines("");
        assert_eq!(accounted(&lines), FLOOD, "{name}");
        let (_, in_full, sums) = kinds(&lines);
        assert!((20..400).contains(&in_full), "{name}: {in_full}");
        assert!(sums <= 64 + 50, "{name}: {sums}");
        // An eighth, another for sums that ends within a line of all kinds, and the last sum.
        let length = files.text("").len();
        assert!(length < 100_000 / 4 + 2 * 8_000, "{name}: {length}");
    }
}

#[test]
fn a_flood_between_calls_leaves_them_most_of_each_file() {
    const CALLS: usize = 600;
    let calls_in_first_file = |flood: &[AuthEvent]| {
        let files = Files::new();
        let file = files.builder(100_000).keep(50).open().unwrap();
        let mut sent = 0;
        for call in 0..CALLS {
            for event in flood {
                for _ in 0..50 {
                    file.record(&later(event.clone(), call as u64));
                    sent += 1;
                }
            }
            file.record(&later(admitted(), call as u64));
        }
        drop(file);
        let lines = files.all();
        assert_eq!(kinds(&lines).0, CALLS);
        assert_eq!(accounted(&lines), sent);
        let first = files.names().last().unwrap().clone();
        kinds(&files.lines(&first)).0
    };
    let alone = calls_in_first_file(&[]);
    assert!(alone > 100, "{alone}");
    for (name, flood) in floods() {
        let beside = calls_in_first_file(flood.get(..1).unwrap());
        assert!(beside * 100 >= alone * 70, "{name}: {beside} of {alone}");
    }
}

#[test]
fn a_flood_is_summed_up_in_the_file_that_is_rotated_and_in_the_next() {
    let files = Files::new();
    let file = files.builder(6_000).open().unwrap();
    let flood = |from: u64| {
        for second in from..from + 600 {
            for _ in 0..50 {
                file.record(&later(refused(), second));
            }
        }
    };
    flood(0);
    assert_eq!(files.names(), [""]);
    // Of the last window that ended.
    let before = accounted(&files.lines(""));
    for _ in 0..30 {
        file.record(&later(admitted(), 600));
        if files.names().len() > 1 {
            break;
        }
    }
    let rotated = files.lines(".1");
    assert_eq!(rotated.last().unwrap()["record"], "summary");
    assert!(accounted(&rotated) > before);
    // The share of the new file is a new one.
    assert_eq!(kinds(&files.lines("")).1, 0);
    flood(700);
    assert_eq!(kinds(&files.lines("")).1, 3, "750 bytes of it");
    drop(file);
    assert_eq!(accounted(&files.all()), 60_000);
}

#[test]
fn the_sum_comes_with_the_next_window_and_when_the_file_is_closed() {
    let files = Files::new();
    let file = files.builder(1_000_000).open().unwrap();
    for second in 0..59 {
        file.record(&later(refused(), second));
    }
    assert_eq!(kinds(&files.lines("")), (0, 20, 0));
    file.record(&later(admitted(), 60));
    let lines = files.lines("");
    assert_eq!(kinds(&lines), (1, 20, 1));
    assert_eq!(
        lines[20],
        json!({
            "time": 1_800_000_058.251_5,
            "record": "summary",
            "since": 1_800_000_020.251_5,
            "until": 1_800_000_058.251_5,
            "verified": 0,
            "unverified": 39,
            "counts": [{
                "omission": "sampled",
                "verified": false,
                "auth.resource": "https://mcp.example/mcp",
                "auth.decision": "invalid_token",
                "error.type": "expired",
                "count": 39,
            }],
        })
    );
    for _ in 0..21 {
        file.record(&later(refused(), 61));
    }
    assert_eq!(kinds(&files.lines("")), (1, 40, 1));
    drop(file);
    let lines = files.lines("");
    assert_eq!(kinds(&lines), (1, 40, 2));
    assert_eq!(accounted(&lines), 80);
}

#[test]
fn the_number_of_lines_in_full_can_be_set() {
    for (limit, expected) in [(0, 1), (1, 1), (30, 30)] {
        let files = Files::new();
        let file = files.builder(1_000_000).unverified_per_minute(limit);
        let file = file.open().unwrap();
        for _ in 0..100 {
            file.record(&refused());
        }
        assert_eq!(kinds(&files.lines("")), (0, expected, 0), "{limit}");
    }
}

#[test]
fn a_restart_does_not_let_a_flood_fill_the_file() {
    let files = Files::new();
    for run in 0..20 {
        let file = files.builder(10_000).open().unwrap();
        if run == 0 {
            file.record(&admitted());
        }
        for second in 0..600 {
            file.record(&later(refused(), run * 1000 + second));
        }
    }
    assert_eq!(files.names(), [""]);
    let lines = files.lines("");
    assert_eq!(lines[0]["auth.decision"], "admitted");
    assert_eq!(accounted(&lines), 12_000);
    assert_eq!(kinds(&lines).0, 1);
}

#[test]
fn what_a_queue_dropped_leaves_a_line() {
    let files = Files::new();
    let mut tally = crate::audit::summary::Tally::default();
    tally.add(&admitted(), Omission::QueueFull);
    tally.add(&refused(), Omission::QueueFull);
    let dropped = tally.take().unwrap();
    let file = Queued::new(files.builder(10_000).open().unwrap(), 10).unwrap();
    file.record(&admitted());
    file.summarize(&dropped);
    file.record(&admitted());
    drop(file);
    let lines = files.lines("");
    assert_eq!(kinds(&lines), (2, 0, 1));
    let sum = &lines[1];
    assert_eq!(
        (&sum["verified"], &sum["unverified"]),
        (&1.into(), &1.into())
    );
    let omissions = sum["counts"].as_array().unwrap();
    assert!(
        omissions
            .iter()
            .all(|count| count["omission"] == "queue_full")
    );
}

#[test]
fn the_loss_of_a_callers_event_is_written_though_the_share_is_used_up() {
    let files = Files::new();
    let file = files.builder(400).open().unwrap();
    // The share is fifty bytes: the first is a sum already.
    for _ in 0..3 {
        file.record(&refused());
    }
    let lines = files.lines("").len();
    let mut tally = crate::audit::summary::Tally::default();
    tally.add(&refused(), Omission::QueueFull);
    let others = tally.take().unwrap();
    tally.add(&admitted(), Omission::QueueFull);
    file.summarize(&tally.take().unwrap());
    assert_eq!(files.lines("").last().unwrap()["verified"], 1);
    assert_eq!(files.names(), ["", ".1"], "it is a line as that of a call");
    assert!(files.lines(".1").len() >= lines);
    // Others' losses never rotate a file.
    for _ in 0..100 {
        file.summarize(&others);
    }
    assert_eq!(files.names(), ["", ".1"]);
    drop(file);
    assert_eq!(accounted(&files.all()), 103);
}

#[test]
fn a_file_that_could_not_be_opened_again_costs_no_older_one() {
    let files = Files::new();
    let file = files.builder(1).open().unwrap();
    for _ in 0..3 {
        file.record(&admitted());
    }
    assert_eq!(files.names(), ["", ".1", ".2"]);
    // Renamed, and not made anew.
    fs::rename(files.path(), files.0.path().join("aside")).unwrap();
    file.record(&admitted());
    assert_eq!(
        files.names(),
        ["", ".1", ".2", "aside"],
        "nothing was moved"
    );
}

#[test]
fn a_file_that_cannot_be_rotated_goes_on() {
    let outer = tempfile::tempdir().unwrap();
    let (folder, aside) = (outer.path().join("a"), outer.path().join("b"));
    fs::create_dir(&folder).unwrap();
    let file = JsonLines::builder(folder.join("audit.jsonl")).max_bytes(1);
    let file = file.open().unwrap();
    file.record(&admitted());
    fs::rename(&folder, &aside).unwrap();
    // There is no folder for a new file.
    for _ in 0..2 {
        file.record(&admitted());
    }
    let text = fs::read_to_string(aside.join("audit.jsonl")).unwrap();
    assert_eq!(text.lines().count(), 3);
    // Once there is one, it is rotated.
    fs::create_dir(&folder).unwrap();
    file.record(&admitted());
    let text = fs::read_to_string(folder.join("audit.jsonl")).unwrap();
    assert_eq!(text.lines().count(), 1);
}

#[test]
fn a_half_line_of_a_crash_spoils_no_other() {
    let files = Files::new();
    fs::write(files.path(), "{\"time\":1800000000.0,\"outc").unwrap();
    let file = files.builder(10_000).open().unwrap();
    file.record(&admitted());
    file.record(&admitted());
    let text = files.text("");
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 3, "{text}");
    for line in lines.iter().skip(1) {
        serde_json::from_str::<Value>(line).unwrap();
    }
}

#[test]
fn settings_that_can_only_be_mistakes_are_refused() {
    let files = Files::new();
    let builder = || files.builder(1);
    builder().open().unwrap();
    for (name, builder, expected) in [
        ("no bytes", builder().max_bytes(0), "max_bytes is 0"),
        ("no age", builder().max_age(Duration::ZERO), "max_age is 0"),
    ] {
        let error = builder.open().unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput, "{name}");
        assert!(error.to_string().contains(expected), "{name}: {error}");
    }
    let short = builder().max_age(Duration::from_nanos(1));
    short.open().unwrap();
}

#[cfg(unix)]
#[test]
fn links_and_foreign_files_are_refused_by_name() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let files = Files::new();
    let mode = |suffix: &str| {
        let name = format!("audit.jsonl{suffix}");
        let found = fs::metadata(files.0.path().join(name)).unwrap();
        found.permissions().mode() & 0o777
    };
    let open = || files.builder(1).open();
    let victim = files.0.path().join("victim");
    fs::write(&victim, "{}\n").unwrap();
    for suffix in ["", ".1", ".2", ".3"] {
        // The control: a regular file that others can read.
        let path = files.0.path().join(format!("audit.jsonl{suffix}"));
        fs::write(&path, "{}\n").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        open().unwrap();
        assert_eq!(mode(suffix), 0o600, "{suffix}");
        fs::remove_file(&path).unwrap();
        symlink(&victim, &path).unwrap();
        let error = open().unwrap_err().to_string();
        let named = format!("audit file {}: is a symbolic link", path.display());
        assert!(error.starts_with(&named), "{error}");
        fs::remove_file(&path).unwrap();
        // For the next turn there is one that is good.
        fs::write(&path, "{}\n").unwrap();
    }
    assert_eq!(fs::read_to_string(&victim).unwrap(), "{}\n");
    // One beyond those that are kept is none of ours.
    symlink(&victim, files.0.path().join("audit.jsonl.4")).unwrap();
    open().unwrap();
}

#[cfg(unix)]
#[test]
fn a_link_that_is_put_there_later_is_not_followed() {
    use std::os::unix::fs::symlink;
    let files = Files::new();
    let victim = files.0.path().join("victim");
    fs::write(&victim, "").unwrap();
    let file = files.builder(1).keep(2).open().unwrap();
    file.record(&admitted());
    file.record(&admitted());
    symlink(&victim, files.0.path().join("audit.jsonl.2")).unwrap();
    // In the place of the file itself, too.
    fs::rename(files.path(), files.0.path().join("aside")).unwrap();
    symlink(&victim, files.path()).unwrap();
    file.record(&admitted());
    assert_eq!(files.lines("")[0]["record"], "file_removed");
    assert_eq!(files.lines("")[0]["lines"], Value::Null);
    assert_eq!(kinds(&files.lines("")).0, 1);
    assert_eq!(fs::read_to_string(&victim).unwrap(), "");
    assert!(fs::symlink_metadata(files.path()).unwrap().is_file());
}
