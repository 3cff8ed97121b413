//! Memberships end and change, by an administrator or by the directory of an organization (SCIM).

use super::{About, Admin};
use crate::event::EventType;
use crate::oauth::people;
use crate::settings::{Member, User};

impl Admin<'_> {
    /// Removes a user, named by `sub` or e-mail address, from an organization: event
    /// `user.organization_membership_deleted`. The user's refresh tokens for it are refused from now on, and the user
    /// cannot sign in to it; access tokens stay valid until they expire, and sessions stay active. Returns the id of
    /// the event.
    ///
    /// # Panics
    ///
    /// When there is no such user, or the user is not a member.
    pub fn remove_member(&self, user: &str, organization: &str) -> String {
        let removed = self.try_remove_member(user, organization);
        removed.unwrap_or_else(|problem| panic!("{problem}"))
    }

    /// Makes a user a member, with these roles: event `user.organization_membership_created`. Returns its id.
    ///
    /// # Panics
    ///
    /// When there is no such user.
    pub fn add_member<S: Into<String>>(
        &self,
        user: &str,
        organization: &str,
        roles: impl IntoIterator<Item = S>,
    ) -> String {
        let roles = roles.into_iter().map(Into::into).collect();
        let added = self.try_add_member(user, organization, roles);
        added.unwrap_or_else(|problem| panic!("{problem}"))
    }

    /// Gives a member these roles in place of those before: event `user.organization_membership_updated`, which does
    /// not name them. Tokens that are issued from now on have them, refreshed ones included. Returns the id of the
    /// event.
    ///
    /// # Panics
    ///
    /// As [`remove_member`](Self::remove_member).
    pub fn change_roles<S: Into<String>>(
        &self,
        user: &str,
        organization: &str,
        roles: impl IntoIterator<Item = S>,
    ) -> String {
        let roles = roles.into_iter().map(Into::into).collect();
        let changed = self.try_change_roles(user, organization, roles);
        changed.unwrap_or_else(|problem| panic!("{problem}"))
    }

    /// The directory of an organization deletes its user with this e-mail address: event
    /// `organization.directory.user_deleted`, which names no `usr_` id. The membership of the user with this address,
    /// if there is one, becomes inactive, with the effect of [`remove_member`](Self::remove_member). Returns the id of
    /// the event.
    pub fn delete_directory_user(&self, email: &str, organization: &str) -> String {
        let kind = EventType::OrganizationDirectoryUserDeleted;
        self.leave_directory(email, organization, kind)
    }

    /// As [`delete_directory_user`](Self::delete_directory_user), of a user who is deactivated: event
    /// `organization.directory.user_updated` with `active` false.
    pub fn deactivate_directory_user(&self, email: &str, organization: &str) -> String {
        let kind = EventType::OrganizationDirectoryUserUpdated;
        self.leave_directory(email, organization, kind)
    }

    /// # Errors
    ///
    /// What [`add_member`](Self::add_member) panics with.
    pub(crate) fn try_add_member(
        &self,
        user: &str,
        organization: &str,
        roles: Vec<String>,
    ) -> Result<String, String> {
        let found = self.find(user)?;
        let kind = EventType::UserOrganizationMembershipCreated;
        Ok(self.change(&found, organization, (Member::Active(roles), kind)))
    }

    /// # Errors
    ///
    /// What [`remove_member`](Self::remove_member) panics with.
    pub(crate) fn try_remove_member(
        &self,
        user: &str,
        organization: &str,
    ) -> Result<String, String> {
        let found = self.find_member(user, organization)?;
        let kind = EventType::UserOrganizationMembershipDeleted;
        Ok(self.change(&found, organization, (Member::Removed, kind)))
    }

    /// # Errors
    ///
    /// What [`change_roles`](Self::change_roles) panics with.
    pub(crate) fn try_change_roles(
        &self,
        user: &str,
        organization: &str,
        roles: Vec<String>,
    ) -> Result<String, String> {
        let found = self.find_member(user, organization)?;
        let kind = EventType::UserOrganizationMembershipUpdated;
        Ok(self.change(&found, organization, (Member::Active(roles), kind)))
    }

    fn change(
        &self,
        user: &User,
        organization: &str,
        (member, kind): (Member, EventType),
    ) -> String {
        let changes = &self.issuer.settings.changes;
        changes.set_member(user, organization, member);
        let about = About {
            organization: Some(organization),
            user: Some(user),
            ..About::default()
        };
        self.note(kind, &about)
    }

    fn leave_directory(&self, email: &str, organization: &str, kind: EventType) -> String {
        let settings = &self.issuer.settings;
        let members: Vec<User> = {
            let state = self.issuer.state();
            let all = people::all(settings, &state).into_iter();
            let of_address = all.filter(|user| user.email.eq_ignore_ascii_case(email));
            let members = of_address.filter(|user| settings.is_member(user, organization));
            members.cloned().collect()
        };
        // As the directory still describes the user.
        let described = members.first().cloned();
        for member in &members {
            settings
                .changes
                .set_member(member, organization, Member::Inactive);
        }
        let unknown = User::new(email).email(email);
        let about = About {
            organization: Some(organization),
            user: Some(described.as_ref().unwrap_or(&unknown)),
            is_inactive: true,
            ..About::default()
        };
        self.note(kind, &about)
    }

    /// # Errors
    ///
    /// When there is no such user.
    fn find(&self, name: &str) -> Result<User, String> {
        let state = self.issuer.state();
        let found = people::find(&self.issuer.settings, &state, name).cloned();
        found.ok_or_else(|| format!("no user of the mock is called {name:?}"))
    }

    /// # Errors
    ///
    /// When there is no such user, or the user is not a member.
    fn find_member(&self, name: &str, organization: &str) -> Result<User, String> {
        let found = self.find(name)?;
        match self.issuer.settings.is_member(&found, organization) {
            true => Ok(found),
            false => Err(format!("{name} is not a member of {organization:?}")),
        }
    }
}
