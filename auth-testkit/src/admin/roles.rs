//! Roles and permissions change.

use super::Admin;
use crate::change::About;
use crate::event::EventType;

impl Admin<'_> {
    /// Gives a role these permissions in place of those before: event `role.updated`. Tokens that are issued from now
    /// on have them. Returns the id of the event.
    pub fn update_role<S: Into<String>>(
        &self,
        name: &str,
        permissions: impl IntoIterator<Item = S>,
    ) -> String {
        let permissions = permissions.into_iter().map(Into::into).collect();
        self.issuer
            .settings
            .changes
            .set_role(name, Some(permissions));
        self.note(EventType::RoleUpdated, &About::named(name))
    }

    /// Deletes a role: event `role.deleted`. Tokens that are issued from now on do not have it. Returns the id of the
    /// event.
    pub fn delete_role(&self, name: &str) -> String {
        self.issuer.settings.changes.set_role(name, None);
        self.note(EventType::RoleDeleted, &About::named(name))
    }

    /// Changes the description of a permission: event `permission.updated`. Returns its id.
    pub fn update_permission(&self, name: &str) -> String {
        self.note(EventType::PermissionUpdated, &About::named(name))
    }

    /// Deletes a permission: event `permission.deleted`. Tokens that are issued from now on do not have it. Returns the
    /// id of the event.
    pub fn delete_permission(&self, name: &str) -> String {
        self.issuer.settings.changes.delete_permission(name);
        self.note(EventType::PermissionDeleted, &About::named(name))
    }
}
