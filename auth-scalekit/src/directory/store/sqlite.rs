//! A file: for the processes of one machine.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use auth_core::support::{async_trait, private_file};
use sqlx::pool::PoolOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteRow, SqliteSynchronous};
use sqlx::{QueryBuilder, Row, Sqlite, SqlitePool, Transaction};
use tokio::sync::Mutex;
use tokio::time::timeout;

use super::error::Problem;
use super::sql::{self, sql_store};
use super::{DirectoryStore, DirectoryStoreError, Store, StoredRecords, Turn, holder};
use crate::directory::record::{
    Key, Record, RecordKind, Version, duration_nanos, from_nanos, to_nanos,
};

/// How long a statement waits for another process that writes.
const BUSY_TIMEOUT: Duration = Duration::from_secs(2);
/// One writer at a time; the others are for reading.
const CONNECTIONS: u32 = 2;

#[derive(Debug)]
struct SqliteStore {
    pool: SqlitePool,
    database: Box<str>,
    holder: Box<str>,
    writing: Mutex<()>,
}

impl DirectoryStore {
    /// A file of [SQLite](https://sqlite.org), made if it does not exist, readable by its owner only. On a local disk:
    /// the locks of network file systems are not reliable.
    ///
    /// # Errors
    ///
    /// [`DirectoryStoreError`] if the file cannot be made or opened, or has other tables than this version's.
    pub async fn sqlite(path: impl AsRef<Path>) -> Result<Self, DirectoryStoreError> {
        let path = path.as_ref();
        let database: Box<str> = path.display().to_string().into();
        let fail = |step, problem| DirectoryStoreError {
            database: database.clone(),
            step,
            problem,
        };
        // SQLite gives the files beside it the same permissions.
        let made = private_file::append(path).map(drop);
        made.map_err(|error| {
            fail(
                "opening the file",
                Problem::Connection(error.to_string().into()),
            )
        })?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .journal_mode(SqliteJournalMode::Wal)
            // What a power failure takes from the end, the next listing finds.
            .synchronous(SqliteSynchronous::Normal)
            .busy_timeout(BUSY_TIMEOUT);
        let pool = PoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(BUSY_TIMEOUT)
            .connect_with(options)
            .await
            .map_err(|error| fail("opening the file", error.into()))?;
        // Of two processes that make the tables of a new file, one fails, and then finds those of the other.
        if sql::migrator().run(&pool).await.is_err() {
            let migrated = sql::migrator().run(&pool).await;
            migrated.map_err(|error| fail("making the tables", error.into()))?;
        }
        let holder = holder().map_err(|problem| fail("opening it", problem))?;
        Ok(Self(Arc::new(SqliteStore {
            pool,
            database,
            holder,
            writing: Mutex::default(),
        })))
    }
}

/// Takes the lock of the file at once: one that is taken after a read fails if another process has written since.
async fn begin(pool: &SqlitePool) -> Result<Transaction<'_, Sqlite>, sqlx::Error> {
    pool.begin_with("BEGIN IMMEDIATE").await
}

sql_store!(SqliteStore, Sqlite, SqliteRow, begin);
