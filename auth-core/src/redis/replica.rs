//! [`Replica`]: follows the log, and adds to it what Redis has lost.
//!
//! 1. It connects, and finds out whether the stream still holds all that it has read (see `log`). If not, or if the
//!    clock was set back, it reads all of it again.
//! 2. It reads to the end.
//! 3. What it keeps but has not read there is missing: what was revoked here during an outage, and what Redis has
//!    lost. It adds that. One replica at a time, so that the next one finds it already. Without a new connection or
//!    a new reading, only what was added here and is not returned after 2 s (`pending`) is added again.
//! 4. It waits for entries. After each second, and after each failure, it begins with 1.
//!
//! Which revocations were read is marked at each: with the number of this reading of the log.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use redis::streams::StreamId;

use super::connect::RedisError;
use super::entry;
use super::log::{AT_ONCE, Log, Position, Reader};
use super::outage::Outage;
use super::pending::Pending;
use super::state::RedisState;
use crate::error::ErrorChain;
use crate::revocation::{Index, MemoryRevocations, Revocation};
use crate::verifier::Unavailable;

/// The first and the longest pause after a failure.
const PAUSES: [Duration; 2] = [Duration::from_millis(100), Duration::from_secs(2)];
/// How long another replica is waited for that is repairing.
const REPAIR_PAUSE: Duration = Duration::from_millis(100);
/// How long a caller should wait after a failure.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// How often it is checked that the log still holds what was read.
const CHECK_EVERY: Duration = Duration::from_secs(1);
/// After this time, a revocation that the log has not returned is added again.
const RETURNED_WITHIN: Duration = Duration::from_secs(2);
/// The clock may be set back by this much without a new reading.
const SET_BACK: Duration = Duration::from_secs(5);
/// How often missing revocations are added in one repair. Once is enough, unless something removes them.
const REPAIRS: u32 = 3;

/// One replica.
#[derive(Debug)]
pub(super) struct Replica {
    memory: MemoryRevocations,
    log: Log,
    outage: Outage,
    /// A random name.
    name: String,
    /// The number of the current reading of the log.
    reading: AtomicU32,
    pending: Pending,
    /// How many entries could not be read.
    unreadable: AtomicU64,
}

/// What the one task that follows the log knows.
#[derive(Debug, Default)]
pub(super) struct Follower {
    reader: Option<Reader>,
    position: Position,
    /// When it was last checked that the log holds what was read, by the monotonic clock.
    checked: Duration,
    /// The latest wall clock at the origin of the monotonic one since the reading began.
    origin: Option<SystemTime>,
}

impl Replica {
    pub(super) fn new(memory: MemoryRevocations, log: Log, outage: Outage, name: u128) -> Self {
        Self {
            memory,
            log,
            outage,
            name: format!("{name:032x}"),
            reading: AtomicU32::new(0),
            pending: Pending::default(),
            unreadable: AtomicU64::new(0),
        }
    }

    pub(super) fn memory(&self) -> &MemoryRevocations {
        &self.memory
    }

    pub(super) fn outage(&self) -> &Outage {
        &self.outage
    }

    pub(super) fn place(&self) -> String {
        self.log.settings().place()
    }

    pub(super) fn state(&self) -> RedisState {
        RedisState {
            silence: self.outage.silence(),
            revocations: self.memory.len(),
            unpublished: !self.pending.is_empty(),
            unreadable: self.unreadable.load(Ordering::Relaxed),
        }
    }

    /// Revokes here at once, and appends to the log.
    pub(super) async fn revoke(&self, revocations: &[Revocation]) -> Result<(), Unavailable> {
        let inserted = self.memory.insert_all(revocations);
        // Before it is waited for: the caller may go away.
        self.pending.add(revocations, self.now());
        inserted.map_err(|error| Unavailable::revocations(RETRY_AFTER).because(error))?;
        let appended = self.log.append(revocations).await;
        appended.map_err(|error| Unavailable::revocations(RETRY_AFTER).because(error))
    }

    /// The first reading, at the start.
    pub(super) async fn begin(&self) -> Result<Follower, RedisError> {
        let mut follower = Follower::default();
        let mut reader = self.log.reader().await?;
        self.synchronize(&mut reader, &mut follower, true).await?;
        follower.reader = Some(reader);
        Ok(follower)
    }

