//! Memberships begin, end and change.

use super::Admin;

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

    /// # Errors
    ///
    /// What [`add_member`](Self::add_member) panics with.
    pub(crate) fn try_add_member(
        &self,
        user: &str,
        organization: &str,
        roles: Vec<String>,
    ) -> Result<String, String> {
        Ok(self.change(|change| change.add_member(user, organization, roles))?)
    }

    /// # Errors
    ///
    /// What [`remove_member`](Self::remove_member) panics with.
    pub(crate) fn try_remove_member(
        &self,
        user: &str,
        organization: &str,
    ) -> Result<String, String> {
        Ok(self.change(|change| change.remove_member(user, organization))?)
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
        Ok(self.change(|change| change.change_roles(user, organization, roles))?)
    }
}
