//! Memberships begin, change and end.

use super::{About, Change, Refusal};
use crate::event::EventType;
use crate::settings::{Member, User};

impl Change<'_> {
    /// Makes a user a member, and returns the id of the event.
    ///
    /// # Errors
    ///
    /// When there is no such user.
    pub(crate) fn add_member(
        &mut self,
        user: &str,
        organization: &str,
        roles: Vec<String>,
    ) -> Result<String, Refusal> {
        let found = self.find_user(user)?;
        let kind = EventType::UserOrganizationMembershipCreated;
        Ok(self.set_member(&found, organization, (Member::Active(roles), kind)))
    }

    /// Removes a member, and returns the id of the event.
    ///
    /// # Errors
    ///
    /// When there is no such user, or the user is not a member.
    pub(crate) fn remove_member(
        &mut self,
        user: &str,
        organization: &str,
    ) -> Result<String, Refusal> {
        let found = self.find_member(user, organization)?;
        let kind = EventType::UserOrganizationMembershipDeleted;
        Ok(self.set_member(&found, organization, (Member::Removed, kind)))
    }

    /// Deletes a user who is a member of no organization. Scalekit makes no event of it.
    pub(crate) fn delete_user_without_membership(&mut self, user: &User) {
        let settings = self.settings;
        let is_listed = |organization: &str| settings.is_listed(user, organization);
        let mut organizations = settings.organizations(&self.state.user).into_iter();
        if !organizations.any(|organization| is_listed(&organization.id)) {
            settings.changes.delete_user(user);
        }
    }

    /// Gives a member other roles, and returns the id of the event.
    ///
    /// # Errors
    ///
    /// As [`remove_member`](Self::remove_member).
    pub(crate) fn change_roles(
        &mut self,
        user: &str,
        organization: &str,
        roles: Vec<String>,
    ) -> Result<String, Refusal> {
        let found = self.find_member(user, organization)?;
        let kind = EventType::UserOrganizationMembershipUpdated;
        Ok(self.set_member(&found, organization, (Member::Active(roles), kind)))
    }

    fn set_member(
        &mut self,
        user: &User,
        organization: &str,
        (member, kind): (Member, EventType),
    ) -> String {
        let changes = &self.settings.changes;
        changes.set_member(user, organization, member);
        if kind == EventType::UserOrganizationMembershipCreated {
            changes.add_member(user, organization, self.now);
        }
        let about = About {
            organization: Some(organization),
            user: Some(user),
            ..About::default()
        };
        self.note(kind, &about)
    }

    /// The member of this `sub`, id or e-mail address.
    ///
    /// # Errors
    ///
    /// When there is no such user, or the user is not a member.
    pub(crate) fn find_member(&self, name: &str, organization: &str) -> Result<User, Refusal> {
        let found = self.find_user(name)?;
        match self.settings.is_member(&found, organization) {
            true => Ok(found),
            false => Err(Refusal::NoMember {
                user: name.to_owned(),
                organization: organization.to_owned(),
            }),
        }
    }
}
