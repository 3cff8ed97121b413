//! [`Mirror`]: all that is known, in memory, by which requests are decided.
//!
//! | file | job |
//! |---|---|
//! | here | [`Mirror`]: the organizations, each with a lock |
//! | `organization` | one organization: its records, and who of its users is active |
//! | `report` | [`Changes`]: what records have changed |

mod organization;
mod report;

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use super::record::{Key, Record, RecordKind, Version};
pub(super) use organization::Organization;
pub(super) use report::Changes;
pub use report::{RecordChange, RecordCounts};

/// All that is known. A change of one organization does not hold up the requests of another.
#[derive(Debug, Default)]
pub(super) struct Mirror(RwLock<HashMap<Box<str>, Arc<RwLock<Organization>>>>);

impl Mirror {
    /// Takes in records, in any order, as often as they come, and returns what they have changed.
    pub(super) fn apply(&self, records: Vec<Record>, origin: Origin) -> Changes {
        let mut by_organization: HashMap<Box<str>, Vec<Record>> = HashMap::new();
        for record in records {
            let organization = record.key.organization_id.clone();
            by_organization
                .entry(organization)
                .or_default()
                .push(record);
        }
        let mut changes = Changes::default();
        for (id, records) in by_organization {
            let organization = self.organization_or_new(&id);
            let mut organization = organization.write().unwrap_or_else(PoisonError::into_inner);
            organization.apply(records, origin, &mut changes);
        }
        changes
    }

    /// Asks an organization, if it was listed; together with when that was.
    pub(super) fn ask<T>(
        &self,
        organization_id: &str,
        ask: impl FnOnce(&Organization) -> T,
    ) -> (Listed, Option<T>) {
        let answer = self.read(organization_id, |it| match it.listed() {
            listed @ Listed::At(_) => (listed, Some(ask(it))),
            listed => (listed, None),
        });
        answer.unwrap_or((Listed::Never, None))
    }

    /// Forgets everything.
    pub(super) fn clear(&self) {
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        all.clear();
    }

    /// The ids of the members with the address of this user of a directory, also with the one that was known.
    pub(super) fn members_beside(&self, user: &Record) -> Vec<Box<str>> {
        let members = self.read(&user.key.organization_id, |it| it.members_beside(user));
        members.unwrap_or_default()
    }

    /// The ids of the organizations that are known and were not removed.
    pub(super) fn organizations(&self) -> Vec<Box<str>> {
        let all = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let all: Vec<_> = all
            .iter()
            .map(|(id, it)| (id.clone(), Arc::clone(it)))
            .collect();
        let exists = |it: &RwLock<Organization>| {
            let organization = it.read().unwrap_or_else(PoisonError::into_inner);
            organization.exists()
        };
        let existing = all.into_iter().filter(|(_, it)| exists(it));
        existing.map(|(id, _)| id).collect()
    }

    /// Those records that a listing at `version` would have had to contain if they existed, and that are not in
    /// `listed`.
    pub(super) fn absent(
        &self,
        organization_id: &str,
        kind: RecordKind,
        version: &Version,
        is_listed: impl Fn(&Record) -> bool,
    ) -> Vec<Key> {
        let absent = self.read(organization_id, |it| {
            let older = it.existing(kind).filter(|record| record.version < *version);
            let absent = older.filter(|record| !is_listed(record));
            absent.map(|record| record.key.clone()).collect()
        });
        absent.unwrap_or_default()
    }

    /// How many records of each kind there are that were not removed.
    pub(super) fn counts(&self) -> RecordCounts {
        let mut counts = RecordCounts::default();
        let all = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let all: Vec<_> = all.values().map(Arc::clone).collect();
        for organization in all {
            let organization = organization.read().unwrap_or_else(PoisonError::into_inner);
            for kind in RecordKind::ALL {
                counts.add(kind, organization.existing(kind).count());
            }
        }
        counts
    }

    fn read<T>(&self, organization_id: &str, read: impl FnOnce(&Organization) -> T) -> Option<T> {
        let organization = {
            let all = self.0.read().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(all.get(organization_id)?)
        };
        let organization = organization.read().unwrap_or_else(PoisonError::into_inner);
        Some(read(&organization))
    }

    fn organization_or_new(&self, id: &str) -> Arc<RwLock<Organization>> {
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(all.entry(id.into()).or_default())
    }
}

/// Where records come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// From events and listings. What is newer is decided here.
    News,
    /// From the store, which has decided it for all replicas.
    Store,
}

/// Whether an organization was listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Listed {
    /// Nothing, or not all, is known of it.
    Never,
    /// The version of its last full listing, in nanoseconds since 1970.
    At(i64),
    /// It does not exist any more.
    Removed,
}
