//! [`Log`]: the stream of revocations in Redis, as one replica reads and writes it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use redis::streams::{StreamId, StreamReadReply};
use redis::{Cmd, FromRedisValue, Value, cmd, pipe};

use super::connect::{Connection, RedisError, connect};
use super::entry;
use super::link::Link;
use super::settings::Checked;
use crate::revocation::Revocation;
use crate::support::random;

/// How long Redis waits for a new entry.
const BLOCK: Duration = Duration::from_secs(1);
/// How long an answer to the reader may take.
const ANSWER_WITHIN: Duration = Duration::from_millis(2500);
/// How many entries are read or written at once.
pub(super) const AT_ONCE: usize = 1000;
/// How long the right to repair is held at most.
const REPAIR_FOR: Duration = Duration::from_secs(10);
/// Entries stay in the stream for longer than they are in force, since the clocks may differ.
const KEPT_LONGER: Duration = Duration::from_secs(3600);

/// How often entries that are over are removed.
const TRIM_EVERY: u64 = 60_000;

/// Deletes or prolongs the right to repair of the one who has it.
const END_REPAIR: &str =
    "if redis.call('get', KEYS[1]) == ARGV[1] then redis.call('del', KEYS[1]) end";
const RENEW_REPAIR: &str =
    "if redis.call('get', KEYS[1]) == ARGV[1] then redis.call('pexpire', KEYS[1], ARGV[2]) end";

/// The stream, for writers.
#[derive(Debug)]
pub(super) struct Log {
    settings: Arc<Checked>,
    link: Link,
    stream: String,
    /// For how long an entry is in force, in milliseconds.
    keep: u64,
    /// When it was last trimmed, by the clock of Redis, in milliseconds.
    trimmed: AtomicU64,
}

/// The stream, for the one reader of a replica. Its connection is its own, since it waits for entries.
#[derive(Debug)]
pub(super) struct Reader {
    connection: Connection,
    settings: Arc<Checked>,
    stream: String,
}

/// Where a reader is in the stream.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Position {
    /// Empty before the first time.
    epoch: String,
    last: String,
}

const BEGINNING: &str = "0-0";

impl Log {
    pub(super) fn new(settings: Arc<Checked>, keep: Duration) -> Self {
        Self {
            link: Link::new(Arc::clone(&settings)),
            stream: settings.key("revocations"),
            settings,
            keep: millis(keep.saturating_add(KEPT_LONGER)),
            trimmed: AtomicU64::new(0),
        }
    }

    /// Appends revocations. All are in the stream once this returns.
    pub(super) async fn append(&self, revocations: &[Revocation]) -> Result<(), RedisError> {
        for some in revocations.chunks(AT_ONCE) {
            let mut commands = pipe();
            for revocation in some {
                let mut command = cmd("XADD");
                command.arg(&self.stream).arg("*");
                entry::write(&mut command, revocation);
                commands.add_command(command);
            }
            let ids = self.link.ask_all("XADD", &commands).await?;
            let last = ids
                .last()
                .and_then(|id| String::from_redis_value_ref(id).ok());
            if let Some(now) = last.as_deref().and_then(millis_of) {
                self.trim(now).await;
            }
        }
        Ok(())
    }

    /// Removes entries that are long over, by the clock of Redis: another one that is ahead would remove what is in
    /// force.
    async fn trim(&self, now: u64) {
        let last = self.trimmed.load(Ordering::Relaxed);
        if now.saturating_sub(last) < TRIM_EVERY {
            return;
        }
        self.trimmed.store(now, Ordering::Relaxed);
        let mut trim = cmd("XTRIM");
        trim.arg(&self.stream).arg("MINID").arg("~");
        trim.arg(now.saturating_sub(self.keep));
        // What stays takes memory, and is removed another time.
        let _ = self.link.ask::<Value>("XTRIM", &trim).await;
    }

    /// Takes the right to repair, or prolongs it, unless another replica has it. It ends by itself.
    pub(super) async fn begin_repair(&self, replica: &str) -> Result<bool, RedisError> {
        let key = self.settings.key("repair");
        let mut set = cmd("SET");
        set.arg(&key)
            .arg(replica)
            .arg("NX")
            .arg("PX")
            .arg(millis(REPAIR_FOR));
        let taken: Option<String> = self.link.ask("SET", &set).await?;
        if taken.is_some() {
            return Ok(true);
        }
        self.if_mine(RENEW_REPAIR, replica).await?;
        let holder: Option<String> = self.link.ask("GET", cmd("GET").arg(&key)).await?;
        Ok(holder.as_deref() == Some(replica))
    }

