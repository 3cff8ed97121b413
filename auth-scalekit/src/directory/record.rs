//! [`Record`]: one thing that the directory knows, and how a newer record replaces it.

use std::fmt;
use std::time::{Duration, SystemTime};

/// The longest id, in bytes.
const MAX_ID_BYTES: usize = 64;
/// The longest e-mail address and the longest name, in bytes. What is longer, or has control characters,
/// is treated as not stated.
const MAX_TEXT_BYTES: usize = 512;

/// What a record is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum RecordKind {
    /// An organization.
    Organization,
    /// A user of Scalekit in an organization.
    Member,
    /// A directory of an organization.
    Directory,
    /// A user of a directory.
    DirectoryUser,
    /// A group of a directory.
    DirectoryGroup,
}

impl RecordKind {
    pub(super) const ALL: [Self; 5] = [
        Self::Organization,
        Self::Member,
        Self::Directory,
        Self::DirectoryUser,
        Self::DirectoryGroup,
    ];

    /// The name in logs and tables, such as `directory_user`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Organization => "organization",
            Self::Member => "member",
            Self::Directory => "directory",
            Self::DirectoryUser => "directory_user",
            Self::DirectoryGroup => "directory_group",
        }
    }

    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    pub(super) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// Which thing a record is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) kind: RecordKind,
    pub(super) organization_id: Box<str>,
    pub(super) id: Box<str>,
}

/// When something was so: the time of the event or of the listing, and the event, whose id decides between events of
/// the same time.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Version {
    /// Since 1970, in nanoseconds: until the year 2262.
    pub(super) nanos: i64,
    /// Empty for a listing, which therefore comes before all events of its time.
    pub(super) event_id: Box<str>,
}

impl Version {
    pub(super) fn of_listing(at: SystemTime) -> Self {
        Self {
            nanos: to_nanos(at),
            event_id: Box::default(),
        }
    }

    pub(super) fn of_event(at: SystemTime, event_id: &str) -> Self {
        Self {
            nanos: to_nanos(at),
            event_id: event_id.into(),
        }
    }

    pub(super) fn is_of_listing(&self) -> bool {
        self.event_id.is_empty()
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Version {
    /// Ids are numbers behind a prefix: a longer one is later.
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let rank = |it: &Self| (it.nanos, it.event_id.len());
        let order = rank(self).cmp(&rank(other));
        order.then_with(|| self.event_id.cmp(&other.event_id))
    }
}

/// Since 1970, in nanoseconds. A time that cannot be expressed is moved to the nearest that can.
pub(super) fn to_nanos(time: SystemTime) -> i64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |since| {
        i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
    })
}

/// The time of nanoseconds since 1970.
pub(super) fn from_nanos(nanos: i64) -> SystemTime {
    let nanos = u64::try_from(nanos).unwrap_or_default();
    SystemTime::UNIX_EPOCH + Duration::from_nanos(nanos)
}

/// A duration in nanoseconds, 292 years at most.
pub(super) fn duration_nanos(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)
}

/// One thing that the directory knows. What is `None` was not stated. `Debug` shows neither names nor addresses.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) key: Key,
    pub(super) version: Version,
    /// Whether it is known to exist no more. Kept, so that an older event does not bring it back.
    pub(super) is_removed: bool,
    /// Of a member and a user of a directory: is active. Of a directory: is switched on.
    pub(super) is_active: Option<bool>,
    /// In lower case.
    pub(super) email: Option<Box<str>>,
    /// Of a group.
    pub(super) name: Option<Box<str>>,
    /// Of a user and a group of a directory.
    pub(super) directory_id: Option<Box<str>>,
    /// Of a user of a directory.
    pub(super) group_ids: Vec<Box<str>>,
    /// Of a member: when the membership has begun. Of an organization: the version of its last full listing. Of what was
    /// removed: when that was, at the latest.
    pub(super) since: Option<i64>,
}

impl Record {
    /// A record that states nothing but that the thing exists.
    pub(super) fn new(key: Key, version: Version) -> Self {
        Self {
            key,
            version,
            is_removed: false,
            is_active: None,
            email: None,
            name: None,
            directory_id: None,
            group_ids: Vec::new(),
            since: None,
        }
    }

    /// A record that states that the thing does not exist.
    pub(super) fn removed(key: Key, version: Version) -> Self {
        Self {
            is_removed: true,
            since: Some(version.nanos),
            ..Self::new(key, version)
        }
    }

