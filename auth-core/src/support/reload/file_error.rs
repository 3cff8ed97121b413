//! [`FileError`]: what is wrong with a file, and where.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// One mistake in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileProblem {
    /// Line and column, both from 1; `None` for a mistake that has no place.
    place: Option<(usize, usize)>,
    problem: String,
}

impl FileProblem {
    /// A mistake of the whole file, such as `has no policy: add one`.
    #[must_use]
    pub fn new(problem: impl fmt::Display) -> Self {
        Self {
            place: None,
            problem: problem.to_string(),
        }
    }

    /// A mistake at a byte of `text`, the contents of the file. An offset past its end counts as its
    /// end, and one within a character as the end of that character.
    #[must_use]
    pub fn at(text: &str, offset: usize, problem: impl fmt::Display) -> Self {
        let before = text
            .char_indices()
            .take_while(|(at, _)| *at < offset)
            .map(|(_, character)| character);
        let place = before.fold((1, 1), |(line, column), character| match character {
            '\n' => (line + 1, 1),
            _ => (line, column + 1),
        });
        Self {
            place: Some(place),
            problem: problem.to_string(),
        }
    }

    /// The line, from 1. `None` for a mistake of the whole file.
    #[must_use]
    pub fn line(&self) -> Option<usize> {
        self.place.map(|(line, _)| line)
    }

    /// The column in characters, from 1. `None` for a mistake of the whole file.
    #[must_use]
    pub fn column(&self) -> Option<usize> {
        self.place.map(|(_, column)| column)
    }
}

/// All mistakes in a file, in the order in which they were found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileProblems(Vec<FileProblem>);

impl FileProblems {
    /// Adds a mistake.
    pub fn push(&mut self, problem: FileProblem) {
        self.0.push(problem);
    }

    /// The mistakes.
    pub fn iter(&self) -> std::slice::Iter<'_, FileProblem> {
        self.0.iter()
    }

    /// `Ok` if there are no mistakes.
    ///
    /// # Errors
    ///
    /// `self`, if there is at least one.
    pub fn into_result(self) -> Result<(), Self> {
        if self.0.is_empty() { Ok(()) } else { Err(self) }
    }
}

impl From<FileProblem> for FileProblems {
    fn from(problem: FileProblem) -> Self {
        Self(vec![problem])
    }
}

/// Why a file cannot be used. `Display` prints one line for each mistake, which begins with the path,
/// the line and the column: `/etc/mcp/rules.toml:3:9: ...`.
#[derive(Clone)]
pub struct FileError {
    path: PathBuf,
    cause: Cause,
}

#[derive(Clone)]
enum Cause {
    // Shared, since the error is returned again until the file changes.
    Unreadable(Arc<io::Error>),
    Problems(FileProblems),
}

impl FileError {
    pub(super) fn unreadable(path: &Path, error: io::Error) -> Self {
        Self {
            path: path.to_owned(),
            cause: Cause::Unreadable(Arc::new(error)),
        }
    }

    pub(super) fn new(path: &Path, problems: impl Into<FileProblems>) -> Self {
        Self {
            path: path.to_owned(),
            cause: Cause::Problems(problems.into()),
        }
    }

    /// The path of the file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The mistakes in its contents; none if it cannot be read.
    pub fn problems(&self) -> impl Iterator<Item = &FileProblem> {
        match &self.cause {
            Cause::Unreadable(_) => [].iter(),
            Cause::Problems(problems) => problems.iter(),
        }
    }
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        let problems = match &self.cause {
            Cause::Unreadable(_) => return write!(f, "{path} cannot be read"),
            Cause::Problems(problems) => problems,
        };
        for (index, FileProblem { place, problem }) in problems.iter().enumerate() {
            let end = if index > 0 { "\n" } else { "" };
            match place {
                Some((line, column)) => write!(f, "{end}{path}:{line}:{column}: {problem}")?,
                None => write!(f, "{end}{path} {problem}")?,
            }
        }
        Ok(())
    }
}

/// The same as `Display`, because Rust prints the `Debug` of an error that `main` returns; and the
/// error of the operating system, which `Display` leaves to the source.
impl fmt::Debug for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)?;
        match &self.cause {
            Cause::Unreadable(error) => write!(f, ": {error}"),
            Cause::Problems(_) => Ok(()),
        }
    }
}

impl Error for FileError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.cause {
            Cause::Unreadable(error) => Some(error.as_ref()),
            Cause::Problems(_) => None,
        }
    }
}

/// Without the place.
impl fmt::Display for FileProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problem)
    }
}
