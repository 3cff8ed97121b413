//! A full listing: all organizations, their members, directories, groups and users of directories.
//!
//! For each organization:
//!
//! 1. The version of everything is when its listing begins, less the skew of the clocks: what events state that are
//!    later than this stays.
//! 2. Members, then directories, then the groups and users of those that are switched on.
//! 3. What is known, is older, and was in no list: listed once more. What is absent again is removed.
//! 4. The organization is recorded as listed: older events count no more.
//!
//! At last, the organizations themselves by the same rule.

use std::collections::HashSet;
use std::time::{Duration, SystemTime};

use super::error::DirectoryError;
use super::listing_report::ListingReport;
use super::mirror::Changes;
use super::record::{Key, Record, RecordKind, Version, id, to_nanos};
use super::scalekit_directory::{ScalekitDirectory, Shared};
use crate::management::{
    Directory, DirectoryGroupFilter, DirectoryUserFilter, ManagementErrorKind, User,
};

/// How many records are written at once.
const BATCH: usize = 100;
/// How long the turn of a process lasts that reads a listing, unless it is prolonged.
pub(super) const LEASE: Duration = Duration::from_secs(120);

impl ScalekitDirectory {
    /// Lists everything now. If a listing of this process is in progress, waits for it first; does not wait for other
    /// processes.
    ///
    /// # Errors
    ///
    /// [`DirectoryError`] if not all was listed. What was read before is kept.
    pub async fn list_once(&self) -> Result<ListingReport, DirectoryError> {
        self.0.list().await
    }
}

impl Shared {
    pub(super) async fn list(&self) -> Result<ListingReport, DirectoryError> {
        let _one_at_a_time = self.listing.lock().await;
        let started = self.settings.clock.now();
        if let Some(store) = &self.settings.store {
            // What others have stored may be absent from the lists.
            self.read_changes(&**store).await?;
        }
        let is_first = self.settings.freshness.last_listing().is_none();
        let mut listing = Listing {
            shared: self,
            changes: Changes::default(),
            batch: Vec::new(),
            prolonged: started,
        };
        let listed = listing.organizations().await;
        let changes = listing.changes;
        if let Some(store) = &self.settings.store {
            let end = store.end_listing(listed.is_ok().then_some(started)).await;
            // If it is not recorded, another process lists again.
            if listed.is_ok() {
                end?;
            }
        }
        listed?;
        if let Some(store) = &self.settings.store {
            // What another process has stored in the meantime was no news for the store.
            self.read_changes(&**store).await?;
        }
        self.settings.freshness.listed(to_nanos(started));
        let report = ListingReport::new(self.mirror.counts(), changes);
        report.log(is_first);
        self.keep(Ok(&report));
        Ok(report)
    }

    /// What a list that is requested now is sure to contain.
    fn version_now(&self) -> Version {
        let now = self.settings.clock.now();
        let skew = self.settings.clock_skew;
        Version::of_listing(now.checked_sub(skew).unwrap_or(SystemTime::UNIX_EPOCH))
    }
}

/// A listing in progress.
struct Listing<'a> {
    shared: &'a Shared,
    changes: Changes,
    batch: Vec<Record>,
    /// When the turn was last prolonged.
    prolonged: SystemTime,
}

/// What the lists of directories contain.
const OF_DIRECTORIES: [RecordKind; 3] = [
    RecordKind::Directory,
    RecordKind::DirectoryGroup,
    RecordKind::DirectoryUser,
];

/// What was in a list.
type Listed = HashSet<Box<str>>;

