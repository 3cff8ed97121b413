//! [`OpenFile`]: the file that lines are appended to.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::chain::TornLine;
use crate::support::private_file;

/// The current file.
#[derive(Debug)]
pub(super) struct OpenFile {
    pub(super) file: File,
    pub(super) length: u64,
    /// The time of its first line, if known.
    pub(super) begun: Option<SystemTime>,
    /// Whether it ends in the middle of a line.
    pub(super) torn: bool,
}

impl OpenFile {
    /// Opens the file; with `alone`, only if no other writer has it open.
    pub(super) fn at(path: &Path, alone: bool) -> io::Result<Self> {
        let read = || {
            let mut file = private_file::append(path)?;
            if alone {
                lock(&file)?;
            }
            let length = file.metadata()?.len();
            // Enough for the first member of an event or a summary.
            let mut head = Vec::new();
            Read::by_ref(&mut file).take(64).read_to_end(&mut head)?;
            let mut last = [b'\n'];
            if length > 0 {
                file.seek(SeekFrom::End(-1))?;
                file.read_exact(&mut last)?;
            }
            Ok(Self {
                file,
                length,
                begun: time_of(&head),
                torn: last != [b'\n'],
            })
        };
        read().map_err(|error| named(path, &error))
    }

    pub(super) fn append(&mut self, line: &[u8], at: SystemTime) -> io::Result<()> {
        let written = self.write(line);
        if written.is_err() {
            // It is unknown how much was written, so the line may be incomplete.
            let length = self.file.metadata().map(|found| found.len());
            self.torn |= length.as_ref().map_or(true, |length| *length > self.length);
            self.length = length.unwrap_or(self.length).max(self.length);
        } else if self.begun.is_none() {
            self.begun = Some(at);
        }
        written
    }

    /// Removes what a failed write has left after the first `length` bytes, which end with a torn line or not. Returns
    /// what could not be removed.
    pub(super) fn undo(&mut self, length: u64, torn: bool) -> Option<TornLine> {
        if self.length <= length {
            return None;
        }
        if self.file.set_len(length).is_ok() {
            (self.length, self.torn) = (length, torn);
            return None;
        }
        // After the line end of the torn line.
        let start = length.saturating_add(u64::from(torn));
        self.file.seek(SeekFrom::Start(start)).ok()?;
        TornLine::read(&self.file).ok().flatten()
    }

    fn write(&mut self, line: &[u8]) -> io::Result<()> {
        if self.torn {
            self.file.write_all(b"\n")?;
            self.length = self.length.saturating_add(1);
            self.torn = false;
        }
        self.file.write_all(line)?;
        self.length = self.length.saturating_add(line.len() as u64);
        Ok(())
    }
}

/// Two writers of one file would each continue the chain after the same line.
fn lock(file: &File) -> io::Result<()> {
    #[cfg(unix)]
    {
        use rustix::fs::{FlockOperation, flock};
        flock(file, FlockOperation::NonBlockingLockExclusive).map_err(
            |error| match io::Error::from(error) {
                error if error.kind() == ErrorKind::WouldBlock => io::Error::new(
                    ErrorKind::ResourceBusy,
                    "another writer has it open: give each process a separate file",
                ),
                error => error,
            },
        )?;
    }
    #[cfg(not(unix))]
    let _ = file;
    Ok(())
}

/// The `time` at the start of a line.
fn time_of(line: &[u8]) -> Option<SystemTime> {
    let number = line.strip_prefix(br#"{"time":"#)?;
    let number = number.split(|byte| *byte == b',').next()?;
    let seconds: f64 = std::str::from_utf8(number).ok()?.parse().ok()?;
    UNIX_EPOCH.checked_add(Duration::try_from_secs_f64(seconds).ok()?)
}

/// The error, with the file that it is about.
pub(super) fn named(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(
        error.kind(),
        format!("audit file {}: {error}", path.display()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_was_written_in_part_is_ended_before_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, "12345").unwrap();
        // Bytes beyond the known length are those of the failed write.
        for (length, torn, expected) in [
            (5, false, (5, false)),
            (3, false, (5, true)),
            (5, true, (5, true)),
            (7, false, (7, false)),
        ] {
            let mut open = OpenFile {
                // Opened read-only: every write fails.
                file: File::open(&path).unwrap(),
                length,
                begun: None,
                torn,
            };
            open.append(b"line\n", UNIX_EPOCH).unwrap_err();
            assert_eq!((open.length, open.torn), expected, "{length} {torn}");
            assert_eq!(open.begun, None);
        }
    }

    #[test]
    fn what_a_failed_write_has_left_is_removed_or_known() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let torn = TornLine::read(&b"rest"[..]).unwrap();
        let open = |writable: bool, before: &str| {
            std::fs::write(&path, format!("{before}rest")).unwrap();
            OpenFile {
                file: match writable {
                    true => private_file::append(&path).unwrap(),
                    false => File::open(&path).unwrap(),
                },
                length: before.len() as u64 + 4,
                begun: None,
                torn: true,
            }
        };
        // Nothing was written.
        assert_eq!(open(true, "line\n").undo(9, false), None);
        for (before, length, was_torn) in [("line\n", 5, false), ("lin\n", 3, true)] {
            let mut writable = open(true, before);
            assert_eq!(writable.undo(length, was_torn), None);
            assert_eq!((writable.length, writable.torn), (length, was_torn));
            assert_eq!(std::fs::metadata(&path).unwrap().len(), length);
            let mut read_only = open(false, before);
            assert_eq!(read_only.undo(length, was_torn), torn, "{before:?}");
            assert!(read_only.torn);
        }
    }
}
