//! Where the directory is kept, and shared by replicas.
//!
//! | file | job |
//! |---|---|
//! | here | [`Store`]: what a database does; [`DirectoryStore`]: one of them |
//! | `sql` | the statements, for SQLite and PostgreSQL alike |
//! | `sqlite` | a file |
//! | `postgres`, `postgres_settings` | a server |
//! | `error` | why it cannot be used |
//! | `migrations` | the tables |
//!
//! One writer at a time reads what is stored, decides by [`Record::after`] what is newer, and numbers what it writes
//! (`seq`). So the numbers become visible in their order, and a replica that reads all records with a higher number
//! than its last one misses none.

mod error;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "postgres")]
mod postgres_settings;
mod sql;
#[cfg(feature = "sqlite")]
mod sqlite;

use std::fmt::Debug;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use auth_core::support::async_trait;

pub use error::DirectoryStoreError;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
use error::Problem;
#[cfg(feature = "postgres")]
pub use postgres_settings::PostgresSettings;

use super::record::Record;

/// Records that were changed, and the number of the last of them.
#[derive(Debug)]
pub(super) struct StoredRecords {
    pub(super) records: Vec<Record>,
    pub(super) last: i64,
}

/// Whose turn it is to read a full listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    not(any(feature = "sqlite", feature = "postgres")),
    allow(dead_code, reason = "a database decides it")
)]
pub(super) enum Turn {
    /// This process.
    Ours,
    /// No process needs to before this time, when the last listing is old enough or the process that reads one should
    /// have finished.
    NotBefore(SystemTime),
}

/// A database.
#[async_trait]
pub(super) trait Store: Debug + Send + Sync {
    /// Stores what is newer than what is stored, all or nothing; returns what was stored.
    async fn merge(&self, records: Vec<Record>) -> Result<Vec<Record>, DirectoryStoreError>;

    /// The records that were stored after number `after`, in their order, `limit` at most. `last` is that of the last
    /// one; if there is none, `after`, or the highest number of all if that is lower.
    async fn changes(&self, after: i64, limit: u32) -> Result<StoredRecords, DirectoryStoreError>;

    /// Takes the turn if the last complete listing was started before `now - interval`, and no other process has it. It ends
    /// after `lease`.
    async fn begin_listing(
        &self,
        now: SystemTime,
        interval: Duration,
        lease: Duration,
    ) -> Result<Turn, DirectoryStoreError>;

    /// Prolongs the turn.
    async fn continue_listing(&self, until: SystemTime) -> Result<(), DirectoryStoreError>;

    /// Ends the turn; `started` if the listing was completed.
    async fn end_listing(&self, started: Option<SystemTime>) -> Result<(), DirectoryStoreError>;

    /// When the last completed listing was started; `None` if there was none.
    async fn last_listing(&self) -> Result<Option<SystemTime>, DirectoryStoreError>;
}

/// A database that keeps the directory over restarts, and shares it with other processes.
///
/// | | for |
/// |---|---|
/// | `DirectoryStore::sqlite` (feature `sqlite`) | the processes of one machine |
/// | `DirectoryStore::postgres` (feature `postgres`) | replicas on many machines |
///
/// The table `scalekit_directory` has one row for each organization, member, directory, user and group of a directory,
/// with its e-mail address or name. Rows of what was removed stay, marked as such. It is made, and changed by later
/// versions, when the store is opened. Cheap to clone.
#[derive(Debug, Clone)]
pub struct DirectoryStore(pub(super) Arc<dyn Store>);

/// A name for this process, that no other has.
#[cfg(any(feature = "sqlite", feature = "postgres"))]
fn holder() -> Result<Box<str>, Problem> {
    let mut bytes = [0; 16];
    let filled = aws_lc_rs::rand::fill(&mut bytes);
    filled.map_err(|_| Problem::Other("the operating system has no random bytes"))?;
    Ok(format!("{:032x}", u128::from_ne_bytes(bytes)).into())
}
