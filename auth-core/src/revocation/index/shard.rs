//! [`Shard`]: some of the revocations, as a hash table over one block of bytes.
//!
//! An entry is its times, a mark and its [key](super::key), one behind the other in the block; the table holds
//! where each begins. So an entry takes no separate allocation, and three words less than a map from strings.

use std::cmp::Ordering::{Equal, Greater, Less};
use std::hash::BuildHasher;
use std::time::SystemTime;

use hashbrown::HashTable;

use super::key::{Key, Kind};
use crate::revocation::{Revocation, nanos};

/// Where an entry was last seen: in which reading of a shared log.
pub(crate) type Mark = u32;

/// The times of an entry, as [`nanos`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Times {
    pub(super) at: SystemTime,
    pub(super) until: SystemTime,
    pub(super) mark: Mark,
}

impl Times {
    /// Those of the later change, for an entry that was there before. The mark is about this change: an earlier one
    /// that was seen elsewhere says nothing about it.
    fn merged(self, before: Self) -> Self {
        let until = self.until.max(before.until);
        let (at, mark) = match self.at.cmp(&before.at) {
            Greater => (self.at, self.mark),
            Equal => (self.at, self.mark.max(before.mark)),
            Less => (before.at, before.mark),
        };
        Self { at, until, mark }
    }

    fn to_bytes(self) -> [u8; TIMES] {
        let mut bytes = [0; TIMES];
        let (at, rest) = bytes.split_at_mut(8);
        let (until, mark) = rest.split_at_mut(8);
        at.copy_from_slice(&nanos::of(self.at).to_le_bytes());
        until.copy_from_slice(&nanos::of(self.until).to_le_bytes());
        mark.copy_from_slice(&self.mark.to_le_bytes());
        bytes
    }

    fn from_bytes(bytes: &[u8; TIMES]) -> Self {
        let word = |bytes: Option<&[u8; 8]>| {
            nanos::to_time(bytes.map_or(u64::MAX, |bytes| u64::from_le_bytes(*bytes)))
        };
        let mark = bytes
            .last_chunk()
            .map_or(0, |mark| Mark::from_le_bytes(*mark));
        Self {
            at: word(bytes.first_chunk()),
            until: word(bytes.get(8..).and_then(<[u8]>::first_chunk)),
            mark,
        }
    }
}

const TIMES: usize = 20;
/// The bytes of an entry before its key: the times, and the length of the key.
const HEAD: usize = TIMES + 4;

/// Some of the revocations.
#[derive(Debug, Default)]
pub(super) struct Shard {
    /// Where the entries begin.
    table: HashTable<u32>,
    bytes: Vec<u8>,
    /// How many of the bytes belong to entries that are no longer in the table.
    dead: usize,
}

impl Shard {
    pub(super) fn get(&self, hash: u64, key: &Key<'_>) -> Option<Times> {
        let begin = self
            .table
            .find(hash, |begin| is(&self.bytes, *begin, key))?;
        Some(entry(&self.bytes, *begin)?.0)
    }

    /// Adds an entry, or merges it into the one that is there. Returns whether it is new; `None` if there is no
    /// room.
    pub(super) fn insert(
        &mut self,
        hash: u64,
        key: &Key<'_>,
        times: Times,
        hasher: &impl BuildHasher,
    ) -> Option<bool> {
        let bytes = &self.bytes;
        if let Some(begin) = self.table.find(hash, |begin| is(bytes, *begin, key)) {
            let begin = usize::try_from(*begin).ok()?;
            let place = self.bytes.get_mut(begin..)?.first_chunk_mut::<TIMES>()?;
            *place = times.merged(Times::from_bytes(place)).to_bytes();
            return Some(false);
        }
        let begin = u32::try_from(self.bytes.len()).ok()?;
        let length = u32::try_from(key.len()).ok()?;
        let more = HEAD.checked_add(key.len())?;
        u32::try_from(self.bytes.len().checked_add(more)?).ok()?;
        if self.bytes.capacity() - self.bytes.len() < more {
            // By an eighth: doubling would leave half of the memory unused.
            self.bytes.reserve_exact(more.max(self.bytes.len() / 8));
        }
        self.bytes.extend(times.to_bytes());
        self.bytes.extend(length.to_le_bytes());
        key.write(&mut self.bytes);
        let bytes = &self.bytes;
        self.table
            .insert_unique(hash, begin, |begin| hash_at(bytes, *begin, hasher));
        Some(true)
    }

    /// Forgets the entries that are over at `now`, and calls `gone` with the kind of each.
    pub(super) fn forget(
        &mut self,
        now: SystemTime,
        hasher: &impl BuildHasher,
        mut gone: impl FnMut(Kind),
    ) {
        let (bytes, dead) = (&self.bytes, &mut self.dead);
        self.table.retain(|begin| {
            let Some((times, raw)) = entry(bytes, *begin) else {
                return false;
            };
            if times.until > now {
                return true;
            }
            *dead += HEAD + raw.len();
            if let Some(key) = Key::read(raw) {
                gone(key.kind());
            }
            false
        });
        if self.dead > self.bytes.len() / 2 {
            self.compact(hasher);
        }
    }

    /// Moves the entries together.
    fn compact(&mut self, hasher: &impl BuildHasher) {
        let mut bytes = Vec::with_capacity(self.bytes.len().saturating_sub(self.dead));
        for place in &mut self.table {
            let moved = u32::try_from(bytes.len()).ok();
            let raw = entry(&self.bytes, *place).and_then(|(_, raw)| {
                let begin = usize::try_from(*place).ok()?;
                self.bytes.get(begin..begin.checked_add(HEAD + raw.len())?)
            });
            if let Some((moved, raw)) = moved.zip(raw) {
                bytes.extend_from_slice(raw);
                *place = moved;
            }
        }
        self.bytes = bytes;
        self.dead = 0;
        let bytes = &self.bytes;
        self.table
            .shrink_to_fit(|begin| hash_at(bytes, *begin, hasher));
    }

    /// The revocations whose times are `wanted`.
    pub(super) fn revocations<'a>(
        &'a self,
        issuers: &'a [Box<str>],
        wanted: impl Fn(Times) -> bool + 'a,
    ) -> impl Iterator<Item = Revocation> + 'a {
        self.table.iter().filter_map(move |begin| {
            let (times, raw) = entry(&self.bytes, *begin)?;
            if !wanted(times) {
                return None;
            }
            let key = Key::read(raw)?;
            let issuer = issuers.get(usize::from(key.issuer()))?;
            Some(Revocation::new(issuer.clone(), key.target(), times.at))
        })
    }
}

/// The times and the key of the entry that begins there.
fn entry(bytes: &[u8], begin: u32) -> Option<(Times, &[u8])> {
    let bytes = bytes.get(usize::try_from(begin).ok()?..)?;
    let (times, bytes) = bytes.split_first_chunk::<TIMES>()?;
    let (length, bytes) = bytes.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    Some((Times::from_bytes(times), bytes.get(..length)?))
}

fn is(bytes: &[u8], begin: u32, key: &Key<'_>) -> bool {
    entry(bytes, begin).is_some_and(|(_, raw)| key.is(raw))
}

fn hash_at(bytes: &[u8], begin: u32, hasher: &impl BuildHasher) -> u64 {
    let key = entry(bytes, begin).and_then(|(_, raw)| Key::read(raw));
    key.map_or(0, |key| key.hash(hasher))
}
