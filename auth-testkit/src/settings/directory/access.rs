//! What a user may do in an organization.

use super::Directory;
use crate::settings::User;
use crate::settings::changes::Changes;

/// The roles and permissions of a user in one organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Access {
    pub(crate) roles: Vec<String>,
    /// Each once: those of the roles, in their order, and then the user's.
    pub(crate) permissions: Vec<String>,
}

impl Directory {
    /// What a user may do, after the changes since the start, in one of the user's organizations, or in none. Of a
    /// membership that is inactive it is what the user may do again once it is active.
    pub(in crate::settings) fn access(
        &self,
        user: &User,
        organization: Option<&str>,
        changes: &Changes,
    ) -> Access {
        let user = changes.listed(user);
        let membership = organization.and_then(|id| user.membership(id));
        let roles = membership.and_then(|membership| membership.roles.as_ref());
        let roles = changes.roles(roles.unwrap_or(&user.roles));
        let mut permissions: Vec<String> = Vec::new();
        let of_roles = roles.iter().flat_map(|role| {
            let unchanged = || self.roles.get(role).cloned();
            changes
                .permissions(role)
                .or_else(unchanged)
                .unwrap_or_default()
        });
        for permission in of_roles.chain(user.permissions.iter().cloned()) {
            if changes.is_permission(&permission) && !permissions.contains(&permission) {
                permissions.push(permission);
            }
        }
        Access { roles, permissions }
    }
}