impl Listing<'_> {
    async fn organizations(&mut self) -> Result<(), DirectoryError> {
        let version = self.shared.version_now();
        let mut listed = self.organization_ids().await?;
        for id in &listed {
            self.organization(id).await?;
        }
        let known = self.shared.mirror.organizations();
        if known.iter().any(|id| !listed.contains(id)) {
            listed.extend(self.organization_ids().await?);
        }
        for id in known {
            self.remove_absent(&id, RecordKind::Organization, &version, |_| {
                listed.contains(&id)
            })
            .await?;
        }
        self.flush().await
    }

    async fn organization_ids(&self) -> Result<Listed, DirectoryError> {
        let mut pages = self.shared.settings.management.organizations();
        let mut ids = Listed::new();
        while let Some(organization) = pages.try_next().await? {
            ids.extend(id(&organization.id));
        }
        Ok(ids)
    }

    async fn organization(&mut self, organization_id: &str) -> Result<(), DirectoryError> {
        let version = self.shared.version_now();
        match self.contents(organization_id, &version).await {
            // It was removed in the meantime.
            Err(DirectoryError::Management(error))
                if error.kind() == ManagementErrorKind::NotFound => {}
            Err(error) => return Err(error),
            Ok(()) => {
                let key = key(
                    RecordKind::Organization,
                    organization_id,
                    organization_id.into(),
                );
                let since = Some(version.nanos);
                self.write(Record::new(key, version).with_since(since))
                    .await?;
            }
        }
        self.flush().await
    }

    async fn contents(
        &mut self,
        organization_id: &str,
        version: &Version,
    ) -> Result<(), DirectoryError> {
        let mut members = self.members(organization_id, version).await?;
        let is_listed = |record: &Record| members.contains(&record.key.id);
        let mirror = &self.shared.mirror;
        let absent = mirror.absent(organization_id, RecordKind::Member, version, is_listed);
        if !absent.is_empty() {
            members.extend(self.members(organization_id, version).await?);
        }
        let is_listed = |record: &Record| members.contains(&record.key.id);
        self.remove_absent(organization_id, RecordKind::Member, version, is_listed)
            .await?;

        let mut found = self.directories(organization_id, version).await?;
        let mirror = &self.shared.mirror;
        let lacks = |kind| {
            let may_exist = |record: &Record| found.may_contain(record);
            !mirror
                .absent(organization_id, kind, version, may_exist)
                .is_empty()
        };
        if OF_DIRECTORIES.into_iter().any(lacks) {
            let again = self.directories(organization_id, version).await?;
            found.merge(again);
        }
        for kind in OF_DIRECTORIES {
            let may_exist = |record: &Record| found.may_contain(record);
            self.remove_absent(organization_id, kind, version, may_exist)
                .await?;
        }
        Ok(())
    }

    async fn members(
        &mut self,
        organization_id: &str,
        version: &Version,
    ) -> Result<Listed, DirectoryError> {
        let mut pages = self
            .shared
            .settings
            .management
            .organization_users(organization_id);
        let mut listed = Listed::new();
        while let Some(user) = pages.try_next().await? {
            if let Some(record) = member(&user, organization_id, version.clone())
                && !record.is_removed
            {
                listed.insert(record.key.id.clone());
                self.write(record).await?;
            }
        }
        Ok(listed)
    }

    async fn directories(
        &mut self,
        organization_id: &str,
        version: &Version,
    ) -> Result<Found, DirectoryError> {
        let management = &self.shared.settings.management;
        let directories = management.directories(organization_id).await?;
        let mut found = Found::default();
        for directory in &directories {
            let Some(directory_id) = id(&directory.id) else {
                continue;
            };
            let key = key(RecordKind::Directory, organization_id, directory_id.clone());
            let record = Record::new(key, version.clone()).with_active(Some(directory.enabled));
            found.all.insert(directory_id);
            self.write(record).await?;
        }
        for directory in directories.iter().filter(|it| it.enabled) {
            self.groups(organization_id, directory, version, &mut found)
                .await?;
            self.users(organization_id, directory, version, &mut found)
                .await?;
            found.listed.extend(id(&directory.id));
        }
        Ok(found)
    }

    async fn groups(
        &mut self,
        organization_id: &str,
        directory: &Directory,
        version: &Version,
        found: &mut Found,
    ) -> Result<(), DirectoryError> {
        let filter = DirectoryGroupFilter::new().include_external_groups();
        let management = &self.shared.settings.management;
        let mut pages = management.directory_groups(organization_id, &directory.id, &filter);
        while let Some(group) = pages.try_next().await? {
            let Some(group_id) = id(&group.id) else {
                continue;
            };
            found.groups.insert(group_id.clone());
            let key = key(RecordKind::DirectoryGroup, organization_id, group_id);
            let record = Record::new(key, version.clone())
                .with_name(group.display_name.as_deref())
                .in_directory(id(&directory.id));
            self.write(record).await?;
        }
        Ok(())
    }

    async fn users(
        &mut self,
        organization_id: &str,
        directory: &Directory,
        version: &Version,
        found: &mut Found,
    ) -> Result<(), DirectoryError> {
        // Whether a user is active is a detail.
        let filter = DirectoryUserFilter::new().include_detail();
        let management = &self.shared.settings.management;
        let mut pages = management.directory_users(organization_id, &directory.id, &filter);
        while let Some(user) = pages.try_next().await? {
            let Some(user_id) = id(&user.id) else {
                continue;
            };
            found.users.insert(user_id.clone());
            let key = key(RecordKind::DirectoryUser, organization_id, user_id);
            let groups = user.groups.iter().filter_map(|group| id(&group.id));
            let record = Record::new(key, version.clone())
                .with_active(user.active)
                .with_email(user.email.as_deref())
                .in_directory(id(&directory.id))
                .in_groups(groups);
            self.write(record).await?;
        }
        Ok(())
    }

    async fn remove_absent(
        &mut self,
        organization_id: &str,
        kind: RecordKind,
        version: &Version,
        is_listed: impl Fn(&Record) -> bool,
    ) -> Result<(), DirectoryError> {
        let absent = self
            .shared
            .mirror
            .absent(organization_id, kind, version, is_listed);
        for key in absent {
            self.write(Record::removed(key, version.clone())).await?;
        }
        Ok(())
    }

    async fn write(&mut self, record: Record) -> Result<(), DirectoryError> {
        self.batch.push(record);
        match self.batch.len() < BATCH {
            true => Ok(()),
            false => self.flush().await,
        }
    }

    async fn flush(&mut self) -> Result<(), DirectoryError> {
        let changes = self.shared.write(std::mem::take(&mut self.batch)).await?;
        self.changes.merge(changes);
        let now = self.shared.settings.clock.now();
        let since = now.duration_since(self.prolonged).unwrap_or_default();
        if let Some(store) = &self.shared.settings.store
            && since > LEASE / 4
        {
            store.continue_listing(now + LEASE).await?;
            self.prolonged = now;
        }
        Ok(())
    }
}

