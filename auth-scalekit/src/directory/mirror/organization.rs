//! [`Organization`]: the records of one organization, and who of its users is active.
//!
//! A user of Scalekit (`usr_…`) is an active member if the membership is active and no directory objects. The users of
//! directories (`diruser_…`) are found by e-mail address, since nothing else connects the two:
//!
//! 1. A user of a directory who is not active makes the member inactive, in each directory that is switched on.
//! 2. So does one who was removed from a directory, until the membership is made anew, or a directory has such a user
//!    again.
//! 3. The groups are those of all users of directories with the address.
//!
//! This is determined when a record changes, for the members whom it concerns, so that a request finds it ready.

use std::collections::{HashMap, HashSet};

use auth_core::directory::{Group, Member};

use super::report::Changes;
use super::{Listed, Origin};
use crate::directory::record::{Record, RecordKind, Version};

/// The records of one organization.
#[derive(Debug, Default)]
pub(in crate::directory) struct Organization {
    record: Option<Record>,
    /// The version of the last full listing.
    listed: Option<Version>,
    members: HashMap<Box<str>, KnownMember>,
    directories: HashMap<Box<str>, Record>,
    users: HashMap<Box<str>, Record>,
    groups: HashMap<Box<str>, KnownGroup>,
    by_email: HashMap<Box<str>, SameEmail>,
}

#[derive(Debug)]
struct KnownMember {
    record: Record,
    /// As requests see it; `None` if the membership was removed.
    member: Option<Member>,
}

#[derive(Debug)]
struct KnownGroup {
    record: Record,
    group: Group,
}

/// Whose address it is.
#[derive(Debug, Default)]
struct SameEmail {
    members: Vec<Box<str>>,
    users: Vec<Box<str>>,
}

/// Which members have to be determined anew.
#[derive(Default)]
struct Concerned {
    members: HashSet<Box<str>>,
    emails: HashSet<Box<str>>,
    groups: HashSet<Box<str>>,
    all: bool,
}

impl Organization {
    pub(super) fn exists(&self) -> bool {
        self.record
            .as_ref()
            .is_some_and(|record| !record.is_removed)
    }

    /// When it was last listed in full, if it was not removed.
    pub(super) fn listed(&self) -> Listed {
        match (&self.record, &self.listed) {
            (Some(record), _) if record.is_removed => Listed::Removed,
            (Some(_), Some(version)) => Listed::At(version.nanos),
            _ => Listed::Never,
        }
    }

    pub(in crate::directory) fn member(&self, subject: &str) -> Option<Member> {
        self.members.get(subject)?.member.clone()
    }

    pub(in crate::directory) fn groups(&self) -> Vec<Group> {
        let ids = self.groups.keys();
        ids.filter_map(|id| self.group(id)).collect()
    }

    pub(in crate::directory) fn members_of(&self, group_id: &str) -> Vec<Member> {
        let members = self.members.values();
        let members = members.filter_map(|known| known.member.as_ref());
        members
            .filter(|member| member.is_in(group_id))
            .cloned()
            .collect()
    }

    pub(super) fn members_beside(&self, user: &Record) -> Vec<Box<str>> {
        let known = self.users.get(&user.key.id);
        let addresses = known.and_then(|it| it.email.as_ref()).into_iter();
        let addresses = addresses.chain(&user.email);
        let same = addresses.filter_map(|address| self.by_email.get(address));
        let mut members: Vec<_> = same.flat_map(|same| same.members.iter().cloned()).collect();
        members.sort_unstable();
        members.dedup();
        members
    }

