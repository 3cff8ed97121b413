//! [`AuditFile`]: the current file, and the rotated ones beside it.

use std::fs::{File, remove_file, rename, symlink_metadata};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::support::private_file;

#[derive(Debug)]
pub(super) struct AuditFile {
    path: PathBuf,
    max_bytes: u64,
    max_age: Option<Duration>,
    kept: usize,
    open: Open,
    /// A removed file that no line has reported yet.
    removed: Option<Removed>,
}

/// The current file.
#[derive(Debug)]
struct Open {
    file: File,
    length: u64,
    /// The time of its first line, if known.
    begun: Option<SystemTime>,
    /// Whether it ends in the middle of a line.
    torn: bool,
}

/// A file that was removed because of the limit of files.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Removed {
    /// Its name, without the folder.
    pub(super) name: String,
    /// How many lines it had, if it could be read.
    pub(super) lines: Option<u64>,
}

impl AuditFile {
    pub(super) fn open(
        path: PathBuf,
        max_bytes: u64,
        max_age: Option<Duration>,
        kept: usize,
    ) -> io::Result<Self> {
        let open = Open::at(&path)?;
        for older in (1..=kept).map(|number| numbered(&path, number)) {
            match private_file::read(&older) {
                Err(error) if error.kind() == ErrorKind::NotFound => break,
                other => other.map_err(|error| named(&older, &error))?,
            };
        }
        Ok(Self {
            path,
            max_bytes,
            max_age,
            kept,
            open,
            removed: None,
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether a line of `length` bytes fits.
    pub(super) fn has_room(&self, length: usize) -> bool {
        self.open.length.saturating_add(length as u64) <= self.max_bytes
    }

    /// Whether the file has to be rotated before a line of this length and time.
    pub(super) fn is_due(&self, length: usize, now: SystemTime) -> bool {
        let is_old = match (self.open.begun, self.max_age) {
            (Some(begun), Some(age)) => now.duration_since(begun).is_ok_and(|passed| passed >= age),
            _ => false,
        };
        // A line longer than the limit is the only one of its file.
        self.open.length > 0 && (is_old || !self.has_room(length))
    }

    /// Appends a line with this time, and before it the line about a removed file.
    pub(super) fn append(&mut self, line: &[u8], at: SystemTime) -> io::Result<()> {
        if let Some(head) = self.removed.as_ref().and_then(|removed| removed.line(at)) {
            self.open.append(&head, at)?;
            self.removed = None;
        }
        self.open.append(line, at)
    }

    /// Starts a new file. On an error, the current file stays in use.
    pub(super) fn rotate(&mut self) -> io::Result<()> {
        // The previous attempt moved it already, and could not open the next one: the others stay.
        if exists(&self.path)? {
            self.make_room()?;
        }
        self.open = Open::at(&self.path)?;
        Ok(())
    }

    /// Renames each file to the next number, up to the first number that is free. If none is free,
    /// the last file is removed. Links are renamed and removed, not followed.
    fn make_room(&mut self) -> io::Result<()> {
        let mut free = None;
        for number in 1..=self.kept {
            if !exists(&numbered(&self.path, number))? {
                free = Some(number);
                break;
            }
        }
        if free.is_none() {
            let last = match self.kept {
                0 => self.path.clone(),
                kept => numbered(&self.path, kept),
            };
            let lines = count_lines(&last).ok();
            remove_file(&last)?;
            let name = last.file_name().unwrap_or_default();
            self.removed = Some(Removed {
                name: name.to_string_lossy().into_owned(),
                lines,
            });
        }
        let free = free.unwrap_or(self.kept);
        for number in (1..free).rev() {
            rename(
                numbered(&self.path, number),
                numbered(&self.path, number + 1),
            )?;
        }
        if self.kept > 0 {
            rename(&self.path, numbered(&self.path, 1))?;
        }
        Ok(())
    }

    #[cfg(test)]
    pub(super) fn swap(&mut self, file: File) -> File {
        std::mem::replace(&mut self.open.file, file)
    }
}

impl Open {
    fn at(path: &Path) -> io::Result<Self> {
        let read = || {
            let mut file = private_file::append(path)?;
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

    fn append(&mut self, line: &[u8], at: SystemTime) -> io::Result<()> {
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

fn numbered(path: &Path, number: usize) -> PathBuf {
    let mut name = path.to_path_buf().into_os_string();
    name.push(format!(".{number}"));
    name.into()
}

/// Whether the name exists, even as a dangling link.
fn exists(path: &Path) -> io::Result<bool> {
    match symlink_metadata(path) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

fn count_lines(path: &Path) -> io::Result<u64> {
    let mut file = private_file::read(path)?;
    let mut lines = 0_u64;
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok(lines);
        }
        let ends = buffer.iter().take(read).filter(|byte| **byte == b'\n');
        lines = lines.saturating_add(ends.count() as u64);
    }
}

/// The `time` at the start of a line.
fn time_of(line: &[u8]) -> Option<SystemTime> {
    let number = line.strip_prefix(br#"{"time":"#)?;
    let number = number.split(|byte| *byte == b',').next()?;
    let seconds: f64 = std::str::from_utf8(number).ok()?.parse().ok()?;
    UNIX_EPOCH.checked_add(Duration::try_from_secs_f64(seconds).ok()?)
}

/// The error, with the file that it is about.
fn named(path: &Path, error: &io::Error) -> io::Error {
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
            let mut open = Open {
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
    fn an_unreadable_file_is_not_missing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        assert!(!exists(&path).unwrap());
        std::fs::write(&path, "").unwrap();
        assert!(exists(&path).unwrap());
        // The folder does not exist.
        exists(&path.join("file")).unwrap_err();
    }
}
