use std::fs::{self, File};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

#[path = "../../../tests/support/logged.rs"]
mod logged;

use super::*;
use crate::support::{Clock, Sleep};

/// Accepts `name = <number>`.
fn load(text: &str) -> Result<u32, FileProblems> {
    let mut problems = FileProblems::default();
    let Some(number) = text
        .strip_prefix("name = ")
        .and_then(|it| it.strip_suffix('\n'))
    else {
        return Err(FileProblem::new("has no name: begin it with one").into());
    };
    match number.parse() {
        Ok(number) => return Ok(number),
        Err(error) => problems.push(FileProblem::at(text, 7, error)),
    }
    problems.push(FileProblem::at(text, text.len(), "is the end"));
    problems.into_result().map(|()| 0)
}

struct Harness {
    folder: tempfile::TempDir,
    path: PathBuf,
}

impl Harness {
    fn new(contents: impl AsRef<[u8]>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs::write(&path, contents).unwrap();
        Self { folder, path }
    }

    fn builder(&self) -> ReloadedBuilder<u32> {
        Reloaded::builder(&self.path)
    }

    fn open(&self) -> Reloaded<u32> {
        self.builder().open(load).unwrap()
    }

    /// Replaces the file by renaming another one.
    fn rename(&self, contents: impl AsRef<[u8]>) {
        let new = self.folder.path().join("new");
        fs::write(&new, contents).unwrap();
        fs::rename(&new, &self.path).unwrap();
    }

    fn shown(&self, error: &FileError) -> String {
        error.to_string().replace(self.path.to_str().unwrap(), "F")
    }
}

#[test]
fn a_mistake_has_line_and_column() {
    let text = "a\n\nüb = 1\n";
    for (offset, place) in [
        (0, (1, 1)),
        (1, (1, 2)),
        (2, (2, 1)),
        (3, (3, 1)),
        (4, (3, 2)),
        (5, (3, 2)),
        (6, (3, 3)),
        (11, (4, 1)),
        (usize::MAX, (4, 1)),
    ] {
        let problem = FileProblem::at(text, offset, "x");
        let found = (problem.line().unwrap(), problem.column().unwrap());
        assert_eq!(found, place, "{offset}");
    }
    assert_eq!(FileProblem::new("x").line(), None);
}

#[tokio::test]
async fn a_renamed_file_is_in_force_at_once_and_one_written_in_place_once_it_is_stable() {
    let file = Harness::new("name = 1\n");
    let value = file.open();
    assert_eq!((*value.current(), value.path()), (1, &*file.path));
    let first = value.version();
    assert_eq!(value.poll_once().await.unwrap(), Reload::Unchanged);

    file.rename("name = 2\n");
    let kept = value.current();
    assert_eq!(value.poll_once().await.unwrap(), Reload::Replaced);
    assert_eq!(
        (*kept, *value.current()),
        (1, 2),
        "a request keeps its version"
    );
    assert_ne!(value.version(), first);

    // While it is written, it passes through a text that is valid as well.
    for (contents, reload, in_force) in [
        ("", Reload::Changing, 2),
        ("name = 3\n", Reload::Changing, 2),
        ("name = 33\n", Reload::Changing, 2),
        ("name = 33\n", Reload::Replaced, 33),
        ("name = 33\n", Reload::Unchanged, 33),
        ("name = 4\n", Reload::Changing, 33),
        ("name = 33\n", Reload::Unchanged, 33),
    ] {
        fs::write(&file.path, contents).unwrap();
        assert_eq!(value.poll_once().await.unwrap(), reload, "{contents:?}");
        assert_eq!(*value.current(), in_force, "{contents:?}");
    }
    fs::write(&file.path, "name = 5\n").unwrap();
    assert_eq!(value.reload_now().await.unwrap(), Reload::Replaced);
    assert_eq!(*value.current(), 5, "at once, on request");
    file.rename("name = 1\n");
    assert_eq!(value.poll_once().await.unwrap(), Reload::Replaced);
    assert_eq!(value.version(), first, "the same contents, the same name");
}

#[tokio::test]
async fn a_faulty_file_keeps_the_old_version_in_force() {
    let long = format!("name = {}\n", "1".repeat(200));
    let rows: [(&str, &[u8], &str); 5] = [
        ("cut off", b"name = 2", "F has no name: begin it with one"),
        ("empty", b"", "F has no name: begin it with one"),
        (
            "two mistakes",
            b"name = x\n",
            "F:1:8: invalid digit found in string\nF:2:1: is the end",
        ),
        (
            "not utf-8",
            b"name = 2\n\xc3\xa9 \xff",
            "F:2:3: is not utf-8: save the file as utf-8",
        ),
        (
            "too long",
            long.as_bytes(),
            "F is longer than 100 bytes: shorten it, or raise max_bytes of the reader",
        ),
    ];
    for (name, contents, sentence) in rows {
        let file = Harness::new("name = 1\n");
        let value = file.builder().max_bytes(100).open(load).unwrap();
        file.rename(contents);
        for _ in 0..2 {
            let error = value.poll_once().await.unwrap_err();
            assert_eq!(file.shown(&error), sentence, "{name}");
            assert_eq!(format!("{error:?}"), error.to_string(), "{name}");
            assert_eq!(*value.current(), 1, "{name}");
        }
        let error = file.builder().max_bytes(100).open(load).unwrap_err();
        assert_eq!(file.shown(&error), sentence, "{name}, at start");
        file.rename("name = 7\n");
        assert_eq!(value.poll_once().await.unwrap(), Reload::Replaced, "{name}");
        assert_eq!(*value.current(), 7, "{name}");
    }
}

