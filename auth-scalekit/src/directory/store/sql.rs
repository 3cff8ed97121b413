//! The statements, for SQLite and PostgreSQL alike: both number placeholders as `$1`, know row values, and
//! `ON CONFLICT`.

#![cfg(any(feature = "sqlite", feature = "postgres"))]

use std::collections::HashMap;
use std::time::Duration;

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{AssertSqlSafe, SqlSafeStr};

use crate::directory::record::{Key, Record, RecordKind, Version};

/// The columns of a record, in the order in which they are read and written.
pub(super) const COLUMNS: &str = "kind, organization_id, id, is_removed, is_active, email, name, directory_id, \
     group_ids, since, changed_at, event_id, seq";

/// What is written over a stored record.
pub(super) const ON_CONFLICT: &str = " ON CONFLICT (kind, organization_id, id) DO UPDATE SET \
     is_removed = excluded.is_removed, is_active = excluded.is_active, email = excluded.email, name = excluded.name, \
     directory_id = excluded.directory_id, group_ids = excluded.group_ids, since = excluded.since, \
     changed_at = excluded.changed_at, event_id = excluded.event_id, seq = excluded.seq";

/// How long one operation may take: a server that is lost does not answer, and its connection does not end.
pub(super) const TIME_LIMIT: Duration = Duration::from_secs(8);

/// The table that records which migrations were applied: not sqlx's default, which may be that of the application.
const MIGRATIONS_TABLE: &str = "scalekit_directory_migrations";

pub(super) fn migrator() -> Migrator {
    let first = Migration::new(
        1,
        "directory".into(),
        MigrationType::Simple,
        include_str!("migrations/1_directory.sql").into_sql_str(),
        false,
    );
    let mut migrator = Migrator::with_migrations(vec![first]);
    migrator.dangerous_set_table_name(MIGRATIONS_TABLE);
    migrator
}

/// A statement with a part that is a constant of this crate.
pub(super) fn statement(text: String) -> impl SqlSafeStr {
    AssertSqlSafe(text)
}

/// What of `records` is newer than what is stored, in their order, one record for each thing.
pub(super) fn newer(records: Vec<Record>, stored: &HashMap<Key, Record>) -> Vec<Record> {
    let mut order = Vec::new();
    let mut latest: HashMap<Key, Record> = HashMap::new();
    for record in records {
        let key = record.key.clone();
        let known = latest.get(&key).or_else(|| stored.get(&key));
        let organization = organization_key(&key);
        let organization = latest
            .get(&organization)
            .or_else(|| stored.get(&organization));
        let listed = organization.and_then(|it| it.since).map(|nanos| Version {
            nanos,
            event_id: Box::default(),
        });
        let Some(newer) = record.after(known, listed.as_ref()) else {
            continue;
        };
        if latest.insert(key.clone(), newer).is_none() {
            order.push(key);
        }
    }
    order.iter().filter_map(|key| latest.remove(key)).collect()
}

/// The record that states when the organization of a record was last listed.
pub(super) fn organization_key(key: &Key) -> Key {
    Key {
        kind: RecordKind::Organization,
        organization_id: key.organization_id.clone(),
        id: key.organization_id.clone(),
    }
}

/// The groups of a record, from their column.
pub(super) fn group_ids(column: &str) -> Vec<Box<str>> {
    column.split_ascii_whitespace().map(Box::from).collect()
}

