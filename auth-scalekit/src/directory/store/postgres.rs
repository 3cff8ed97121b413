//! A server: for replicas on many machines.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use auth_core::support::async_trait;
use sqlx::pool::PoolOptions;
use sqlx::postgres::PgRow;
use sqlx::{PgPool, Postgres, QueryBuilder, Row, Transaction};

use super::postgres_settings::PostgresSettings;
use super::sql::{self, sql_store};
use super::{DirectoryStore, DirectoryStoreError, Store, StoredRecords, Turn, holder};
use crate::directory::record::{
    Key, Record, RecordKind, Version, duration_nanos, from_nanos, to_nanos,
};

/// How long to wait for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
const CONNECTIONS: u32 = 4;

#[derive(Debug)]
struct PostgresStore {
    pool: PgPool,
    database: Box<str>,
    holder: Box<str>,
}

impl DirectoryStore {
    /// A database of [PostgreSQL](https://www.postgresql.org) 12 or later. The user may create tables in its schema,
    /// or they were made by another user.
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
        })))
    }
}

/// Waits until no other transaction writes, in any process: `seq` must become visible in its order.
async fn begin(pool: &PgPool) -> Result<Transaction<'_, Postgres>, sqlx::Error> {
    let mut transaction = pool.begin().await?;
    // Readers may continue. The lock ends with the transaction.
    let lock = sqlx::query("LOCK TABLE scalekit_directory IN SHARE ROW EXCLUSIVE MODE");
    lock.execute(&mut *transaction).await?;
    Ok(transaction)
}

sql_store!(PostgresStore, Postgres, PgRow, begin);