    pub(super) fn with_active(mut self, is_active: Option<bool>) -> Self {
        self.is_active = is_active;
        self
    }

    pub(super) fn with_email(mut self, address: Option<&str>) -> Self {
        self.email = address
            .filter(|it| is_text(it))
            .map(|address| address.to_ascii_lowercase().into());
        self
    }

    pub(super) fn with_name(mut self, name: Option<&str>) -> Self {
        self.name = name.filter(|it| is_text(it)).map(Box::from);
        self
    }

    pub(super) fn in_directory(mut self, id: Option<Box<str>>) -> Self {
        self.directory_id = id;
        self
    }

    /// Sets the groups, in a fixed order, so that equal sets are equal records.
    pub(super) fn in_groups(mut self, ids: impl IntoIterator<Item = Box<str>>) -> Self {
        self.group_ids = ids.into_iter().collect();
        self.group_ids.sort_unstable();
        self.group_ids.dedup();
        self
    }

    pub(super) fn with_since(mut self, since: Option<i64>) -> Self {
        self.since = since;
        self
    }

    /// What is known once this record has arrived, where `stored` was known; `None` if this record is not newer than
    /// that, and than the last full listing of its organization.
    pub(super) fn after(mut self, stored: Option<&Self>, listed: Option<&Version>) -> Option<Self> {
        if let Some(stored) = stored
            && let Some(sooner) = stored.removed_sooner(&self)
        {
            return Some(sooner);
        }
        if listed.is_some_and(|listed| self.version < *listed) {
            return None;
        }
        let Some(stored) = stored else {
            return Some(self);
        };
        if self.version <= stored.version {
            return stored.listed_later(&self);
        }
        if self.key.kind == RecordKind::Organization {
            self.since = self.since.max(stored.since);
        }
        // Whose address it was is needed for as long as the removal of a user of a directory counts.
        if !self.is_removed || self.key.kind == RecordKind::DirectoryUser {
            self.email = self.email.take().or_else(|| stored.email.clone());
        }
        if !stored.is_removed && !self.is_removed {
            self.is_active = self.is_active.or(stored.is_active);
            self.name = self.name.take().or_else(|| stored.name.clone());
            self.since = self.since.or(stored.since);
            let known = || stored.directory_id.clone();
            self.directory_id = self.directory_id.take().or_else(known);
        }
        Some(self)
    }

    /// A listing finds that something was removed; the event that arrives later states when.
    fn removed_sooner(&self, event: &Self) -> Option<Self> {
        let is_sooner = event.since < self.since && !event.version.is_of_listing();
        let both_removed = self.is_removed && event.is_removed;
        (both_removed && is_sooner && self.version.is_of_listing()).then(|| Self {
            since: event.since,
            ..self.clone()
        })
    }

    /// An event about an organization is later than a listing that was in progress, and does not undo it.
    fn listed_later(&self, listing: &Self) -> Option<Self> {
        let is_of_organization = self.key.kind == RecordKind::Organization && !self.is_removed;
        let is_later = is_of_organization && !listing.is_removed && listing.since > self.since;
        is_later.then(|| Self {
            since: listing.since,
            ..self.clone()
        })
    }

    /// Whether this record states something that `stored` does not.
    pub(super) fn changes(&self, stored: Option<&Self>) -> bool {
        stored.is_none_or(|stored| {
            let same_version = Self {
                version: self.version.clone(),
                ..stored.clone()
            };
            *self != same_version
        })
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record")
            .field("key", &self.key)
            .field("version", &self.version)
            .field("is_removed", &self.is_removed)
            .field("is_active", &self.is_active)
            .field("directory_id", &self.directory_id)
            .field("group_ids", &self.group_ids)
            .finish_non_exhaustive()
    }
}

/// Whether a name or an address can be stored: databases do not store U+0000, and no name has control characters.
fn is_text(text: &str) -> bool {
    (1..=MAX_TEXT_BYTES).contains(&text.len()) && !text.chars().any(char::is_control)
}

/// An id that can be stored: visible ASCII, at most 64 bytes.
pub(super) fn id(text: &str) -> Option<Box<str>> {
    let is_visible = text.bytes().all(|byte| byte.is_ascii_graphic());
    (is_visible && (1..=MAX_ID_BYTES).contains(&text.len())).then(|| text.into())
}