    /// Gives the right to repair back.
    pub(super) async fn end_repair(&self, replica: &str) -> Result<(), RedisError> {
        self.if_mine(END_REPAIR, replica).await
    }

    async fn if_mine(&self, script: &str, replica: &str) -> Result<(), RedisError> {
        let mut eval = cmd("EVAL");
        eval.arg(script).arg(1).arg(self.settings.key("repair"));
        eval.arg(replica).arg(millis(REPAIR_FOR));
        self.link.ask::<Value>("EVAL", &eval).await.map(|_| ())
    }

    pub(super) fn settings(&self) -> &Arc<Checked> {
        &self.settings
    }

    /// Opens the stream for reading.
    pub(super) async fn reader(&self) -> Result<Reader, RedisError> {
        Ok(Reader {
            connection: connect(&self.settings, ANSWER_WITHIN).await?,
            settings: Arc::clone(&self.settings),
            stream: self.stream.clone(),
        })
    }
}

impl Reader {
    /// Where to continue: where it was, if the stream still holds all that was read; else the beginning.
    pub(super) async fn position(&mut self, known: &Position) -> Result<Position, RedisError> {
        let epoch = self.epoch().await?;
        let beginning = Position {
            epoch: epoch.clone(),
            last: BEGINNING.into(),
        };
        if known.epoch != epoch {
            return Ok(beginning);
        }
        if known.last == BEGINNING || self.holds(&known.last).await? {
            return Ok(known.clone());
        }
        // Redis has lost the end of the stream, or removed what was over: both are read again.
        Ok(beginning)
    }

    /// The random string of this Redis, made by the first who asks: another one after each loss of all data.
    async fn epoch(&mut self) -> Result<String, RedisError> {
        let key = self.settings.key("epoch");
        let fresh: [u8; 16] =
            random::bytes().map_err(|error| RedisError::NoRandomBytes(Arc::new(error)))?;
        let fresh = format!("{:032x}", u128::from_le_bytes(fresh));
        let mut set = cmd("SET");
        set.arg(&key).arg(fresh).arg("NX");
        self.ask::<Value>("SET", &set).await?;
        self.ask("GET", cmd("GET").arg(&key)).await
    }

    async fn holds(&mut self, id: &str) -> Result<bool, RedisError> {
        let mut range = cmd("XRANGE");
        range.arg(&self.stream).arg(id).arg(id).arg("COUNT").arg(1);
        let found: Vec<Value> = self.ask("XRANGE", &range).await?;
        Ok(!found.is_empty())
    }

    /// The next entries, at most a thousand; none if there are no more now.
    pub(super) async fn next(&mut self, after: &Position) -> Result<Vec<StreamId>, RedisError> {
        self.read(after, None).await
    }

    /// The next entries, waited for; none after a second.
    pub(super) async fn wait(&mut self, after: &Position) -> Result<Vec<StreamId>, RedisError> {
        self.read(after, Some(BLOCK)).await
    }

    async fn read(
        &mut self,
        after: &Position,
        block: Option<Duration>,
    ) -> Result<Vec<StreamId>, RedisError> {
        let mut read = cmd("XREAD");
        read.arg("COUNT").arg(AT_ONCE);
        if let Some(block) = block {
            read.arg("BLOCK").arg(millis(block));
        }
        read.arg("STREAMS").arg(&self.stream).arg(&after.last);
        let reply: Option<StreamReadReply> = self.ask("XREAD", &read).await?;
        let keys = reply.map_or_else(Vec::new, |reply| reply.keys);
        Ok(keys.into_iter().flat_map(|key| key.ids).collect())
    }

    async fn ask<T: FromRedisValue>(
        &mut self,
        name: &'static str,
        command: &Cmd,
    ) -> Result<T, RedisError> {
        let answer = command.query_async(&mut self.connection.redis).await;
        answer.map_err(|error| RedisError::command(&self.settings, name, error))
    }
}

impl Position {
    /// Behind this entry.
    pub(super) fn advance(&mut self, entry: &StreamId) {
        self.last.clone_from(&entry.id);
    }
}

/// The clock of Redis when it made this id.
fn millis_of(id: &str) -> Option<u64> {
    id.split_once('-')?.0.parse().ok()
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