    /// Follows the log for as long as the process runs.
    pub(super) async fn follow(self: Arc<Self>, mut follower: Follower) {
        let mut failures: u32 = 0;
        loop {
            let step = self.step(&mut follower).await;
            self.state().report(step.is_ok());
            match step {
                Ok(()) => {
                    if failures > 0 {
                        tracing::info!(place = %self.place(), failures, "Redis answers again");
                    }
                    failures = 0;
                }
                Err(error) => {
                    // Once for each outage: it is tried again every two seconds.
                    if failures == 0 {
                        let error = ErrorChain(&error);
                        tracing::error!(%error, "Redis is lost: revocations of other replicas are not known");
                    }
                    let [first, longest] = PAUSES;
                    let pause = first.saturating_mul(1 << failures.min(8)).min(longest);
                    failures = failures.saturating_add(1);
                    self.memory.clock().sleep(pause).await;
                }
            }
        }
    }

    /// Waits for entries, and takes them in; from time to time, checks that all is as it was. After an error there is
    /// no reader.
    async fn step(&self, follower: &mut Follower) -> Result<(), RedisError> {
        let mut reader = match follower.reader.take() {
            Some(reader) => reader,
            None => {
                let mut reader = self.log.reader().await?;
                // Redis may have lost the latest of ours, which was not read yet.
                self.synchronize(&mut reader, follower, true).await?;
                reader
            }
        };
        let entries = reader.wait(&follower.position).await?;
        self.take_in(&entries, &mut follower.position);
        if self.now().saturating_sub(follower.checked) >= CHECK_EVERY {
            self.synchronize(&mut reader, follower, false).await?;
        }
        follower.reader = Some(reader);
        Ok(())
    }

    /// Steps 1 to 3. `thorough` for all that is kept, and not only what is pending.
    async fn synchronize(
        &self,
        reader: &mut Reader,
        follower: &mut Follower,
        thorough: bool,
    ) -> Result<(), RedisError> {
        self.notice_set_back(follower);
        let now_at = reader.position(&follower.position).await?;
        let is_anew = now_at != follower.position;
        if is_anew {
            self.reading.fetch_add(1, Ordering::AcqRel);
            follower.position = now_at;
        }
        self.read_to_the_end(reader, &mut follower.position).await?;
        if is_anew || thorough {
            self.repair(reader, &mut follower.position).await?;
        } else {
            let time = self.now().saturating_sub(RETURNED_WITHIN);
            let pending = self.pending.older_than(time);
            if !pending.is_empty() {
                self.log.append(&pending).await?;
            }
        }
        follower.checked = self.now();
        Ok(())
    }

    /// If the clock was set back, what was over by then may be in force: all of it is read again. The position is
    /// forgotten at once, so that a failure in between does not leave it at that.
    fn notice_set_back(&self, follower: &mut Follower) {
        let origin = self.memory.clock().now().checked_sub(self.now());
        let before = follower.origin;
        let is_set_back = match (origin, before) {
            (Some(origin), Some(before)) => {
                before.duration_since(origin).unwrap_or_default() > SET_BACK
            }
            _ => false,
        };
        if is_set_back {
            follower.position = Position::default();
        }
        // The latest, unless there is a new reading.
        if is_set_back || before.is_none() || origin > before {
            follower.origin = origin;
        }
    }

    async fn read_to_the_end(
        &self,
        reader: &mut Reader,
        position: &mut Position,
    ) -> Result<(), RedisError> {
        loop {
            let entries = reader.next(position).await?;
            self.take_in(&entries, position);
            if entries.len() < AT_ONCE {
                return Ok(());
            }
        }
    }

