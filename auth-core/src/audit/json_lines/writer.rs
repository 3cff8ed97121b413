//! [`Writer`]: writes to the file, and rotates it.

use std::io;
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use super::file::AuditFile;
use super::line::Record;
use super::share::Share;
use crate::audit::summary::Tally;
use crate::audit::{AuditSink, AuditSummary, AuthEvent, Omission};

/// The sink behind the sampler of [`JsonLines`](super::JsonLines).
#[derive(Debug)]
pub(super) struct Writer(Mutex<State>);

#[derive(Debug)]
struct State {
    file: AuditFile,
    unverified: Share,
    /// What could not be written.
    lost: Tally,
    writing: Trouble,
    rotating: Trouble,
}

/// Whether the last write failed, so that a full disk is logged once and not for each event.
#[derive(Debug, Default)]
struct Trouble {
    failing: bool,
}

impl Trouble {
    fn note<T>(&mut self, result: io::Result<T>, file: &AuditFile, message: &str) -> Option<T> {
        let was_failing = std::mem::replace(&mut self.failing, result.is_err());
        if let Err(error) = &result
            && !was_failing
        {
            tracing::error!(path = %file.path().display(), %error, "{message}");
        }
        result.ok()
    }
}

impl Writer {
    pub(super) fn new(file: AuditFile, max_bytes: u64) -> Self {
        Self(Mutex::new(State {
            file,
            unverified: Share::of(max_bytes),
            lost: Tally::default(),
            writing: Trouble::default(),
            rotating: Trouble::default(),
        }))
    }

    fn write(&self, record: Record<'_>) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.record(record);
    }
}

impl AuditSink for Writer {
    fn record(&self, event: &AuthEvent) {
        self.write(Record::Event(event));
    }

    fn summarize(&self, summary: &AuditSummary) {
        self.write(Record::Summary(summary));
    }
}

impl State {
    fn record(&mut self, record: Record<'_>) {
        let Some(line) = record.line() else {
            return;
        };
        let length = self.file.stored_length(line.len());
        if record.is_verified() {
            if self.file.is_due(length, record.at()) {
                self.rotate(record.at());
            }
            self.append(record, &line);
        } else if self.file.has_room(length) && self.unverified.take(length) {
            self.append(record, &line);
        } else if let Some(sum) = self.unverified.withhold(record) {
            let written = self.sum_up(&sum);
            self.unverified.spend_on_sums(written);
        }
    }

    fn rotate(&mut self, at: SystemTime) {
        if let Some(sum) = self.unverified.take_sum() {
            self.sum_up(&sum);
        }
        let rotated = self.file.rotate(at);
        let rotated = self
            .rotating
            .note(rotated, &self.file, "the audit file cannot be rotated");
        if rotated.is_some() {
            self.unverified.renew();
        }
    }

    /// Writes a summary regardless of the length of the file, and returns its length in bytes.
    fn sum_up(&mut self, summary: &AuditSummary) -> usize {
        let record = Record::Summary(summary);
        let line = record.line().unwrap_or_default();
        self.append(record, &line);
        self.file.stored_length(line.len())
    }

    fn append(&mut self, record: Record<'_>, line: &[u8]) {
        let written = self.file.append(line, record.at());
        let written = self
            .writing
            .note(written, &self.file, "the audit file cannot be written");
        if written.is_none() {
            record.add_to(&mut self.lost, Omission::WriteFailed);
        } else if let Some(lost) = self.lost.take() {
            self.sum_up(&lost);
        }
    }
}

impl Drop for State {
    fn drop(&mut self) {
        let left = [self.unverified.take_sum(), self.lost.take()];
        for sum in left.into_iter().flatten() {
            self.sum_up(&sum);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::tests::{admitted, refused};
    use std::fs::{self, File};
    use std::path::PathBuf;

    #[test]
    fn an_event_that_could_not_be_written_is_counted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.jsonl");
        let file = AuditFile::open(PathBuf::from(&path), 10_000, None, 1, None).unwrap();
        let writer = Writer::new(file, 10_000);
        let swap = |file| writer.0.lock().unwrap().file.swap(file);
        writer.record(&admitted());
        // Opened read-only: every write fails.
        let good = swap(File::open(&path).unwrap());
        for _ in 0..3 {
            writer.record(&admitted());
        }
        writer.record(&refused());
        let lines = || {
            let text = fs::read_to_string(&path).unwrap();
            let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
            lines.collect::<Vec<serde_json::Value>>()
        };
        assert_eq!(lines().len(), 1);
        drop(swap(good));
        writer.record(&admitted());
        let [_, _, sum] = &lines()[..] else {
            unreachable!("three lines, not {:?}", lines());
        };
        assert_eq!(sum["record"], "summary");
        assert_eq!(
            (&sum["verified"], &sum["unverified"]),
            (&3.into(), &1.into())
        );
        assert_eq!(sum["counts"][0]["omission"], "write_failed");
        // Once only.
        writer.record(&admitted());
        assert_eq!(lines().len(), 4);
        // If no event follows, it is written on close.
        let good = swap(File::open(&path).unwrap());
        writer.record(&admitted());
        drop(swap(good));
        drop(writer);
        assert_eq!(lines().len(), 5);
        assert_eq!(lines()[4]["verified"], 1);
    }

    #[test]
    fn a_failure_is_logged_once_until_it_ends() {
        use std::io::Write;
        use std::sync::{Arc, Mutex};
        #[derive(Clone, Default)]
        struct Log(Arc<Mutex<Vec<u8>>>);
        impl Write for Log {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                self.0.lock().unwrap().write(bytes)
            }

            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let log = Log::default();
        let written = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_writer(move || written.clone())
            .finish();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.jsonl");
        let file = AuditFile::open(path.clone(), 10_000, None, 1, None).unwrap();
        let writer = Writer::new(file, 10_000);
        let swap = |file| writer.0.lock().unwrap().file.swap(file);
        let trouble = || {
            let good = swap(File::open(&path).unwrap());
            for _ in 0..3 {
                writer.record(&admitted());
            }
            drop(swap(good));
            writer.record(&admitted());
        };
        // Met before there is a subscriber, or another thread could meet it first just then.
        trouble();
        tracing::subscriber::with_default(subscriber, || {
            trouble();
            trouble();
        });
        let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
        let lines: Vec<_> = log.lines().collect();
        assert_eq!(lines.len(), 2, "{log}");
        for line in lines {
            assert!(line.contains("the audit file cannot be written"), "{line}");
            assert!(line.contains(&path.display().to_string()), "{line}");
        }
    }
}