    /// The records of this kind that were not removed.
    pub(super) fn existing(&self, kind: RecordKind) -> impl Iterator<Item = &Record> {
        let members = (kind == RecordKind::Member).then(|| self.members.values());
        let groups = (kind == RecordKind::DirectoryGroup).then(|| self.groups.values());
        let records = match kind {
            RecordKind::Directory => Some(self.directories.values()),
            RecordKind::DirectoryUser => Some(self.users.values()),
            _ => None,
        };
        let organization = self
            .record
            .iter()
            .filter(move |_| kind == RecordKind::Organization);
        let members = members.into_iter().flatten().map(|it| &it.record);
        let groups = groups.into_iter().flatten().map(|it| &it.record);
        let all = organization.chain(members).chain(groups);
        let all = all.chain(records.into_iter().flatten());
        all.filter(|record| !record.is_removed)
    }

    fn stored(&self, record: &Record) -> Option<&Record> {
        let id = &record.key.id;
        match record.key.kind {
            RecordKind::Organization => self.record.as_ref(),
            RecordKind::Member => self.members.get(id).map(|it| &it.record),
            RecordKind::Directory => self.directories.get(id),
            RecordKind::DirectoryUser => self.users.get(id),
            RecordKind::DirectoryGroup => self.groups.get(id).map(|it| &it.record),
        }
    }

    pub(super) fn apply(&mut self, records: Vec<Record>, origin: Origin, changes: &mut Changes) {
        let mut concerned = Concerned::default();
        for record in records {
            let stored = self.stored(&record);
            let newer = match origin {
                Origin::News => record.after(stored, self.listed.as_ref()),
                Origin::Store => {
                    let is_older = |stored: &Record| record.version < stored.version;
                    (!stored.is_some_and(is_older)).then_some(record)
                }
            };
            let Some(newer) = newer.filter(|newer| Some(newer) != stored) else {
                continue;
            };
            let existed = stored.is_some_and(|stored| !stored.is_removed);
            let is_change = newer.changes(stored);
            match (existed, newer.is_removed) {
                (false, false) => changes.added(&newer.key),
                (true, true) => changes.removed(&newer.key),
                // A record of an organization also states when it was listed.
                (true, false) if is_change && newer.key.kind != RecordKind::Organization => {
                    changes.changed(&newer.key);
                }
                _ => {}
            }
            match is_change {
                true => self.put(newer, &mut concerned),
                // The same at a later time concerns no request.
                false => self.put(newer, &mut Concerned::default()),
            }
        }
        self.determine(concerned);
    }

    fn put(&mut self, record: Record, concerned: &mut Concerned) {
        let id = record.key.id.clone();
        match record.key.kind {
            RecordKind::Organization => {
                let listed = record.since.map(|nanos| Version {
                    nanos,
                    event_id: Box::default(),
                });
                self.listed = listed.max(self.listed.take());
                self.record = Some(record);
                self.forget_removed();
            }
            RecordKind::Member => {
                let old = self.members.get(&id).and_then(|it| it.record.email.clone());
                let new = record.email.clone();
                self.move_email(old, new, &id, |same| &mut same.members);
                concerned.members.insert(id.clone());
                let known = self.members.remove(&id);
                let member = known.and_then(|known| known.member);
                self.members.insert(id, KnownMember { record, member });
            }
            RecordKind::Directory => {
                self.directories.insert(id, record);
                concerned.all = true;
            }
            RecordKind::DirectoryUser => {
                let old = self.users.get(&id).and_then(|it| it.email.clone());
                let new = record.email.clone();
                concerned.emails.extend(old.iter().chain(&new).cloned());
                self.move_email(old, new, &id, |same| &mut same.users);
                self.users.insert(id, record);
            }
            RecordKind::DirectoryGroup => {
                let mut group = Group::new(&*id);
                if let Some(name) = &record.name {
                    group = group.with_name(&**name);
                }
                concerned.groups.insert(id.clone());
                self.groups.insert(id, KnownGroup { record, group });
            }
        }
    }

