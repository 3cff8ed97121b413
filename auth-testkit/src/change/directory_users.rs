//! Users of an organization's directory are created, changed, deactivated and deleted.

use serde_json::{Map, Value, json};

use super::{About, Change, Created, Refusal};
use crate::event::EventType;
use crate::oauth::people;
use crate::scim::{DirectoryUserDraft, ScimDirectory, ScimUser};
use crate::settings::User;

impl Change<'_> {
    /// Creates a user.
    ///
    /// # Errors
    ///
    /// When the directory has a user of this address, or lacks a group.
    pub(crate) fn create_directory_user(
        &mut self,
        organization: &str,
        draft: DirectoryUserDraft,
    ) -> Result<Created, Refusal> {
        let directory = self.state.scim.enter(organization);
        if directory.user(&draft.email).is_some() {
            return Err(Refusal::DirectoryUserExists(draft.email.clone()));
        }
        let email = draft.email.clone();
        let id = directory.next_user_id(&email);
        self.put(organization, (id.clone(), draft))?;
        let kind = EventType::OrganizationDirectoryUserCreated;
        let event = self.note_directory_user(organization, &email, kind);
        Ok(Created { id, event })
    }

    /// Puts a draft in the place of the user of this address, and returns the id of the event.
    ///
    /// # Errors
    ///
    /// When there is no such user, another has the new address, or the directory lacks a group.
    pub(crate) fn update_directory_user(
        &mut self,
        email: &str,
        organization: &str,
        draft: DirectoryUserDraft,
    ) -> Result<String, Refusal> {
        let directory = self.state.scim.enter(organization);
        let user = directory.user(email);
        let user = user.ok_or_else(|| Refusal::UnknownDirectoryUser(email.to_owned()))?;
        let id = user.id.clone();
        if directory
            .user(&draft.email)
            .is_some_and(|other| other.id != id)
        {
            return Err(Refusal::DirectoryUserExists(draft.email.clone()));
        }
        check_groups(directory, &draft)?;
        directory.rename(email, &draft.email);
        let (email, is_active) = (draft.email.clone(), draft.is_active);
        self.put(organization, (id, draft))?;
        self.set_members_of_address(&email, organization, is_active);
        let kind = EventType::OrganizationDirectoryUserUpdated;
        Ok(self.note_directory_user(organization, &email, kind))
    }

    /// Deactivates or deletes the user of a directory with this e-mail address, and returns the id of the event. The
    /// directory need not have such a user.
    pub(crate) fn leave_directory(
        &mut self,
        email: &str,
        organization: &str,
        kind: EventType,
    ) -> String {
        let is_deleted = kind == EventType::OrganizationDirectoryUserDeleted;
        // As the directory still describes the user.
        let described = self
            .members_of_address(email, organization)
            .into_iter()
            .next();
        self.set_members_of_address(email, organization, false);
        let now = self.now;
        let mut members = Map::new();
        if let Some(directory) = self.state.scim.get_mut(organization) {
            if let Some(user) = directory.user(email) {
                let left = ScimUser {
                    is_active: false,
                    updated: now,
                    ..user.clone()
                };
                members = payload(directory, &left, is_deleted);
                directory.put(left);
            }
            if is_deleted {
                directory.remove(email);
            }
        }
        let unknown = User::new(email).email(email);
        let about = About {
            organization: Some(organization),
            user: Some(described.as_ref().unwrap_or(&unknown)),
            is_inactive: true,
            ..About::default()
        };
        self.note_with(kind, &about, members)
    }

    fn put(
        &mut self,
        organization: &str,
        (id, draft): (String, DirectoryUserDraft),
    ) -> Result<(), Refusal> {
        let updated = self.now;
        let directory = self.state.scim.enter(organization);
        let groups = check_groups(directory, &draft)?;
        directory.put(draft.user(id, groups, updated));
        Ok(())
    }

    fn note_directory_user(&mut self, organization: &str, email: &str, kind: EventType) -> String {
        let directory = self.state.scim.of_organization(organization);
        let user = directory.and_then(|directory| Some((directory, directory.user(email)?)));
        let members = user.map(|(directory, user)| payload(directory, user, false));
        let user = User::new(email).email(email);
        let about = About {
            organization: Some(organization),
            user: Some(&user),
            ..About::default()
        };
        self.note_with(kind, &about, members.unwrap_or_default())
    }

    /// Deactivates the memberships of the users with this address, or makes those that are inactive what they were.
    fn set_members_of_address(&mut self, email: &str, organization: &str, is_active: bool) {
        for user in self.members_of_address(email, organization) {
            let changes = &self.settings.changes;
            match is_active {
                true => changes.reactivate(&user, organization),
                false => changes.deactivate(&user, organization),
            }
        }
    }

    /// The members of an organization with this e-mail address, those included who were deactivated.
    fn members_of_address(&self, email: &str, organization: &str) -> Vec<User> {
        let all = people::all(self.settings, self.state).into_iter();
        let of_address = all.filter(|user| user.email.eq_ignore_ascii_case(email));
        let members = of_address.filter(|user| self.settings.is_listed(user, organization));
        members.cloned().collect()
    }
}

/// The ids of the groups that a draft names.
///
/// # Errors
///
/// When the directory lacks one.
fn check_groups(
    directory: &ScimDirectory,
    draft: &DirectoryUserDraft,
) -> Result<Vec<String>, Refusal> {
    let groups = draft.groups.iter().map(|name| {
        let group = directory.group(name).map(|group| group.id.clone());
        group.ok_or_else(|| Refusal::UnknownDirectoryGroup(name.clone()))
    });
    groups.collect()
}

/// The members of an event that are not those of a user of the environment.
fn payload(directory: &ScimDirectory, user: &ScimUser, is_deleted: bool) -> Map<String, Value> {
    let mut members = Map::new();
    let mut set = |name: &str, value: Value| members.insert(name.to_owned(), value);
    set("id", user.id.as_str().into());
    if is_deleted {
        return members;
    }
    let groups = directory.groups_of(user);
    let roles = groups.filter_map(|group| group.role.as_ref());
    let roles = roles.map(|role| json!({ "role_name": role }));
    set("roles", roles.collect::<Vec<_>>().into());
    let groups = directory.groups_of(user);
    let groups = groups.map(|group| json!({ "id": group.id, "name": group.name }));
    set("groups", groups.collect::<Vec<_>>().into());
    set("active", user.is_active.into());
    set("given_name", user.given_name.as_str().into());
    set("family_name", user.family_name.as_str().into());
    let name = format!("{} {}", user.given_name, user.family_name);
    set("name", name.trim().into());
    members
}