    /// Adds what the log does not have.
    async fn repair(&self, reader: &mut Reader, position: &mut Position) -> Result<(), RedisError> {
        let mut repairs = 0;
        loop {
            let missing = self.missing().await;
            if missing.is_empty() {
                return Ok(());
            }
            if repairs == REPAIRS {
                tracing::error!(
                    revocations = missing.len(),
                    "Redis does not keep revocations: is another program removing them?"
                );
                return Ok(());
            }
            if !self.log.begin_repair(&self.name).await? {
                self.memory.clock().sleep(REPAIR_PAUSE).await;
                self.read_to_the_end(reader, position).await?;
                continue;
            }
            // What another replica has added in the meantime.
            self.read_to_the_end(reader, position).await?;
            let missing = self.missing().await;
            for some in missing.chunks(AT_ONCE) {
                self.log.append(some).await?;
                // The right is prolonged, and what was added is read.
                self.log.begin_repair(&self.name).await?;
                self.read_to_the_end(reader, position).await?;
            }
            self.log.end_repair(&self.name).await?;
            repairs += 1;
            if !missing.is_empty() {
                let count = missing.len();
                tracing::warn!(
                    revocations = count,
                    "added revocations that Redis did not have"
                );
            }
        }
    }

    /// What is in force here and was not read from the log.
    async fn missing(&self) -> Vec<Revocation> {
        let reading = self.reading.load(Ordering::Acquire);
        let now = self.memory.clock().now();
        let mut missing = Vec::new();
        for shard in 0..Index::SHARDS {
            missing.extend(self.memory.index().without_mark(shard, reading, now));
            if shard % 64 == 0 {
                // A million of them take a while.
                tokio::task::yield_now().await;
            }
        }
        missing
    }

    /// Takes in entries. If they are fewer than one answer holds, there are no more for now: all that Redis has is known
    /// here.
    fn take_in(&self, entries: &[StreamId], position: &mut Position) {
        let reading = self.reading.load(Ordering::Acquire);
        for entry in entries {
            position.advance(entry);
            let taken_in = entry::read(&entry.map).map(|revocation| {
                self.pending.returned(&revocation);
                self.memory.insert(&revocation, reading)
            });
            match taken_in {
                Ok(Ok(())) => {}
                Ok(Err(error)) => {
                    tracing::error!(%error, "a revocation from Redis is not in effect");
                }
                Err(error) => {
                    self.unreadable.fetch_add(1, Ordering::Relaxed);
                    tracing::error!(%error, id = entry.id, "a revocation is not in effect");
                }
            }
        }
        if entries.len() < AT_ONCE {
            self.outage.answered();
        }
    }

    fn now(&self) -> Duration {
        self.memory.clock().monotonic()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redis::{OnOutage, RedisSettings};
    use crate::support::Clock;

    /// A wall clock that is ahead by a number of seconds.
    #[derive(Debug, Clone, Default)]
    struct Ahead(Arc<AtomicU64>);

    impl Clock for Ahead {
        fn now(&self) -> SystemTime {
            let ahead = Duration::from_secs(self.0.load(Ordering::Relaxed));
            SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000) + ahead
        }

        fn monotonic(&self) -> Duration {
            Duration::from_secs(1)
        }
    }

    /// Whatever happens before the log was read again, the next attempt reads it.
    #[test]
    fn a_clock_that_is_set_back_forgets_the_position_at_once() {
        let settings = RedisSettings::new("redis://127.0.0.1:1").check().unwrap();
        for (set_back_by, is_forgotten) in [(5, false), (6, true)] {
            let clock = Ahead::default();
            clock.0.store(1000, Ordering::Relaxed);
            let memory = MemoryRevocations::with_clock(clock.clone());
            let log = Log::new(Arc::new(settings.clone()), Duration::from_secs(1));
            let outage = Outage::new(OnOutage::DEFAULT, Arc::new(clock.clone()));
            let replica = Replica::new(memory, log, outage, 1);
            let mut follower = Follower::default();
            let read = StreamId {
                id: "1-1".into(),
                ..StreamId::default()
            };
            follower.position.advance(&read);
            replica.notice_set_back(&mut follower);
            assert_ne!(follower.position, Position::default(), "the control");
            clock.0.store(1000 - set_back_by, Ordering::Relaxed);
            replica.notice_set_back(&mut follower);
            let forgotten = follower.position == Position::default();
            assert_eq!(forgotten, is_forgotten, "{set_back_by} s");
            replica.notice_set_back(&mut follower);
            let forgotten = follower.position == Position::default();
            assert_eq!(forgotten, is_forgotten, "{set_back_by} s, again");
        }
    }
}