    /// After a full listing, older events count no more: what was removed before need not be remembered. But a user who
    /// was removed from a directory still makes the member with the address inactive, and a directory that was removed
    /// gives no groups. Of an organization that was removed, nothing else is kept.
    fn forget_removed(&mut self) {
        if !self.exists() {
            self.members = HashMap::new();
            self.directories = HashMap::new();
            self.users = HashMap::new();
            self.groups = HashMap::new();
            self.by_email = HashMap::new();
        }
        let Some(listed) = &self.listed else { return };
        let keep = |record: &Record| !record.is_removed || record.version >= *listed;
        self.members.retain(|_, it| keep(&it.record));
        self.groups.retain(|_, it| keep(&it.record));
    }

    fn move_email(
        &mut self,
        old: Option<Box<str>>,
        new: Option<Box<str>>,
        id: &str,
        list: impl Fn(&mut SameEmail) -> &mut Vec<Box<str>>,
    ) {
        if old == new && old.is_some() {
            return;
        }
        if let Some(old) = old
            && let Some(same) = self.by_email.get_mut(&old)
        {
            list(same).retain(|known| **known != *id);
            if same.members.is_empty() && same.users.is_empty() {
                self.by_email.remove(&old);
            }
        }
        if let Some(new) = new {
            list(self.by_email.entry(new).or_default()).push(id.into());
        }
    }

    fn determine(&mut self, mut concerned: Concerned) {
        if concerned.all {
            concerned.members = self.members.keys().cloned().collect();
        } else {
            if !concerned.groups.is_empty() {
                let is_in = |user: &&Record| {
                    let mut ids = user.group_ids.iter();
                    ids.any(|id| concerned.groups.contains(id))
                };
                let users = self.users.values().filter(is_in);
                let emails: Vec<_> = users.filter_map(|user| user.email.clone()).collect();
                concerned.emails.extend(emails);
            }
            for email in &concerned.emails {
                if let Some(same) = self.by_email.get(email) {
                    concerned.members.extend(same.members.iter().cloned());
                }
            }
        }
        for id in concerned.members {
            let member = self
                .members
                .get(&id)
                .and_then(|it| self.member_of(&it.record));
            if let Some(known) = self.members.get_mut(&id) {
                known.member = member;
            }
        }
    }

    /// The member, as requests see it.
    fn member_of(&self, record: &Record) -> Option<Member> {
        if record.is_removed {
            return None;
        }
        let same = record
            .email
            .as_ref()
            .and_then(|email| self.by_email.get(email));
        let users = same.into_iter().flat_map(|same| &same.users);
        let users = users.filter_map(|id| self.users.get(id));
        let users: Vec<_> = users.filter(|user| self.counts(user)).collect();
        let is_known = users.iter().any(|user| !user.is_removed);
        let objects = |user: &&Record| match user.is_removed {
            true => !is_known && record.since.is_none_or(|since| Some(since) <= user.since),
            false => user.is_active == Some(false),
        };
        let is_active = record.is_active == Some(true) && !users.iter().any(objects);
        let mut ids: Vec<_> = users
            .iter()
            .filter(|user| !user.is_removed)
            .flat_map(|user| &user.group_ids)
            .collect();
        ids.sort_unstable();
        ids.dedup();
        let subject = record.key.id.clone();
        let mut member = match is_active {
            true => Member::active(subject),
            false => Member::inactive(subject),
        };
        if let Some(email) = &record.email {
            member = member.with_email(email.clone());
        }
        Some(member.with_groups(ids.into_iter().filter_map(|id| self.group(id))))
    }

    fn group(&self, id: &str) -> Option<Group> {
        let known = self.groups.get(id)?;
        (!known.record.is_removed && self.counts(&known.record)).then(|| known.group.clone())
    }

    /// Whether the directory of a user or group is switched on. Events about users do not state which directory it is:
    /// then any that is.
    fn counts(&self, record: &Record) -> bool {
        let is_on = |it: &Record| !it.is_removed && it.is_active != Some(false);
        let of_record = record.directory_id.as_ref();
        match of_record.map(|id| self.directories.get(id)) {
            Some(directory) => directory.is_none_or(is_on),
            None => self.directories.is_empty() || self.directories.values().any(is_on),
        }
    }
}
