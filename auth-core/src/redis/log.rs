//! [`Log`]: the stream of revocations in Redis, as one replica reads and writes it.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use redis::streams::{StreamId, StreamReadReply};
use redis::{Cmd, FromRedisValue, Value, cmd, pipe};

use super::connect::{Connection, RedisError, connect};
use super::entry;
use super::link::Link;
use super::settings::Checked;
use crate::revocation::Revocation;

/// How long Redis waits for a new entry.
const BLOCK: Duration = Duration::from_secs(1);
/// How long an answer to the reader may take.
const ANSWER_WITHIN: Duration = Duration::from_millis(2500);
/// How many entries are read or written at once.
const AT_ONCE: usize = 1000;
/// How long the right to repair is held at most.
const REPAIR_FOR: Duration = Duration::from_secs(10);
/// Entries stay in the stream for longer than they are in force, since the clocks may differ.
const KEPT_LONGER: Duration = Duration::from_secs(3600);

/// The stream, for writers.
#[derive(Debug, Clone)]
pub(super) struct Log {
    settings: Arc<Checked>,
    link: Link,
    stream: String,
    /// For how long an entry is in force.
    keep: Duration,
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
            keep: keep.saturating_add(KEPT_LONGER),
        }
    }

    /// Appends revocations, and removes entries that are long over. All are in the stream once this returns.
    pub(super) async fn append(
        &self,
        revocations: &[Revocation],
        now: SystemTime,
    ) -> Result<(), RedisError> {
        let begin = now.checked_sub(self.keep).unwrap_or(SystemTime::UNIX_EPOCH);
        let begin = begin.duration_since(SystemTime::UNIX_EPOCH);
        let begin = begin.unwrap_or_default().as_millis().to_string();
        for some in revocations.chunks(AT_ONCE) {
            let mut commands = pipe();
            for revocation in some {
                let mut command = cmd("XADD");
                command.arg(&self.stream).arg("MINID").arg("~").arg(&begin);
                command.arg("*");
                entry::write(&mut command, revocation);
                commands.add_command(command);
            }
            self.link.ask_all("XADD", &commands).await?;
        }
        Ok(())
    }

    /// Takes the right to repair, unless another replica has it. It ends by itself.
    pub(super) async fn begin_repair(&self, replica: &str) -> Result<bool, RedisError> {
        let mut command = cmd("SET");
        command.arg(self.settings.key("repair")).arg(replica);
        command.arg("NX").arg("PX").arg(millis(REPAIR_FOR));
        let answer: Option<String> = self.link.ask("SET", &command).await?;
        Ok(answer.is_some())
    }

    /// Gives the right to repair back.
    pub(super) async fn end_repair(&self, replica: &str) -> Result<(), RedisError> {
        let key = self.settings.key("repair");
        let holder: Option<String> = self.link.ask("GET", cmd("GET").arg(&key)).await?;
        if holder.as_deref() == Some(replica) {
            self.link.ask::<Value>("DEL", cmd("DEL").arg(&key)).await?;
        }
        Ok(())
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
    pub(super) async fn position(
        &mut self,
        known: &Position,
        fresh_epoch: &str,
    ) -> Result<Position, RedisError> {
        let epoch = self.epoch(fresh_epoch).await?;
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

    /// The random string of this Redis, made by the first who asks.
    async fn epoch(&mut self, fresh: &str) -> Result<String, RedisError> {
        let key = self.settings.key("epoch");
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

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
