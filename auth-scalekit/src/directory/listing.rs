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
//! At last, the organizations themselves by the same rule. An organization with which the management API fails does not
//! keep the others from being listed.

use std::collections::HashSet;
use std::sync::PoisonError;
use std::time::{Duration, SystemTime};

use auth_core::error::ErrorChain;

use super::error::DirectoryError;
use super::listing_report::ListingReport;
use super::mirror::{Changes, Listed};
use super::record::{Key, Record, RecordKind, Version, duration_nanos, id, to_nanos};
use super::scalekit_directory::{BATCH, ScalekitDirectory, Shared};
use crate::management::{
    Directory, DirectoryGroupFilter, DirectoryUserFilter, ManagementErrorKind, User,
};

/// How long the turn of a process lasts that reads a listing, unless it is prolonged.
pub(super) const LEASE: Duration = Duration::from_secs(120);

impl ScalekitDirectory {
    /// Lists everything now. If a listing of this process is in progress, waits for it first; does not wait for other
    /// processes.
    ///
    /// # Errors
    ///
    /// [`DirectoryError`] if not all was listed. A failure of the management API with one organization does not keep
    /// the others from being listed.
    pub async fn list_once(&self) -> Result<ListingReport, DirectoryError> {
        self.0.list(None).await
    }
}

impl Shared {
    /// Lists everything, but not again the organizations that were listed since `resumed`, when the attempts began that
    /// have failed so far.
    pub(super) async fn list(
        &self,
        resumed: Option<SystemTime>,
    ) -> Result<ListingReport, DirectoryError> {
        let _one_at_a_time = self.listing.lock().await;
        if let Some(store) = &self.settings.store {
            // What others have stored may be absent from the lists.
            self.read_changes(&**store).await?;
        }
        let started = resumed.unwrap_or_else(|| self.settings.clock.now());
        let is_first = self.settings.freshness.last_listing().is_none();
        let mut listing = Listing::new(self);
        let listed = listing.organizations(resumed.map(to_nanos)).await;
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

    /// Lists the organizations that events could not describe. What fails is left to the next full listing.
    pub(super) async fn list_wanted(&self) {
        let wanted = {
            let mut wanted = self.wanted.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *wanted)
        };
        if wanted.is_empty() {
            return;
        }
        let _one_at_a_time = self.listing.lock().await;
        let mut listing = Listing::new(self);
        for organization_id in wanted {
            if let Err(error) = listing.organization(&organization_id).await {
                let (organization, error) = (&organization_id, ErrorChain(&error));
                tracing::warn!(%organization, %error, "an organization of the directory was not listed");
            }
        }
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

/// After failures with this number of organizations in a row, the API is unavailable for all: the next attempt continues
/// with those that are left.
const MAX_IN_A_ROW: u32 = 3;

/// What the lists of directories contain.
const OF_DIRECTORIES: [RecordKind; 3] = [
    RecordKind::Directory,
    RecordKind::DirectoryGroup,
    RecordKind::DirectoryUser,
];

/// What was in a list.
type Ids = HashSet<Box<str>>;

impl<'a> Listing<'a> {
    fn new(shared: &'a Shared) -> Self {
        Self {
            shared,
            changes: Changes::default(),
            batch: Vec::new(),
            prolonged: shared.settings.clock.now(),
        }
    }

    async fn organizations(&mut self, resumed: Option<i64>) -> Result<(), DirectoryError> {
        let version = self.shared.version_now();
        let mut existing = self.organization_ids().await?;
        let (mut missing, mut failure, mut in_a_row) = (Vec::new(), None, 0);
        for id in &existing {
            if resumed.is_some_and(|resumed| self.was_listed_since(id, resumed)) {
                continue;
            }
            match self.organization(id).await {
                Ok(()) => in_a_row = 0,
                Err(DirectoryError::Management(error))
                    if error.kind() == ManagementErrorKind::NotFound =>
                {
                    missing.push((id.clone(), error));
                }
                // One organization must not keep the others from being listed.
                Err(DirectoryError::Management(error)) => {
                    let (organization, text) = (id, ErrorChain(&error));
                    tracing::warn!(%organization, error = %text, "an organization of the directory was not listed");
                    in_a_row += 1;
                    if in_a_row == MAX_IN_A_ROW {
                        return Err(error.into());
                    }
                    failure.get_or_insert(error);
                }
                Err(error @ DirectoryError::Store(_)) => return Err(error),
            }
        }
        let known = self.shared.mirror.organizations();
        if !missing.is_empty() || known.iter().any(|id| !existing.contains(id)) {
            let again = self.organization_ids().await?;
            for (id, error) in missing {
                if again.contains(&id) {
                    // It exists, and a part of it was not found.
                    failure.get_or_insert(error);
                } else {
                    existing.remove(&id);
                }
            }
            existing.extend(again);
        }
        for id in known {
            let exists = existing.contains(&id);
            self.remove_absent(&id, RecordKind::Organization, &version, |_| exists)
                .await?;
        }
        self.flush().await?;
        failure.map_or(Ok(()), |error| Err(error.into()))
    }

    fn was_listed_since(&self, organization_id: &str, time: i64) -> bool {
        let skew = duration_nanos(self.shared.settings.clock_skew);
        let (listed, _) = self.shared.mirror.ask(organization_id, |_| ());
        matches!(listed, Listed::At(version) if version.saturating_add(skew) >= time)
    }

    async fn organization_ids(&self) -> Result<Ids, DirectoryError> {
        let mut pages = self.shared.settings.lists.organizations();
        let mut ids = Ids::new();
        while let Some(organization) = pages.try_next().await? {
            ids.extend(id(&organization.id));
        }
        Ok(ids)
    }

    async fn organization(&mut self, organization_id: &str) -> Result<(), DirectoryError> {
        let version = self.shared.version_now();
        let contents = self.contents(organization_id, &version).await;
        if contents.is_ok() {
            let key = key(
                RecordKind::Organization,
                organization_id,
                organization_id.into(),
            );
            let since = Some(version.nanos);
            self.write(Record::new(key, version).with_since(since))
                .await?;
        }
        // Also what was read before a failure.
        self.flush().await?;
        contents
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
    ) -> Result<Ids, DirectoryError> {
        let mut pages = self
            .shared
            .settings
            .lists
            .organization_users(organization_id);
        let mut listed = Ids::new();
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
        let management = &self.shared.settings.lists;
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
        let management = &self.shared.settings.lists;
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
        let management = &self.shared.settings.lists;
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
    all: Ids,
    /// Those whose groups and users were listed.
    listed: Ids,
    groups: Ids,
    users: Ids,
}

impl Found {
    /// Whether the thing exists, or may exist, since its directory was not listed.
    fn may_contain(&self, record: &Record) -> bool {
        let listed = match record.key.kind {
            RecordKind::Directory => return self.all.contains(&record.key.id),
            RecordKind::DirectoryGroup => &self.groups,
            _ => &self.users,
        };
        // Of a directory that does not exist, nothing does; of one that is switched off, what is known may.
        let was_listed = match &record.directory_id {
            Some(id) => self.listed.contains(id) || !self.all.contains(id),
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
