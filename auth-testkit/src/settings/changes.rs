//! What an administrator has changed since the start: memberships, roles, permissions and organizations. It is laid
//! over what the settings say, so that it applies to users who are in no directory, too.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use super::{Membership, Organization, User};

/// The changes of an environment. Clones are handles to the same ones.
#[derive(Debug, Clone, Default)]
pub(crate) struct Changes(Arc<Mutex<Entries>>);

#[derive(Debug, Default)]
struct Entries {
    /// By `sub`, and then by organization.
    members: HashMap<String, BTreeMap<String, Member>>,
    /// When memberships have begun that were added, by `sub` and organization.
    joined_at: HashMap<(String, String), SystemTime>,
    /// The permissions of roles; none of a role that was deleted.
    roles: HashMap<String, Option<Vec<String>>>,
    deleted_permissions: HashSet<String>,
    deleted_organizations: HashSet<String>,
    /// By `sub`.
    deleted_users: HashSet<String>,
}

/// What has become of a membership.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Member {
    /// With these roles, whether the user was a member before or not.
    Active(Vec<String>),
    /// Deactivated or deleted in the directory of the organization. It had these roles; none: it was as the settings
    /// have it.
    Inactive(Option<Vec<String>>),
    Removed,
}

impl Entries {
    fn member(&self, user: &User, organization: &str) -> Option<&Member> {
        self.members.get(&user.sub)?.get(organization)
    }

    fn is_inactive(&self, user: &User, organization: &str) -> bool {
        matches!(self.member(user, organization), Some(Member::Inactive(_)))
    }

    /// A user with the memberships of now, those that are inactive included.
    fn listed(&self, user: &User) -> User {
        let mut user = user.clone();
        for (organization, member) in self.members.get(&user.sub).into_iter().flatten() {
            let known = user.memberships.iter_mut();
            let mut known = known.filter(|known| known.organization.id == *organization);
            match (member, known.next()) {
                (Member::Active(roles) | Member::Inactive(Some(roles)), Some(known)) => {
                    known.roles = Some(roles.clone());
                }
                (Member::Active(roles) | Member::Inactive(Some(roles)), None) => {
                    user.memberships.push(Membership {
                        organization: Organization::of_id(organization),
                        roles: Some(roles.clone()),
                    });
                }
                (Member::Inactive(None), _) => {}
                (Member::Removed, _) => {
                    user.memberships
                        .retain(|known| known.organization.id != *organization);
                }
            }
        }
        let deleted = &self.deleted_organizations;
        user.memberships
            .retain(|known| !deleted.contains(&known.organization.id));
        user
    }
}

impl Changes {
    pub(crate) fn set_member(&self, user: &User, organization: &str, member: Member) {
        let entries = &mut *self.lock();
        let of_user = entries.members.entry(user.sub.clone()).or_default();
        of_user.insert(organization.to_owned(), member);
    }

    pub(crate) fn add_member(&self, user: &User, organization: &str, now: SystemTime) {
        let key = (user.sub.clone(), organization.to_owned());
        self.lock().joined_at.insert(key, now);
    }

    /// When the membership has begun, if it was added.
    pub(crate) fn joined_at(&self, user: &User, organization: &str) -> Option<SystemTime> {
        let key = (user.sub.clone(), organization.to_owned());
        self.lock().joined_at.get(&key).copied()
    }

    /// Makes a membership inactive, which keeps what it was.
    pub(crate) fn deactivate(&self, user: &User, organization: &str) {
        let entries = &mut *self.lock();
        let of_user = entries.members.entry(user.sub.clone()).or_default();
        let roles = match of_user.get(organization) {
            None => None,
            Some(Member::Active(roles)) => Some(roles.clone()),
            Some(Member::Inactive(_) | Member::Removed) => return,
        };
        of_user.insert(organization.to_owned(), Member::Inactive(roles));
    }

