//! [`Input`]: lines of files, one after the other, of bounded length.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use super::audit_error::AuditError;

/// The longest line, in bytes, without its end.
pub(super) const MAX_LINE: usize = 1024 * 1024;

/// What was read of one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LineRead {
    /// The whole line is in the buffer.
    Line,
    /// The line is longer than [`MAX_LINE`], and was skipped.
    TooLong,
    /// There is no further line.
    End,
}

/// Reads one line without its end. The last line of a file may have no end.
pub(super) fn read_line(file: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<LineRead> {
    line.clear();
    let read = Read::take(&mut *file, MAX_LINE as u64 + 1).read_until(b'\n', line)?;
    if read == 0 {
        return Ok(LineRead::End);
    }
    if line.pop_if(|last| *last == b'\n').is_some() || read <= MAX_LINE {
        return Ok(LineRead::Line);
    }
    line.clear();
    file.skip_until(b'\n')?;
    Ok(LineRead::TooLong)
}

/// The lines of several files.
pub(super) struct Input {
    files: std::vec::IntoIter<PathBuf>,
    current: Option<(PathBuf, Box<dyn BufRead>)>,
    line: Vec<u8>,
    /// How many lines were too long.
    pub(super) too_long: u64,
}

impl Input {
    /// The lines of these files in their order; `-` is the standard input.
    pub(super) fn of(files: Vec<PathBuf>) -> Self {
        Self {
            files: files.into_iter(),
            current: None,
            line: Vec::new(),
            too_long: 0,
        }
    }

    /// The next line; `None` at the end of the last file.
    ///
    /// # Errors
    ///
    /// [`AuditError::File`].
    pub(super) fn next_line(&mut self) -> Result<Option<&[u8]>, AuditError> {
        loop {
            let Some((path, file)) = &mut self.current else {
                let Some(path) = self.files.next() else {
                    return Ok(None);
                };
                let file = open(&path)?;
                self.current = Some((path, file));
                continue;
            };
            match read_line(file, &mut self.line).map_err(AuditError::file(path))? {
                LineRead::Line => break,
                LineRead::TooLong => self.too_long += 1,
                LineRead::End => self.current = None,
            }
        }
        Ok(Some(&self.line))
    }
}

/// Opens a file for reading; `-` is the standard input.
pub(super) fn open(path: &Path) -> Result<Box<dyn BufRead>, AuditError> {
    if path == Path::new("-") {
        return Ok(Box::new(BufReader::new(io::stdin())));
    }
    let file = File::open(path).map_err(AuditError::file(path))?;
    Ok(Box::new(BufReader::with_capacity(64 * 1024, file)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_skipped_and_counted() {
        let folder = tempfile::tempdir().unwrap();
        let paths = ["a", "b"].map(|name| folder.path().join(name));
        let long = "x".repeat(MAX_LINE);
        std::fs::write(
            &paths[0],
            format!("1\n{long}\n{long}x\n{long}{long}{long}\n\n2"),
        )
        .unwrap();
        std::fs::write(&paths[1], format!("3\n{long}x")).unwrap();
        let mut input = Input::of(paths.to_vec());
        let mut lengths = Vec::new();
        while let Some(line) = input.next_line().unwrap() {
            lengths.push(line.len());
        }
        assert_eq!(lengths, [1, MAX_LINE, 0, 1, 1]);
        assert_eq!(input.too_long, 3);
        let error = Input::of(vec![folder.path().join("none")])
            .next_line()
            .unwrap_err();
        assert!(error.to_string().ends_with("none"), "{error}");
    }
}
