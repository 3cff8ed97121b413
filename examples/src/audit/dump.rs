//! Logins in a file: one row of the API in each line, the oldest first.

use std::fs::{File, remove_file, rename};
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use auth_core::support::private_file;

use super::audit_error::AuditError;
use super::input::Input;
use super::joiner::Logins;
use super::login::Row;

/// How much of a file is read at once.
const BLOCK: u64 = 64 * 1024;

/// The logins of a dump. Rows of other resources are skipped, and so are rows that are no logins.
pub(super) fn read(path: PathBuf, resource: Option<String>) -> Logins {
    let mut input = Input::of(vec![path]);
    Box::new(std::iter::from_fn(move || {
        loop {
            match input.next_line() {
                Ok(Some(line)) => {
                    if let Row::Login(login) = Row::read(line, resource.as_deref()) {
                        return Some(Ok(login));
                    }
                }
                Ok(None) => return None,
                Err(error) => return Some(Err(error)),
            }
        }
    }))
}

/// Writes a dump from rows that come newest first. Only its owner can read it; it appears when it is complete.
pub(super) struct DumpWriter {
    path: PathBuf,
    part: Part,
    rows: BufWriter<File>,
}

impl DumpWriter {
    pub(super) fn create(path: &Path) -> Result<Self, AuditError> {
        let (part, file) = Part::create(path, "rows")?;
        Ok(Self {
            path: path.to_owned(),
            part,
            rows: BufWriter::new(file),
        })
    }

    pub(super) fn add(&mut self, row: &str) -> Result<(), AuditError> {
        writeln!(self.rows, "{row}").map_err(AuditError::file(&self.part.0))
    }

    /// Replaces the file at the path by the rows, the oldest first.
    pub(super) fn finish(self) -> Result<(), AuditError> {
        let failed = AuditError::file(&self.path);
        let mut newest_first = self
            .rows
            .into_inner()
            .map_err(|error| failed(error.into_error()))?;
        let (part, file) = Part::create(&self.path, "new")?;
        let mut file = BufWriter::new(file);
        reverse(&mut newest_first, &mut file).map_err(&failed)?;
        file.flush().map_err(&failed)?;
        rename(&part.0, &self.path).map_err(&failed)
    }
}

/// A file that is removed unless it was renamed.
struct Part(PathBuf);

impl Part {
    fn create(path: &Path, suffix: &str) -> Result<(Self, File), AuditError> {
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}.{suffix}", std::process::id()));
        let path = path.with_file_name(name);
        let failed = AuditError::file(&path);
        // An earlier process with the same id has left it.
        let _ = remove_file(&path);
        let file = private_file::append(&path).map_err(&failed)?;
        Ok((Self(path), file))
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // After a renaming there is none.
        let _ = remove_file(&self.0);
    }
}

/// Writes the lines of a file, the last one first, with a block and a line in memory.
fn reverse(file: &mut (impl Read + Seek), out: &mut impl Write) -> io::Result<()> {
    let mut start = file.seek(SeekFrom::End(0))?;
    // The beginning of what was read, whose line begins before it.
    let mut rest: Vec<u8> = Vec::new();
    while start > 0 {
        let length = start.min(BLOCK);
        start -= length;
        file.seek(SeekFrom::Start(start))?;
        let mut block = Vec::new();
        Read::take(&mut *file, length).read_to_end(&mut block)?;
        block.append(&mut rest);
        let mut lines = block.split_inclusive(|byte| *byte == b'\n');
        // Whole only if it is the first one of the file.
        let first = if start > 0 { lines.next() } else { None };
        for line in lines.rev() {
            out.write_all(line)?;
        }
        rest = first.unwrap_or_default().to_vec();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    #[test]
    fn lines_are_reversed_across_blocks() {
        for (lines, length) in [
            (0, 1),
            (1, 5),
            (3, 200_000),
            (5000, 40),
            (3, 65_534),
            (3, 65_535),
        ] {
            let lines: Vec<_> = (0..lines)
                .map(|number| format!("{number}{}\n", "x".repeat(length)))
                .collect();
            let mut reversed = Vec::new();
            reverse(&mut Cursor::new(lines.concat()), &mut reversed).unwrap();
            let expected: Vec<_> = lines.iter().rev().cloned().collect();
            assert!(reversed == expected.concat().into_bytes(), "{length}");
        }
    }

    #[test]
    fn a_dump_appears_when_it_is_complete() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("dump");
        let names = || std::fs::read_dir(folder.path()).unwrap().count();
        let mut dump = DumpWriter::create(&path).unwrap();
        dump.add("2").unwrap();
        assert!(!path.exists());
        drop(dump);
        assert_eq!(names(), 0);
        let mut dump = DumpWriter::create(&path).unwrap();
        dump.add("2").unwrap();
        dump.add("1").unwrap();
        dump.finish().unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "1\n2\n");
        assert_eq!(names(), 1);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(
                std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
                0o600
            );
        }
    }
}
