//! What follows a file: rotations and truncations, without waiting.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;

use examples::audit::{Tail, TailEvent};

const ALL: usize = usize::MAX;

fn append(path: &Path, text: &str) {
    let file = OpenOptions::new().append(true).create(true).open(path);
    file.unwrap().write_all(text.as_bytes()).unwrap();
}

/// Lines as they are, other events by their names.
fn shown(events: &[TailEvent]) -> String {
    let shown = events.iter().map(|event| match event {
        TailEvent::Line(line) => String::from_utf8_lossy(line).into_owned(),
        other => format!("{other:?}"),
    });
    shown.collect::<Vec<_>>().join(" ")
}

struct Files(tempfile::TempDir);

impl Files {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, suffix: &str) -> std::path::PathBuf {
        self.0.path().join(format!("audit.jsonl{suffix}"))
    }

    /// As the writer does it.
    fn rotate(&self, kept: usize) {
        for number in (1..kept).rev() {
            let _ = fs::rename(
                self.path(&format!(".{number}")),
                self.path(&format!(".{}", number + 1)),
            );
        }
        fs::rename(self.path(""), self.path(".1")).unwrap();
    }
}

#[test]
fn lines_come_when_they_are_whole() {
    let files = Files::new();
    let path = files.path("");
    let mut tail = Tail::open(&path, false).unwrap();
    assert_eq!(shown(&tail.poll(ALL).unwrap()), "", "it does not exist yet");
    append(&path, "1\n2");
    assert_eq!(shown(&tail.poll(ALL).unwrap()), "1");
    append(&path, "2\n3\n");
    assert_eq!(shown(&tail.poll(ALL).unwrap()), "22 3");
    let mut end = Tail::open(&path, false).unwrap();
    let mut start = Tail::open(&path, true).unwrap();
    append(&path, "4\n");
    assert_eq!(shown(&end.poll(ALL).unwrap()), "4");
    assert_eq!(shown(&start.poll(ALL).unwrap()), "1 22 3 4");
    append(&path, &format!("{}\n5\n", "x".repeat(1024 * 1024 + 1)));
    let mut found = Vec::new();
    // In parts.
    for _ in 0..20 {
        found.extend(end.poll(100_000).unwrap());
    }
    assert_eq!(shown(&found), "TooLong 5");
}

#[test]
fn no_line_is_lost_when_the_file_is_rotated() {
    let files = Files::new();
    let path = files.path("");
    append(&path, "0\n");
    let mut tail = Tail::open(&path, false).unwrap();
    append(&path, "1\n");
    files.rotate(3);
    // The writer still has the old file for a moment.
    append(&files.path(".1"), "2\n");
    assert_eq!(shown(&tail.poll(ALL).unwrap()), "1 2");
    append(&files.path(".1"), "3\n");
    append(&path, "4\n");
    assert_eq!(shown(&tail.poll(ALL).unwrap()), "3 Rotated 4");
    // Three rotations at once.
    append(&path, "5\n");
    files.rotate(3);
    append(&path, "6\n");
    files.rotate(3);
    append(&path, "7\n");
    files.rotate(3);
    append(&path, "8\n");
    assert_eq!(
        shown(&tail.poll(ALL).unwrap()),
        "5 Rotated 6 Rotated 7 Rotated 8"
    );
    // More than there are files: it is reported.
    for line in 9..14 {
        append(&path, &format!("{line}\n"));
        files.rotate(3);
    }
    append(&path, "14\n");
    let found = shown(&tail.poll(ALL).unwrap());
    assert_eq!(
        found,
        "9 Missed Rotated 11 Rotated 12 Rotated 13 Rotated 14"
    );
}

#[test]
fn a_truncated_file_is_read_from_its_beginning() {
    let files = Files::new();
    let path = files.path("");
    append(&path, "1\n2\n");
    let mut tail = Tail::open(&path, true).unwrap();
    assert_eq!(shown(&tail.poll(ALL).unwrap()), "1 2");
    append(&path, "half a line");
    assert_eq!(shown(&tail.poll(ALL).unwrap()), "");
    fs::write(&path, "3\n").unwrap();
    assert_eq!(shown(&tail.poll(ALL).unwrap()), "Truncated 3");
    fs::write(&path, "").unwrap();
    assert_eq!(shown(&tail.poll(ALL).unwrap()), "Truncated");
    append(&path, "4\n");
    assert_eq!(shown(&tail.poll(ALL).unwrap()), "4");
}
