//! [`Replica`]: follows the log, and adds to it what Redis has lost.
//!
//! 1. It connects, and finds out whether the stream still holds all that it has read (see `log`). If not, it reads
//!    all of it again.
//! 2. It reads to the end.
//! 3. What it keeps but has not read there is missing: what was revoked here during an outage, and what Redis has
//!    lost. It adds that. One replica at a time, so that the next one finds it already.
//! 4. It waits for entries. After each second without one, and after each failure, it begins with 1.
//!
//! Which revocations were read is marked at each: with the number of this reading of the log.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use redis::streams::StreamId;

use super::connect::RedisError;
use super::entry;
use super::log::{Log, Position, Reader};
use super::outage::Outage;
use super::state::RedisState;
use crate::error::ErrorChain;
use crate::revocation::{MemoryRevocations, Revocation};
use crate::verifier::Unavailable;

/// The first and the longest pause after a failure.
const PAUSES: [Duration; 2] = [Duration::from_millis(100), Duration::from_secs(2)];
/// How long another replica is waited for that is repairing.
const REPAIR_PAUSE: Duration = Duration::from_millis(100);
/// How long a caller should wait after a failure.
const RETRY_AFTER: Duration = Duration::from_secs(1);

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
    /// Whether something was revoked here and could not be appended.
    unpublished: AtomicBool,
}

impl Replica {
    pub(super) fn new(memory: MemoryRevocations, log: Log, outage: Outage, name: u128) -> Self {
        Self {
            memory,
            log,
            outage,
            name: format!("{name:032x}"),
            reading: AtomicU32::new(0),
            unpublished: AtomicBool::new(false),
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
            unpublished: self.unpublished.load(Ordering::Acquire),
        }
    }

    /// Revokes here at once, and appends to the log.
    pub(super) async fn revoke(&self, revocations: &[Revocation]) -> Result<(), Unavailable> {
        for revocation in revocations {
            let inserted = self.memory.insert(revocation, 0);
            inserted.map_err(|error| Unavailable::revocations(RETRY_AFTER).because(error))?;
        }
        let now = self.memory.clock().now();
        let appended = self.log.append(revocations, now).await;
        appended.map_err(|error| {
            self.unpublished.store(true, Ordering::Release);
            Unavailable::revocations(RETRY_AFTER).because(error)
        })
    }

    /// The first reading, at the start.
    pub(super) async fn begin(&self) -> Result<(Reader, Position), RedisError> {
        let mut reader = self.log.reader().await?;
        let mut position = Position::default();
        self.synchronize(&mut reader, &mut position).await?;
        Ok((reader, position))
    }

    /// Follows the log for as long as the process runs.
    pub(super) async fn follow(self: Arc<Self>, begun: (Reader, Position)) {
        let (reader, mut position) = begun;
        let mut reader = Some(reader);
        let mut failures: u32 = 0;
        loop {
            let step = self.step(&mut reader, &mut position).await;
            self.state().report(step.is_ok());
            match step {
                Ok(()) => {
                    if failures > 0 {
                        tracing::info!(place = %self.place(), failures, "Redis answers again");
                    }
                    failures = 0;
                }
                Err(error) => {
                    reader = None;
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

    /// Waits for entries, and takes them in; without any, looks whether all is as it was.
    async fn step(
        &self,
        place: &mut Option<Reader>,
        position: &mut Position,
    ) -> Result<(), RedisError> {
        let reader = match place {
            Some(reader) => reader,
            None => {
                let reader = place.insert(self.log.reader().await?);
                // Redis may have lost the latest of ours, which was not read yet.
                self.unpublished.store(true, Ordering::Release);
                self.synchronize(reader, position).await?;
                reader
            }
        };
        let entries = reader.wait(position).await?;
        self.take_in(&entries, position);
        if entries.is_empty() || self.unpublished.load(Ordering::Acquire) {
            self.synchronize(reader, position).await?;
        }
        self.outage.answered();
        Ok(())
    }

    /// Steps 1 to 3.
    async fn synchronize(
        &self,
        reader: &mut Reader,
        position: &mut Position,
    ) -> Result<(), RedisError> {
        let now_at = reader.position(position, &self.name).await?;
        let is_anew = now_at != *position;
        if is_anew {
            self.reading.fetch_add(1, Ordering::AcqRel);
            *position = now_at;
        }
        self.read_to_the_end(reader, position).await?;
        let is_unpublished = self.unpublished.swap(false, Ordering::AcqRel);
        if (is_anew || is_unpublished)
            && let Err(error) = self.repair(reader, position).await
        {
            self.unpublished.store(true, Ordering::Release);
            return Err(error);
        }
        self.outage.answered();
        Ok(())
    }

    async fn read_to_the_end(
        &self,
        reader: &mut Reader,
        position: &mut Position,
    ) -> Result<(), RedisError> {
        loop {
            let entries = reader.next(position).await?;
            if entries.is_empty() {
                return Ok(());
            }
            self.take_in(&entries, position);
        }
    }

    /// Adds what the log does not have.
    async fn repair(&self, reader: &mut Reader, position: &mut Position) -> Result<(), RedisError> {
        while !self.missing().is_empty() {
            if !self.log.begin_repair(&self.name).await? {
                self.memory.clock().sleep(REPAIR_PAUSE).await;
                self.read_to_the_end(reader, position).await?;
                continue;
            }
            // What another replica has added in the meantime.
            self.read_to_the_end(reader, position).await?;
            let missing = self.missing();
            self.log.append(&missing, self.memory.clock().now()).await?;
            self.read_to_the_end(reader, position).await?;
            self.log.end_repair(&self.name).await?;
            tracing::warn!(
                revocations = missing.len(),
                "added revocations that Redis did not have"
            );
        }
        Ok(())
    }

    /// What is in force here and was not read from the log.
    fn missing(&self) -> Vec<Revocation> {
        let reading = self.reading.load(Ordering::Acquire);
        let now = self.memory.clock().now();
        let mut missing = Vec::new();
        self.memory.index().for_each(|kept| {
            if kept.mark != reading && kept.until > now {
                missing.push(kept.revocation);
            }
        });
        missing
    }

    fn take_in(&self, entries: &[StreamId], position: &mut Position) {
        let reading = self.reading.load(Ordering::Acquire);
        for entry in entries {
            position.advance(entry);
            let taken_in = entry::read(&entry.map).map(|it| self.memory.insert(&it, reading));
            match taken_in {
                Ok(Ok(())) => {}
                Ok(Err(error)) => {
                    tracing::error!(%error, "a revocation from Redis is not in effect");
                }
                Err(error) => {
                    tracing::error!(%error, id = entry.id, "a revocation is not in effect");
                }
            }
        }
    }
}
