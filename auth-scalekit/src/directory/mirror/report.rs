//! [`Changes`]: what records have changed.

use std::fmt;

use crate::directory::record::{Key, RecordKind};

/// How many changes are named. The others are counted.
const MAX_NAMED: usize = 1_000;

/// How many records of each kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct RecordCounts {
    /// Organizations.
    pub organizations: usize,
    /// Users of Scalekit in organizations.
    pub members: usize,
    /// Directories.
    pub directories: usize,
    /// Users of directories.
    pub directory_users: usize,
    /// Groups of directories.
    pub directory_groups: usize,
}

impl RecordCounts {
    pub(in crate::directory) fn add(&mut self, kind: RecordKind, count: usize) {
        *match kind {
            RecordKind::Organization => &mut self.organizations,
            RecordKind::Member => &mut self.members,
            RecordKind::Directory => &mut self.directories,
            RecordKind::DirectoryUser => &mut self.directory_users,
            RecordKind::DirectoryGroup => &mut self.directory_groups,
        } += count;
    }

    fn merge(&mut self, other: Self) {
        self.organizations += other.organizations;
        self.members += other.members;
        self.directories += other.directories;
        self.directory_users += other.directory_users;
        self.directory_groups += other.directory_groups;
    }

    /// All of them together.
    #[must_use]
    pub fn total(&self) -> usize {
        let Self {
            organizations,
            members,
            directories,
            directory_users,
            directory_groups,
        } = self;
        organizations + members + directories + directory_users + directory_groups
    }
}

/// One thing whose record was added, changed or removed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecordChange {
    /// What it is.
    pub kind: RecordKind,
    /// Its organization, `org_…`.
    pub organization_id: String,
    /// Its id, such as `usr_…` or `diruser_…`.
    pub id: String,
}

impl fmt::Display for RecordChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = self.kind.as_str();
        write!(f, "{kind} {} of {}", self.id, self.organization_id)
    }
}

/// What records have changed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::directory) struct Changes {
    pub(in crate::directory) added: RecordCounts,
    pub(in crate::directory) changed: RecordCounts,
    pub(in crate::directory) removed: RecordCounts,
    /// The first of them.
    pub(in crate::directory) named: Vec<RecordChange>,
}

impl Changes {
    pub(super) fn added(&mut self, key: &Key) {
        self.added.add(key.kind, 1);
        self.name(key);
    }

    pub(super) fn changed(&mut self, key: &Key) {
        self.changed.add(key.kind, 1);
        self.name(key);
    }

    pub(super) fn removed(&mut self, key: &Key) {
        self.removed.add(key.kind, 1);
        self.name(key);
    }

    fn name(&mut self, key: &Key) {
        if self.named.len() < MAX_NAMED {
            self.named.push(RecordChange {
                kind: key.kind,
                organization_id: key.organization_id.to_string(),
                id: key.id.to_string(),
            });
        }
    }

    pub(in crate::directory) fn merge(&mut self, other: Self) {
        self.added.merge(other.added);
        self.changed.merge(other.changed);
        self.removed.merge(other.removed);
        let room = MAX_NAMED - self.named.len();
        self.named.extend(other.named.into_iter().take(room));
    }
}