#[tokio::test]
async fn a_file_that_cannot_be_read_keeps_the_old_version_in_force() {
    let file = Harness::new("name = 1\n");
    let value = file.open();
    fs::remove_file(&file.path).unwrap();
    let error = value.poll_once().await.unwrap_err();
    assert_eq!(file.shown(&error), "F cannot be read");
    assert_eq!(error.problems().count(), 0);
    assert!(std::error::Error::source(&error).is_some());
    assert_eq!(*value.current(), 1);
    fs::create_dir(&file.path).unwrap();
    let error = format!("{:?}", value.poll_once().await.unwrap_err());
    assert!(
        error.ends_with(": is not a regular file: name a regular file"),
        "{error}"
    );
    fs::remove_dir(&file.path).unwrap();
    fs::write(&file.path, "name = 1\n").unwrap();
    assert_eq!(value.poll_once().await.unwrap(), Reload::Unchanged);
}

#[test]
fn the_limits_are_exact_and_not_zero() {
    let file = Harness::new("name = 1\n");
    assert!(
        file.builder().max_bytes(9).open(load).is_ok(),
        "the control"
    );
    assert!(file.builder().max_bytes(8).open(load).is_err());
    let error = file
        .builder()
        .poll_every(Duration::ZERO)
        .open(load)
        .unwrap_err();
    assert!(error.to_string().contains("poll_every"), "{error}");
}

#[cfg(unix)]
#[tokio::test]
async fn a_link_is_followed_and_a_pipe_does_not_block() {
    use std::os::unix::fs::symlink;
    let file = Harness::new("name = 1\n");
    let (link, next) = (
        file.folder.path().join("link"),
        file.folder.path().join("next"),
    );
    symlink(&file.path, &link).unwrap();
    let value = Reloaded::builder(&link).open(load).unwrap();
    fs::write(&next, "name = 2\n").unwrap();
    fs::remove_file(&link).unwrap();
    symlink(&next, &link).unwrap();
    assert_eq!(value.poll_once().await.unwrap(), Reload::Replaced);
    assert_eq!(*value.current(), 2);
    fs::remove_file(&link).unwrap();
    let made = std::process::Command::new("mkfifo").arg(&link).status();
    assert!(made.unwrap().success());
    assert!(value.poll_once().await.is_err());
    assert_eq!(*value.current(), 2);
}

/// Counts the waits, and ends each at once.
#[derive(Debug, Default, Clone)]
struct CountedWaits(Arc<AtomicUsize>);

impl Clock for CountedWaits {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }

    fn sleep(&self, wait: Duration) -> Sleep {
        assert_eq!(wait, Duration::from_secs(9));
        self.0.fetch_add(1, Ordering::SeqCst);
        Box::pin(tokio::task::yield_now())
    }
}

#[tokio::test]
async fn watching_reads_after_each_interval_until_the_last_handle_is_dropped() {
    let file = Harness::new("name = 1\n");
    let clock = CountedWaits::default();
    let builder = file.builder().clock(clock.clone());
    let value = builder
        .poll_every(Duration::from_secs(9))
        .open(load)
        .unwrap();
    let watch = tokio::spawn(value.watch());
    fs::write(&file.path, "name = 2\n").unwrap();
    while *value.current() != 2 {
        tokio::task::yield_now().await;
    }
    assert!(
        clock.0.load(Ordering::SeqCst) >= 2,
        "written in place: two readings"
    );
    file.rename("name =");
    let before = clock.0.load(Ordering::SeqCst);
    while clock.0.load(Ordering::SeqCst) < before + 3 {
        tokio::task::yield_now().await;
    }
    assert!(
        !watch.is_finished() && *value.current() == 2,
        "a faulty file does not end it"
    );
    drop(value);
    watch.await.unwrap();
}

#[tokio::test]
async fn a_reader_that_panics_keeps_the_old_version_in_force() {
    let file = Harness::new("name = 1\n");
    let value = file.builder().open(|text: &str| {
        assert!(!text.contains('2'), "a bug of the reader");
        load(text)
    });
    let value = value.unwrap();
    file.rename("name = 2\n");
    let error = value.poll_once().await.unwrap_err();
    assert!(error.to_string().contains("the reader panicked"), "{error}");
    file.rename("name = 3\n");
    assert_eq!(value.poll_once().await.unwrap(), Reload::Replaced);
    assert_eq!(*value.current(), 3);
    assert!(File::open(&file.path).is_ok());
}

#[test]
fn each_version_is_logged_once_whether_faulty_or_not() {
    logged::begin();
    let file = Harness::new("name = 1\n");
    let value = file.open();
    for (contents, marker, expected) in [
        ("name = x\n", "the old version", 1),
        ("name = x\n", "the old version", 0),
        ("name = 2\n", "a new version", 1),
        ("name = 2\n", "a new version", 0),
        ("name = x\n", "the old version", 1),
        ("", "the old version", 1),
    ] {
        file.rename(contents);
        let _ = value.0.read(true);
        let log = logged::text();
        assert_eq!(log.matches(marker).count(), expected, "{contents:?}: {log}");
        if marker == "a new version" && expected == 1 {
            assert!(log.contains(&value.version()), "{log}");
        }
        if contents.contains('x') && expected == 1 {
            assert!(log.contains("file:1:8: invalid digit"), "{log}");
        }
    }
}
