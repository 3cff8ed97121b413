//! A server: for replicas on many machines.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use auth_core::support::async_trait;
use sqlx::pool::PoolOptions;
use sqlx::postgres::PgRow;
use sqlx::{PgPool, Postgres, QueryBuilder, Row, Transaction};
use tokio::sync::Mutex;
use tokio::time::timeout;

use super::error::Problem;
use super::postgres_settings::PostgresSettings;
use super::sql::{self, sql_store};
use super::{DirectoryStore, DirectoryStoreError, Store, StoredRecords, Turn, holder};
use crate::directory::record::{
    Key, Record, RecordKind, Version, duration_nanos, from_nanos, to_nanos,
};

/// How long to wait for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
const CONNECTIONS: u32 = 4;
/// The lock of writers, in the number space that all applications of the database share.
const WRITERS: i64 = 0x5ca1_ec17_d1ec_7017;

#[derive(Debug)]
struct PostgresStore {
    pool: PgPool,
    database: Box<str>,
    holder: Box<str>,
    writing: Mutex<()>,
}

impl DirectoryStore {
    /// A database of [PostgreSQL](https://www.postgresql.org) 12 or later, in which the user may create tables. Not through
    /// a pooler that gives a session to another client after each transaction.
    ///
    /// # Errors
    ///
    /// [`DirectoryStoreError`] if a setting is wrong, the server cannot be reached, or the database has other tables
    /// than this version's.
    pub async fn postgres(settings: PostgresSettings) -> Result<Self, DirectoryStoreError> {
        let (options, database) = settings.check()?;
        let fail = |step, problem| DirectoryStoreError {
            database: database.clone(),
            step,
            problem,
        };
        let pool = PoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(CONNECT_TIMEOUT)
            .connect_with(options)
            .await
            .map_err(|error| fail("connecting", error.into()))?;
        let migrated = sql::migrator().run(&pool).await;
        migrated.map_err(|error| fail("making the tables", error.into()))?;
        let holder = holder().map_err(|problem| fail("opening it", problem))?;
        Ok(Self(Arc::new(PostgresStore {
            pool,
            database,
            holder,
            writing: Mutex::default(),
        })))
    }
}

/// Waits until no other transaction writes, in any process: `seq` must become visible in its order.
async fn begin(pool: &PgPool) -> Result<Transaction<'_, Postgres>, sqlx::Error> {
    let mut transaction = pool.begin().await?;
    // It ends with the transaction. A lock of the table would also wait for VACUUM.
    let lock = sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(WRITERS);
    lock.execute(&mut *transaction).await?;
    Ok(transaction)
}

sql_store!(PostgresStore, Postgres, PgRow, begin);
