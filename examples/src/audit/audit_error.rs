//! [`AuditError`]: why a command failed.

use std::io;
use std::path::Path;

use auth_core::error::ConfigErrors;
use auth_scalekit::management::ManagementError;
use thiserror::Error;

/// Why a command failed. No text contains a line of a file, or a user's address.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum AuditError {
    /// An argument that cannot be used, and what to change.
    #[error("{0}")]
    Usage(String),
    /// A file that cannot be read or written.
    #[error("{file}")]
    File {
        /// The file.
        file: String,
        /// Why.
        source: io::Error,
    },
    /// The output cannot be written.
    #[error("the output cannot be written")]
    Output(#[from] io::Error),
    /// Variables that cannot be used.
    #[error("{0}")]
    Config(#[from] ConfigErrors),
    /// Scalekit did not list its logs.
    #[error("scalekit's authentication logs cannot be read")]
    Scalekit(#[from] ManagementError),
}

impl AuditError {
    pub(super) fn usage(problem: impl Into<String>) -> Self {
        Self::Usage(problem.into())
    }

    pub(super) fn file(path: &Path) -> impl Fn(io::Error) -> Self + use<> {
        let file = super::cell::printable(&path.display().to_string());
        move |source| Self::File {
            file: file.clone(),
            source,
        }
    }

    /// Whether the reader of the output has ended, as `head` does.
    pub(super) fn is_closed_output(&self) -> bool {
        matches!(self, Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }
}
