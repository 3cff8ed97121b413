//! Files of the operator that take effect without a restart: policies, rules of organizations.
//!
//! A [`Reloaded`] file is read when the server starts, where a mistake in it is an error, and again
//! when it has changed. A version comes into force as a whole or not at all: a request that took
//! [`current`](Reloaded::current) keeps that version until its end, and a faulty new file leaves the
//! old version in force, with one warning that names file, line and column.
//!
//! | file | job |
//! |---|---|
//! | `reloaded` | [`Reloaded`]: the version in force, and when the next one replaces it |
//! | `builder` | [`ReloadedBuilder`]: sets how the file is read, and reads it for the first time |
//! | `settings` | the settings |
//! | `contents` | one reading of the file, with limits |
//! | `file_error` | [`FileError`], [`FileProblem`]: what is wrong, and where |

mod builder;
mod contents;
mod file_error;
mod reloaded;
mod settings;

pub use builder::ReloadedBuilder;
pub use file_error::{FileError, FileProblem, FileProblems};
pub use reloaded::{Reload, Reloaded};

#[cfg(test)]
mod tests;
