//! Why a directory is refused.

use std::fmt;
use std::io;
use std::path::Path;

/// Why a directory is refused: the file, the line, the place in the file, and what to change.
#[derive(Debug)]
pub struct DirectoryError {
    file: Option<String>,
    line: Option<usize>,
    place: String,
    problem: String,
    source: Option<io::Error>,
}

impl DirectoryError {
    pub(super) fn new(problem: impl Into<String>) -> Self {
        Self {
            file: None,
            line: None,
            place: String::new(),
            problem: problem.into(),
            source: None,
        }
    }

    pub(super) fn unreadable(source: io::Error) -> Self {
        Self {
            source: Some(source),
            ..Self::new("the file cannot be read")
        }
    }

    /// A line of the file, the first being 1.
    pub(super) fn at_line(mut self, line: Option<usize>) -> Self {
        self.line = line;
        self
    }

    pub(super) fn at_place(mut self, place: &str) -> Self {
        place.clone_into(&mut self.place);
        self
    }

    pub(super) fn in_file(mut self, file: &Path) -> Self {
        self.file = Some(file.display().to_string());
        self
    }

    /// The line of the file, the first being 1; `None` if the directory has no lines, or the file was not read.
    #[must_use]
    pub fn line(&self) -> Option<usize> {
        self.line
    }

    /// The place in the file, such as `users[2].organizations[0].roles[0]`; empty if it is the file itself.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.place
    }
}

/// `directory FILE, line 7: users[2].email: …`, without the parts that are unknown.
impl fmt::Display for DirectoryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("directory")?;
        if let Some(file) = &self.file {
            write!(f, " {file}")?;
        }
        if let Some(line) = self.line {
            write!(f, ", line {line}")?;
        }
        if !self.place.is_empty() {
            write!(f, ": {}", self.place)?;
        }
        write!(f, ": {}", self.problem)
    }
}

impl std::error::Error for DirectoryError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        let source = self.source.as_ref();
        source.map(|source| source as &(dyn std::error::Error + 'static))
    }
}