/// What the directories of an organization contain.
#[derive(Default)]
struct Found {
    /// The directories.
    all: Listed,
    /// Those whose groups and users were listed.
    listed: Listed,
    groups: Listed,
    users: Listed,
}

impl Found {
    /// Whether the thing exists, or may exist, since its directory was not listed.
    fn may_contain(&self, record: &Record) -> bool {
        let listed = match record.key.kind {
            RecordKind::Directory => return self.all.contains(&record.key.id),
            RecordKind::DirectoryGroup => &self.groups,
            _ => &self.users,
        };
        let was_listed = match &record.directory_id {
            Some(id) => self.listed.contains(id),
            None => !self.listed.is_empty(),
        };
        listed.contains(&record.key.id) || !was_listed
    }

    fn merge(&mut self, other: Self) {
        self.all.extend(other.all);
        // One that was switched off in between was listed once only.
        self.listed.retain(|id| other.listed.contains(id));
        self.groups.extend(other.groups);
        self.users.extend(other.users);
    }
}

/// The record of a user in an organization: removed, if the user has no membership in it. `None` without an id.
pub(super) fn member(user: &User, organization_id: &str, version: Version) -> Option<Record> {
    let key = key(RecordKind::Member, organization_id, id(&user.id)?);
    Some(match user.membership_in(organization_id) {
        None => Record::removed(key, version).with_email(user.email.as_deref()),
        Some(membership) => {
            let since = membership.join_time.or(membership.created_at).map(to_nanos);
            Record::new(key, version)
                .with_active(Some(membership.is_active()))
                .with_email(user.email.as_deref())
                .with_since(since)
        }
    })
}

pub(super) fn key(kind: RecordKind, organization_id: &str, id: Box<str>) -> Key {
    Key {
        kind,
        organization_id: organization_id.into(),
        id,
    }
}
