//! The directories of organizations (SCIM), their users and their groups.

use super::Admin;
use crate::change::Created;
use crate::event::EventType;
use crate::scim::DirectoryUserDraft;

impl Admin<'_> {
    /// Switches the directory of an organization on: event `organization.directory_enabled`. It is created if there is
    /// none. Returns the id of the event.
    pub fn enable_directory(&self, organization: &str) -> String {
        self.change(|change| change.switch_directory(organization, true))
    }

    /// Switches the directory of an organization off: event `organization.directory_disabled`. Nothing else changes:
    /// that it ends sessions is not documented. Returns the id of the event.
    pub fn disable_directory(&self, organization: &str) -> String {
        self.change(|change| change.switch_directory(organization, false))
    }

    /// The directory of an organization creates a user: event `organization.directory.user_created`. It is no user of
    /// the environment, and no member. Returns the id, `diruser_` and digits.
    ///
    /// # Panics
    ///
    /// When the directory has a user with this e-mail address, or lacks a group that the draft names.
    pub fn create_directory_user(&self, organization: &str, draft: DirectoryUserDraft) -> String {
        let created = self.try_create_directory_user(organization, draft);
        created.unwrap_or_else(|problem| panic!("{problem}")).id
    }

    /// The directory puts a draft in the place of its user with this e-mail address: event
    /// `organization.directory.user_updated`. The membership of the user with the address, if there is one, becomes
    /// inactive with an inactive draft, and is as before with an active one. Returns the id of the event.
    ///
    /// # Panics
    ///
    /// When there is no such user, another has the address of the draft, or the directory lacks a group.
    pub fn update_directory_user(
        &self,
        email: &str,
        organization: &str,
        draft: DirectoryUserDraft,
    ) -> String {
        let updated = self.try_update_directory_user(email, organization, draft);
        updated.unwrap_or_else(|problem| panic!("{problem}"))
    }

    /// The directory of an organization deletes its user with this e-mail address: event
    /// `organization.directory.user_deleted`, which names no `usr_` id. The membership of the user with this address,
    /// if there is one, becomes inactive, with the effect of [`remove_member`](Self::remove_member). Returns the id of
    /// the event.
    pub fn delete_directory_user(&self, email: &str, organization: &str) -> String {
        let kind = EventType::OrganizationDirectoryUserDeleted;
        self.change(|change| change.leave_directory(email, organization, kind))
    }

    /// As [`delete_directory_user`](Self::delete_directory_user), of a user who is deactivated: event
    /// `organization.directory.user_updated` with `active` false.
    pub fn deactivate_directory_user(&self, email: &str, organization: &str) -> String {
        let kind = EventType::OrganizationDirectoryUserUpdated;
        self.change(|change| change.leave_directory(email, organization, kind))
    }

    /// The directory creates a group: event `organization.directory.group_created`. Returns the id, `dirgroup_` and
    /// digits. Users enter it when they are [updated](Self::update_directory_user).
    ///
    /// # Panics
    ///
    /// When there is a group of this name.
    pub fn create_directory_group(&self, name: &str, organization: &str) -> String {
        let created = self.try_create_directory_group(name, organization);
        created.unwrap_or_else(|problem| panic!("{problem}")).id
    }

    /// The directory gives a group another name: event `organization.directory.group_updated`. Returns the id of the
    /// event.
    ///
    /// # Panics
    ///
    /// When there is no such group, or another has the new name.
    pub fn rename_directory_group(&self, name: &str, organization: &str, new: &str) -> String {
        let renamed = self.try_rename_directory_group(name, organization, new);
        renamed.unwrap_or_else(|problem| panic!("{problem}"))
    }

    /// The directory deletes a group: event `organization.directory.group_deleted`. Its members are in it no longer,
    /// without events of theirs. Returns the id of the event.
    ///
    /// # Panics
    ///
    /// When there is no such group.
    pub fn delete_directory_group(&self, name: &str, organization: &str) -> String {
        let deleted = self.try_delete_directory_group(name, organization);
        deleted.unwrap_or_else(|problem| panic!("{problem}"))
    }

    /// # Errors
    ///
    /// What [`create_directory_user`](Self::create_directory_user) panics with.
    pub(crate) fn try_create_directory_user(
        &self,
        organization: &str,
        draft: DirectoryUserDraft,
    ) -> Result<Created, String> {
        Ok(self.change(|change| change.create_directory_user(organization, draft))?)
    }

    /// # Errors
    ///
    /// What [`update_directory_user`](Self::update_directory_user) panics with.
    pub(crate) fn try_update_directory_user(
        &self,
        email: &str,
        organization: &str,
        draft: DirectoryUserDraft,
    ) -> Result<String, String> {
        Ok(self.change(|change| change.update_directory_user(email, organization, draft))?)
    }

    /// # Errors
    ///
    /// What [`create_directory_group`](Self::create_directory_group) panics with.
    pub(crate) fn try_create_directory_group(
        &self,
        name: &str,
        organization: &str,
    ) -> Result<Created, String> {
        Ok(self.change(|change| change.create_directory_group(name, organization))?)
    }

    /// # Errors
    ///
    /// What [`rename_directory_group`](Self::rename_directory_group) panics with.
    pub(crate) fn try_rename_directory_group(
        &self,
        name: &str,
        organization: &str,
        new: &str,
    ) -> Result<String, String> {
        Ok(self.change(|change| change.rename_directory_group(name, organization, new))?)
    }

    /// # Errors
    ///
    /// What [`delete_directory_group`](Self::delete_directory_group) panics with.
    pub(crate) fn try_delete_directory_group(
        &self,
        name: &str,
        organization: &str,
    ) -> Result<String, String> {
        Ok(self.change(|change| change.delete_directory_group(name, organization))?)
    }
}