/// Implements [`Store`](super::Store) for a pool of connections of one database.
///
/// `begin` begins a transaction that is the only writer until its end.
macro_rules! sql_store {
    ($store:ident, $database:ident, $row:ident, $begin:path) => {
        impl $store {
            async fn within<T>(
                &self,
                step: &'static str,
                work: impl Future<Output = Result<T, sqlx::Error>>,
            ) -> Result<T, DirectoryStoreError> {
                let problem = match timeout(sql::TIME_LIMIT, work).await {
                    Ok(Ok(value)) => return Ok(value),
                    Ok(Err(error)) => error.into(),
                    Err(_) => Problem::TimedOut,
                };
                Err(DirectoryStoreError {
                    database: self.database.clone(),
                    step,
                    problem,
                })
            }

            async fn merge_within(
                &self,
                records: Vec<Record>,
            ) -> Result<Vec<Record>, sqlx::Error> {
                let mut transaction = $begin(&self.pool).await?;
                let mut keys: Vec<Key> = records.iter().map(|record| record.key.clone()).collect();
                keys.extend(records.iter().map(|record| sql::organization_key(&record.key)));
                keys.sort_by(|a, b| (&a.organization_id, &a.id).cmp(&(&b.organization_id, &b.id)));
                keys.dedup();
                let mut query = QueryBuilder::<$database>::new("SELECT ");
                query.push(sql::COLUMNS);
                query.push(" FROM scalekit_directory WHERE (kind, organization_id, id) IN (");
                query.push_values(&keys, |mut row, key| {
                    row.push_bind(key.kind.as_str());
                    row.push_bind(key.organization_id.to_string());
                    row.push_bind(key.id.to_string());
                });
                query.push(")");
                let rows = query.build().persistent(false).fetch_all(&mut *transaction).await?;
                let stored: Result<HashMap<Key, Record>, sqlx::Error> = rows
                    .iter()
                    .map(|row| record(row).map(|(record, _)| (record.key.clone(), record)))
                    .collect();
                let newer = sql::newer(records, &stored?);
                if newer.is_empty() {
                    return Ok(newer);
                }
                let last = sqlx::query_scalar("SELECT COALESCE(MAX(seq), 0) FROM scalekit_directory");
                let last: i64 = last.fetch_one(&mut *transaction).await?;
                let mut query = QueryBuilder::<$database>::new("INSERT INTO scalekit_directory (");
                query.push(sql::COLUMNS);
                query.push(") ");
                query.push_values(newer.iter().zip(last + 1..), |mut row, (record, seq)| {
                    let text = |text: &Option<Box<str>>| text.as_deref().map(str::to_owned);
                    row.push_bind(record.key.kind.as_str());
                    row.push_bind(record.key.organization_id.to_string());
                    row.push_bind(record.key.id.to_string());
                    row.push_bind(record.is_removed);
                    row.push_bind(record.is_active);
                    row.push_bind(text(&record.email));
                    row.push_bind(text(&record.name));
                    row.push_bind(text(&record.directory_id));
                    row.push_bind(record.group_ids.join(" "));
                    row.push_bind(record.since);
                    row.push_bind(record.version.nanos);
                    row.push_bind(record.version.event_id.to_string());
                    row.push_bind(seq);
                });
                query.push(sql::ON_CONFLICT);
                query.build().persistent(false).execute(&mut *transaction).await?;
                transaction.commit().await?;
                Ok(newer)
            }
        }

        /// The record of a row, and its number.
        fn record(row: &$row) -> Result<(Record, i64), sqlx::Error> {
            let text = |column| row.try_get::<Option<String>, _>(column);
            let kind: String = row.try_get("kind")?;
            let kind = RecordKind::from_name(&kind);
            let key = Key {
                kind: kind.ok_or_else(|| sqlx::Error::ColumnNotFound("kind".into()))?,
                organization_id: row.try_get::<String, _>("organization_id")?.into(),
                id: row.try_get::<String, _>("id")?.into(),
            };
            let version = Version {
                nanos: row.try_get("changed_at")?,
                event_id: row.try_get::<String, _>("event_id")?.into(),
            };
            let group_ids: String = row.try_get("group_ids")?;
            let record = Record {
                is_removed: row.try_get("is_removed")?,
                is_active: row.try_get("is_active")?,
                email: text("email")?.map(Box::from),
                name: text("name")?.map(Box::from),
                directory_id: text("directory_id")?.map(Box::from),
                group_ids: sql::group_ids(&group_ids),
                since: row.try_get("since")?,
                ..Record::new(key, version)
            };
            Ok((record, row.try_get("seq")?))
        }

        #[async_trait]
        impl Store for $store {
            async fn merge(&self, records: Vec<Record>) -> Result<Vec<Record>, DirectoryStoreError> {
                if records.is_empty() {
                    return Ok(records);
                }
                let merged = async {
                    // One connection waits for other processes, and the rest are for reading.
                    let _one_at_a_time = self.writing.lock().await;
                    self.merge_within(records).await
                };
                self.within("storing changes", merged).await
            }

            async fn changes(
                &self,
                after: i64,
                limit: u32,
            ) -> Result<StoredRecords, DirectoryStoreError> {
                let columns = sql::COLUMNS;
                let text = format!(
                    "SELECT {columns} FROM scalekit_directory WHERE seq > $1 ORDER BY seq LIMIT $2"
                );
                let read = async {
                    let query = sqlx::query(sql::statement(text)).bind(after).bind(i64::from(limit));
                    let rows = query.fetch_all(&self.pool).await?;
                    let (mut records, mut last) = (Vec::with_capacity(rows.len()), after);
                    for row in &rows {
                        let (record, seq) = record(row)?;
                        records.push(record);
                        last = seq;
                    }
                    if rows.is_empty() {
                        let text = "SELECT COALESCE(MAX(seq), 0) FROM scalekit_directory";
                        let highest: i64 = sqlx::query_scalar(text).fetch_one(&self.pool).await?;
                        // What was stored after the first statement is read next time.
                        last = highest.min(after);
                    }
                    Ok(StoredRecords { records, last })
                };
                self.within("reading changes", read).await
            }

            async fn begin_listing(
                &self,
                now: SystemTime,
                interval: Duration,
                lease: Duration,
            ) -> Result<Turn, DirectoryStoreError> {
                let (now, interval, lease) =
                    (to_nanos(now), duration_nanos(interval), duration_nanos(lease));
                let take = async {
                    let text = "UPDATE scalekit_directory_listing SET holder = $1, leased_until = $2 \
                         WHERE id = 1 AND (leased_until <= $3 OR holder = $1) \
                         AND (started_at IS NULL OR started_at <= $4)";
                    let query = sqlx::query(text)
                        .bind(&*self.holder)
                        .bind(now.saturating_add(lease))
                        .bind(now)
                        .bind(now.saturating_sub(interval));
                    if query.execute(&self.pool).await?.rows_affected() > 0 {
                        return Ok(Turn::Ours);
                    }
                    let text = "SELECT leased_until, started_at FROM scalekit_directory_listing WHERE id = 1";
                    let row = sqlx::query(text).fetch_one(&self.pool).await?;
                    let leased_until: i64 = row.try_get(0)?;
                    let started_at: Option<i64> = row.try_get(1)?;
                    let due = started_at.map_or(0, |at| at.saturating_add(interval));
                    let next = if due > now { due } else { leased_until };
                    Ok(Turn::NotBefore(from_nanos(next)))
                };
                self.within("taking the turn to list", take).await
            }

            async fn continue_listing(&self, until: SystemTime) -> Result<(), DirectoryStoreError> {
                let text = "UPDATE scalekit_directory_listing SET leased_until = $2 WHERE id = 1 AND holder = $1";
                let query = sqlx::query(text).bind(&*self.holder).bind(to_nanos(until));
                let done = self.within("prolonging the turn to list", query.execute(&self.pool));
                done.await.map(drop)
            }

            async fn end_listing(&self, started: Option<SystemTime>) -> Result<(), DirectoryStoreError> {
                let text = "UPDATE scalekit_directory_listing SET \
                     leased_until = CASE WHEN holder = $1 THEN 0 ELSE leased_until END, \
                     started_at = CASE WHEN started_at IS NULL OR started_at < $2 THEN $2 ELSE started_at END \
                     WHERE id = 1";
                let abandon = "UPDATE scalekit_directory_listing SET leased_until = 0 WHERE id = 1 AND holder = $1";
                let query = match started {
                    Some(started) => sqlx::query(text).bind(&*self.holder).bind(to_nanos(started)),
                    None => sqlx::query(abandon).bind(&*self.holder),
                };
                let done = self.within("ending the turn to list", query.execute(&self.pool));
                done.await.map(drop)
            }

            async fn last_listing(&self) -> Result<Option<SystemTime>, DirectoryStoreError> {
                let text = "SELECT started_at FROM scalekit_directory_listing WHERE id = 1";
                let read = sqlx::query_scalar::<_, Option<i64>>(text).fetch_one(&self.pool);
                let started = self.within("reading when it was listed", read).await?;
                Ok(started.map(from_nanos))
            }
        }
    };
}

pub(super) use sql_store;