    /// Makes a membership that was deactivated what it was before.
    pub(crate) fn reactivate(&self, user: &User, organization: &str) {
        let entries = &mut *self.lock();
        let Some(of_user) = entries.members.get_mut(&user.sub) else {
            return;
        };
        match of_user.get(organization).cloned() {
            Some(Member::Inactive(Some(roles))) => {
                of_user.insert(organization.to_owned(), Member::Active(roles));
            }
            Some(Member::Inactive(None)) => {
                of_user.remove(organization);
            }
            None | Some(Member::Active(_) | Member::Removed) => {}
        }
    }

    /// The permissions of a role from now on; none: it is deleted.
    pub(crate) fn set_role(&self, name: &str, permissions: Option<Vec<String>>) {
        self.lock().roles.insert(name.to_owned(), permissions);
    }

    pub(crate) fn delete_permission(&self, name: &str) {
        self.lock().deleted_permissions.insert(name.to_owned());
    }

    pub(crate) fn delete_organization(&self, id: &str) {
        self.lock().deleted_organizations.insert(id.to_owned());
    }

    pub(crate) fn is_deleted(&self, organization: &str) -> bool {
        self.lock().deleted_organizations.contains(organization)
    }

    pub(crate) fn delete_user(&self, user: &User) {
        self.lock().deleted_users.insert(user.sub.clone());
    }

    /// Leaves those out who were deleted.
    pub(crate) fn retain_users(&self, users: &mut Vec<&User>) {
        let deleted = &self.lock().deleted_users;
        if !deleted.is_empty() {
            users.retain(|user| !deleted.contains(&user.sub));
        }
    }

    /// Whether the user of this `sub` was not deleted.
    pub(crate) fn is_user(&self, sub: &str) -> bool {
        !self.lock().deleted_users.contains(sub)
    }

    /// The organizations that have got members, in no order.
    pub(super) fn joined(&self) -> HashSet<String> {
        let entries = self.lock();
        let members = entries.members.values().flatten();
        let added =
            members.filter(|(_, one)| matches!(one, Member::Active(_) | Member::Inactive(Some(_))));
        added
            .map(|(organization, _)| organization.clone())
            .collect()
    }

    /// Lays the changes of roles over these.
    pub(super) fn change_roles(&self, roles: &mut BTreeMap<String, Vec<String>>) {
        for (name, permissions) in &self.lock().roles {
            match permissions {
                Some(permissions) => roles.insert(name.clone(), permissions.clone()),
                None => roles.remove(name),
            };
        }
    }

    /// Whether the membership was deactivated.
    pub(crate) fn is_inactive(&self, user: &User, organization: &str) -> bool {
        self.lock().is_inactive(user, organization)
    }

    /// What has become of a membership; none: it is as the settings have it.
    pub(crate) fn member(&self, user: &User, organization: &str) -> Option<Member> {
        self.lock().member(user, organization).cloned()
    }

    /// A user with the memberships of now. Those that are inactive are left out.
    pub(crate) fn applied(&self, user: &User) -> User {
        let entries = self.lock();
        let mut applied = entries.listed(user);
        let memberships = &mut applied.memberships;
        memberships.retain(|one| !entries.is_inactive(user, &one.organization.id));
        applied
    }

    /// As [`applied`](Self::applied), with the memberships that are inactive, as they were before.
    pub(crate) fn listed(&self, user: &User) -> User {
        self.lock().listed(user)
    }

    /// The roles of these that have not been deleted.
    pub(super) fn roles(&self, roles: &[String]) -> Vec<String> {
        let entries = self.lock();
        let kept = roles
            .iter()
            .filter(|role| entries.roles.get(*role) != Some(&None));
        kept.cloned().collect()
    }

    /// The permissions of a role, if they were changed.
    pub(super) fn permissions(&self, role: &str) -> Option<Vec<String>> {
        self.lock().roles.get(role).cloned().flatten()
    }

    pub(super) fn is_permission(&self, name: &str) -> bool {
        !self.lock().deleted_permissions.contains(name)
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
