//! The revocations of a store, in memory: a million of them take less than 96 MiB, and a check takes less than
//! 200 ns.
//!
//! | file | job |
//! |---|---|
//! | here | [`Index`]: the revocations that concern a token, and which streams wait for one |
//! | `key` | what identifies a revocation, and which of them concern a token |
//! | `tables` | all revocations of all issuers, distributed over shards |
//! | `shard` | some of them: a hash table over one block of bytes |
//! | `waiters` | the streams that wait for a revocation of their token |
//!
//! The time that any one operation holds the lock is bounded by the size of a shard: no table of all entries grows
//! or is searched at once.

mod key;
mod shard;
mod tables;
mod waiters;

use std::fmt;
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::SystemTime;

use hashbrown::DefaultHashBuilder;
use thiserror::Error;

use super::Revocation;
use crate::support::Sleep;
use crate::token::VerifiedToken;
use key::{Issuer, Key, Kind};
pub(crate) use shard::Mark;
use shard::Times;
use tables::Tables;
use waiters::{Hashes, Waiters};

/// There is no room for a revocation: those of 65,536 issuers are kept already, or sixteen terabytes of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("no room for another revocation")]
pub(crate) struct NoRoom;

/// The revocations of a store.
pub(crate) struct Index {
    tables: RwLock<Tables>,
    /// How many there are, for checks without the lock: usually none.
    len: AtomicUsize,
    waiters: Waiters,
    hasher: DefaultHashBuilder,
}

impl Index {
    /// How many shards there are.
    #[cfg(feature = "redis")]
    pub(crate) const SHARDS: usize = Tables::SHARDS;

    pub(super) fn new() -> Self {
        Self {
            tables: RwLock::default(),
            len: AtomicUsize::new(0),
            waiters: Waiters::default(),
            // Random for each process; an entry is compared as a whole, so that a collision costs time at most.
            hasher: DefaultHashBuilder::default(),
        }
    }

    /// Whether a revocation concerns the token.
    ///
    /// # Errors
    ///
    /// [`NoRoom`] if there was none for the revocations of its issuer, so that this is not known.
    pub(super) fn is_revoked(&self, token: &VerifiedToken) -> Result<bool, NoRoom> {
        if self.len() == 0 {
            return Ok(false);
        }
        let tables = self.read();
        let Some(issuer) = tables.issuer(token.canonical_issuer()) else {
            return if tables.is_full() {
                Err(NoRoom)
            } else {
                Ok(false)
            };
        };
        let is_there = |kind| tables.len_of(kind) > 0;
        Ok(key::any(token, issuer, is_there, |key| {
            let found = tables.get(key.hash(&self.hasher), &key);
            found.is_some_and(|times| key.kind().is_timeless() || is_earlier(token, times.at))
        }))
    }

    /// Completes once a revocation may concern the token that did not at the time of the call.
    pub(super) fn changed(&self, token: &VerifiedToken) -> Sleep {
        let issuer = token.canonical_issuer();
        let mut hashes = Hashes::new();
        // A claim with several values is not parsed for this: any revocation of a role wakes.
        key::any(
            token,
            Issuer::MIN,
            |kind| !kind.is_in_a_list(),
            |key| {
                hashes.push(self.wake_hash(issuer, &key));
                false
            },
        );
        let lists = Kind::LISTS.map(|kind| Key::any(kind, Issuer::MIN));
        hashes.extend(lists.iter().map(|key| self.wake_hash(issuer, key)));
        self.waiters.wait(hashes)
    }

    /// Adds a revocation until it is over, or merges it into the one that is there: the later times count.
    ///
    /// # Errors
    ///
    /// [`NoRoom`] if it is not in effect.
    pub(super) fn insert(
        &self,
        revocation: &Revocation,
        until: SystemTime,
        mark: Mark,
    ) -> Result<(), NoRoom> {
        let (name, target) = (&revocation.issuer, &revocation.target);
        let times = Times {
            at: revocation.at,
            until,
            mark,
        };
        let inserted = {
            let mut tables = self.write();
            let inserted = tables.issuer_or_new(name).is_some_and(|issuer| {
                let key = Key::of(target, issuer);
                let hash = key.hash(&self.hasher);
                tables.insert(hash, &key, times, &self.hasher)
            });
            self.len.store(tables.len(), Ordering::Release);
            inserted
        };
        let key = Key::of(target, Issuer::MIN);
        let key = match key.kind().is_in_a_list() {
            true => Key::any(key.kind(), Issuer::MIN),
            false => key,
        };
        // After the entry is there: who is woken finds it.
        self.waiters.wake(self.wake_hash(name, &key));
        inserted.then_some(()).ok_or(NoRoom)
    }

    /// What the waiters for a key of this issuer are found by. The issuer may have no place in the tables yet.
    fn wake_hash(&self, issuer: &str, key: &Key<'_>) -> u64 {
        key.hash(&self.hasher) ^ self.hasher.hash_one(issuer)
    }

    /// Forgets the revocations of one shard that are over at `now`, in turn.
    pub(super) fn forget_some(&self, now: SystemTime) {
        let mut tables = self.write();
        tables.forget_some(now, &self.hasher);
        self.len.store(tables.len(), Ordering::Release);
    }

    /// Forgets all that are over at `now`.
    pub(super) fn forget_all(&self, now: SystemTime) {
        for _ in 0..Tables::SHARDS {
            // The lock is free in between.
            self.forget_some(now);
        }
    }

    /// All revocations, shard by shard: the lock is free in between.
    pub(super) fn to_vec(&self) -> Vec<Revocation> {
        let shards = 0..Tables::SHARDS;
        shards
            .flat_map(|shard| self.read().revocations(shard, |_| true))
            .collect()
    }

    /// The revocations of one shard that have another mark and are not over at `now`.
    #[cfg(feature = "redis")]
    pub(crate) fn without_mark(
        &self,
        shard: usize,
        mark: Mark,
        now: SystemTime,
    ) -> Vec<Revocation> {
        let wanted = |times: Times| times.mark != mark && times.until > now;
        self.read().revocations(shard, wanted)
    }

    pub(super) fn len(&self) -> usize {
        self.len.load(Ordering::Acquire)
    }

    fn read(&self) -> RwLockReadGuard<'_, Tables> {
        // An update that a panic interrupts leaves every shard valid.
        self.tables.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Tables> {
        self.tables.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether the token was issued before `at`, or may have been.
fn is_earlier(token: &VerifiedToken, at: SystemTime) -> bool {
    token.issued_at().is_none_or(|issued| issued < at)
}

/// Shows the number alone, since the rest identifies users.
impl fmt::Debug for Index {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Index").field("len", &self.len()).finish()
    }
}
