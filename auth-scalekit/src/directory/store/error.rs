//! [`DirectoryStoreError`]: why the database cannot be used.

use std::fmt;

use auth_core::verifier::Unavailable;
use thiserror::Error;

use crate::directory::SOON;

/// Why the database of the directory cannot be used. Names no user, no address and no password.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the directory database {database} cannot be used: {step}: {problem}")]
pub struct DirectoryStoreError {
    /// The file, or the server with its database.
    pub(super) database: Box<str>,
    pub(super) step: &'static str,
    pub(super) problem: Problem,
}

/// What the database has reported, without the values that its messages may contain.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    not(all(feature = "sqlite", feature = "postgres")),
    allow(dead_code, reason = "each database has a part of them")
)]
pub(super) enum Problem {
    /// A setting is wrong.
    Setting(&'static str),
    /// A parameter of the URL is not known.
    Parameter(Box<str>),
    /// An error of the database, by its code.
    Code(Box<str>),
    /// There is no connection.
    Connection(Box<str>),
    /// No connection became free in time, or no answer came.
    TimedOut,
    /// The tables are not those of this version.
    Tables(&'static str),
    /// Anything else, by what kind of thing it is.
    Other(&'static str),
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Setting(problem) | Self::Tables(problem) | Self::Other(problem) => {
                f.write_str(problem)
            }
            Self::Parameter(name) => write!(
                f,
                "the parameter {name:?} of the URL is not known: remove it"
            ),
            Self::Code(code) => write!(f, "error {code} of the database"),
            Self::Connection(problem) => write!(f, "no connection: {problem}"),
            Self::TimedOut => f.write_str("no answer in time"),
        }
    }
}

impl From<DirectoryStoreError> for Unavailable {
    fn from(error: DirectoryStoreError) -> Self {
        Self::new(SOON).because(error)
    }
}

#[cfg(any(feature = "sqlite", feature = "postgres"))]
impl From<sqlx::Error> for Problem {
    fn from(error: sqlx::Error) -> Self {
        use sqlx::Error;
        match error {
            Error::Database(error) => Self::Code(
                error
                    .code()
                    .map_or("without a code".into(), |code| code.into()),
            ),
            Error::Io(error) => Self::Connection(error.to_string().into()),
            Error::Tls(error) => Self::Connection(error.to_string().into()),
            Error::PoolTimedOut => Self::TimedOut,
            Error::PoolClosed | Error::WorkerCrashed => Self::Connection("it was closed".into()),
            Error::ColumnNotFound(_)
            | Error::ColumnDecode { .. }
            | Error::ColumnIndexOutOfBounds { .. }
            | Error::Decode(_)
            | Error::TypeNotFound { .. } => Self::Tables("a row is not as this version writes it"),
            Error::Migrate(_) => Self::Tables("its tables cannot be brought to this version"),
            Error::Configuration(_) => Self::Setting("a setting is not valid"),
            _ => Self::Other("an unexpected error"),
        }
    }
}

#[cfg(any(feature = "sqlite", feature = "postgres"))]
impl From<sqlx::migrate::MigrateError> for Problem {
    fn from(error: sqlx::migrate::MigrateError) -> Self {
        use sqlx::migrate::MigrateError;
        match error {
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => error.into(),
            MigrateError::VersionMissing(_) | MigrateError::VersionTooNew(..) => {
                Self::Tables("they are of a later version of this software")
            }
            MigrateError::VersionMismatch(_) => Self::Tables("they are not those of this software"),
            _ => Self::Tables("its tables cannot be brought to this version"),
        }
    }
}
