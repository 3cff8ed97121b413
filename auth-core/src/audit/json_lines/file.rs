//! [`AuditFile`]: the current file, and the rotated ones beside it.

use std::fs::{remove_file, rename, symlink_metadata};
use std::io::{self, BufReader, ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::chain::{ChainKey, ChainWriter};
use super::open_file::{OpenFile, named};
use crate::support::private_file;

#[derive(Debug)]
pub(super) struct AuditFile {
    path: PathBuf,
    max_bytes: u64,
    max_age: Option<Duration>,
    kept: usize,
    open: OpenFile,
    /// A removed file that no line has reported yet.
    removed: Option<Removed>,
    chain: Option<ChainWriter>,
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
        let open = OpenFile::at(&path, chain.is_some())?;
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
        self.open = OpenFile::at(&self.path, self.chain.is_some())?;
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
    pub(super) fn swap(&mut self, file: std::fs::File) -> std::fs::File {
        std::mem::replace(&mut self.open.file, file)
    }
}

impl Drop for AuditFile {
    fn drop(&mut self) {
        self.log_head();
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

#[cfg(test)]
mod tests {
    use super::*;

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
