//! [`Tables`]: all revocations of all issuers, distributed over shards.

use std::hash::BuildHasher;
use std::time::SystemTime;

use hashbrown::HashMap;

use super::key::{Issuer, Key, Kind};
use super::shard::{Shard, Times};
use crate::revocation::Revocation;

/// All revocations.
#[derive(Debug)]
pub(super) struct Tables {
    shards: Box<[Shard]>,
    issuers: Vec<Box<str>>,
    places: HashMap<Box<str>, Issuer>,
    by_kind: [usize; Kind::COUNT],
    /// The shard whose turn it is to forget.
    turn: usize,
}

impl Default for Tables {
    fn default() -> Self {
        Self {
            shards: (0..Self::SHARDS).map(|_| Shard::default()).collect(),
            issuers: Vec::new(),
            places: HashMap::new(),
            by_kind: [0; Kind::COUNT],
            turn: 0,
        }
    }
}

impl Tables {
    /// A million entries are 244 a shard, which is searched, moved or doubled within some 15 us.
    pub(super) const SHARDS: usize = 4096;

    pub(super) fn len(&self) -> usize {
        self.by_kind.iter().sum()
    }

    pub(super) fn len_of(&self, kind: Kind) -> usize {
        self.by_kind.get(kind as usize).copied().unwrap_or_default()
    }

    /// The place of an issuer that has revocations.
    pub(super) fn issuer(&self, name: &str) -> Option<Issuer> {
        self.places.get(name).copied()
    }

    /// Whether there is no room for another issuer, so that the revocations of those without a place may be missing.
    pub(super) fn is_full(&self) -> bool {
        Issuer::try_from(self.issuers.len()).is_err()
    }

    /// The place of an issuer; `None` if there are 65,536 others.
    pub(super) fn issuer_or_new(&mut self, name: &str) -> Option<Issuer> {
        if let Some(issuer) = self.issuer(name) {
            return Some(issuer);
        }
        let issuer = Issuer::try_from(self.issuers.len()).ok()?;
        self.issuers.push(name.into());
        self.places.insert(name.into(), issuer);
        Some(issuer)
    }

    pub(super) fn get(&self, hash: u64, key: &Key<'_>) -> Option<Times> {
        self.shards.get(place(hash))?.get(hash, key)
    }

    /// Returns whether there was room.
    pub(super) fn insert(
        &mut self,
        hash: u64,
        key: &Key<'_>,
        times: Times,
        hasher: &impl BuildHasher,
    ) -> bool {
        let shard = self.shards.get_mut(place(hash));
        let added = shard.and_then(|shard| shard.insert(hash, key, times, hasher));
        if added == Some(true)
            && let Some(count) = self.by_kind.get_mut(key.kind() as usize)
        {
            *count += 1;
        }
        added.is_some()
    }

    /// Forgets the entries of one shard that are over at `now`, in turn.
    pub(super) fn forget_some(&mut self, now: SystemTime, hasher: &impl BuildHasher) {
        let by_kind = &mut self.by_kind;
        if let Some(shard) = self.shards.get_mut(self.turn) {
            shard.forget(now, hasher, |kind| {
                if let Some(count) = by_kind.get_mut(kind as usize) {
                    *count = count.saturating_sub(1);
                }
            });
        }
        self.turn = (self.turn + 1) % Self::SHARDS;
    }

    /// The revocations of one shard whose times are `wanted`.
    pub(super) fn revocations(
        &self,
        shard: usize,
        wanted: impl Fn(Times) -> bool,
    ) -> Vec<Revocation> {
        let shard = self.shards.get(shard);
        shard.map_or_else(Vec::new, |shard| {
            shard.revocations(&self.issuers, wanted).collect()
        })
    }
}

/// The shard of a hash. The table in it uses the lowest and the highest bits.
fn place(hash: u64) -> usize {
    usize::try_from(hash >> 32).unwrap_or_default() % Tables::SHARDS
}
