//! [`AuditFile`]: the current file, and the rotated ones beside it.

use std::fs::{File, remove_file, rename, symlink_metadata};
use std::io::{self, BufReader, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::chain::{ChainKey, ChainWriter, TornLine};
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
    chain: Option<ChainWriter>,
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
        chain: Option<ChainKey>,
    ) -> io::Result<Self> {
        let chain = chain.map(ChainWriter::new);
        let open = Open::at(&path, chain.is_some())?;
        for older in (1..=kept).map(|number| numbered(&path, number)) {
            match private_file::read(&older) {
                Err(error) if error.kind() == ErrorKind::NotFound => break,
                other => other.map_err(|error| named(&older, &error))?,
            };
        }
        let mut file = Self {
            path,
            max_bytes,
            max_age,
            kept,
            open,
            removed: None,
            chain,
        };
        file.resume_chain()?;
        Ok(file)
    }

    /// Continues the chain of the current file, or that of the newest one before it. A file without a line of a chain
    /// with this key is rotated, so that the chain has files of its lines alone.
    fn resume_chain(&mut self) -> io::Result<()> {
        let Some(chain) = &mut self.chain else {
            return Ok(());
        };
        let mut breaks = 0;
        if self.open.length > 0 {
            self.open.file.seek(SeekFrom::Start(0))?;
            let resumed = chain.resume(BufReader::new(&self.open.file), true);
            breaks = resumed.map_err(|error| named(&self.path, &error))?;
        }
        let is_foreign = self.open.length > 0 && chain.head().is_none();
        // The newest of the rotated files that has lines of this chain.
        for older in (1..=self.kept).map(|number| numbered(&self.path, number)) {
            if chain.head().is_some() || !exists(&older)? {
                break;
            }
            let resumed = private_file::read(&older)
                .and_then(|file| chain.resume(BufReader::new(file), false));
            breaks = resumed.map_err(|error| named(&older, &error))?;
        }
        if chain.head().is_some() && breaks > 0 {
            let path = self.path.display();
            tracing::error!(%path, breaks, "the chain of the audit file is broken: verify it");
        }
        self.log_head();
        if is_foreign {
            self.begin_file()
                .map_err(|error| named(&self.path, &error))?;
        }
        Ok(())
    }

    /// Logs the last line of the chain: from a log that is kept elsewhere, it shows whether the end of a file was removed.
    fn log_head(&self) {
        if let Some(head) = self.chain.as_ref().and_then(ChainWriter::head) {
            tracing::info!(path = %self.path.display(), %head, "the last line of the chain of the audit file");
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// How many bytes a line of `length` bytes takes in the file, at most.
    pub(super) fn stored_length(&self, length: usize) -> usize {
        let chained = self.chain.as_ref().map_or(0, |_| ChainWriter::LONGEST);
        length.saturating_add(chained)
    }

    /// Whether a line that takes `length` bytes fits.
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

    /// Appends a line with this time, and before it those of the chain, and the line about a removed file.
    pub(super) fn append(&mut self, line: &[u8], at: SystemTime) -> io::Result<()> {
        while let Some(record) = self.chain_record(at)? {
            self.append_sealed(&record, at)?;
        }
        if let Some(head) = self.removed.as_ref().and_then(|removed| removed.line(at)) {
            self.append_sealed(&head, at)?;
            self.removed = None;
        }
        self.append_sealed(line, at)
    }

    fn chain_record(&self, at: SystemTime) -> io::Result<Option<Vec<u8>>> {
        self.chain.as_ref().map_or(Ok(None), |chain| chain.due(at))
    }

    fn append_sealed(&mut self, line: &[u8], at: SystemTime) -> io::Result<()> {
        let Some(chain) = &mut self.chain else {
            return self.open.append(line, at);
        };
        let (sealed, head) = chain.seal(line);
        let (length, torn) = (self.open.length, self.open.torn);
        let written = self.open.append(&sealed, at);
        match &written {
            Ok(()) => chain.advance(head),
            Err(_) => {
                if let Some(torn) = self.open.undo(length, torn) {
                    chain.end_torn(torn);
                }
            }
        }
        written
    }

    /// Starts a new file. On an error, the current file stays in use. What the current one still needs has this time.
    pub(super) fn rotate(&mut self, at: SystemTime) -> io::Result<()> {
        if self.chain.as_ref().is_some_and(ChainWriter::is_torn)
            && let Some(record) = self.chain_record(at)?
        {
            self.append_sealed(&record, at)?;
        }
        self.begin_file()
    }

    fn begin_file(&mut self) -> io::Result<()> {
        // The previous attempt moved it already, and could not open the next one: the others stay.
        if exists(&self.path)? {
            self.make_room()?;
        }
        self.open = Open::at(&self.path, self.chain.is_some())?;
        if let Some(chain) = &mut self.chain {
            chain.begin_file();
        }
        self.log_head();
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

impl Drop for AuditFile {
    fn drop(&mut self) {
        self.log_head();
    }
}

impl Open {
    /// Opens the file; with `alone`, only if no other writer has it open.
    fn at(path: &Path, alone: bool) -> io::Result<Self> {
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

    /// Removes what a failed write has left after the first `length` bytes, which end with a torn line or not. Returns
    /// what could not be removed.
    fn undo(&mut self, length: u64, torn: bool) -> Option<TornLine> {
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
    fn what_a_failed_write_has_left_is_removed_or_known() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let torn = TornLine::read(&b"rest"[..]).unwrap();
        let open = |writable: bool, before: &str| {
            std::fs::write(&path, format!("{before}rest")).unwrap();
            Open {
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
