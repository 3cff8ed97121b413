//! What a user may do in an organization.

use super::Directory;
use crate::settings::User;

/// The roles and permissions of a user in one organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Access {
    pub(crate) roles: Vec<String>,
    /// Each once: those of the roles, in their order, and then the user's.
    pub(crate) permissions: Vec<String>,
}

impl Directory {
    /// What a user may do in one of the user's organizations, or in none.
    pub(crate) fn access(&self, user: &User, organization: Option<&str>) -> Access {
        let membership = organization.and_then(|id| user.membership(id));
        let roles = membership.and_then(|membership| membership.roles.as_ref());
        let roles = roles.unwrap_or(&user.roles);
        let of_roles = roles.iter().filter_map(|role| self.roles.get(role));
        let mut permissions: Vec<String> = Vec::new();
        for permission in of_roles.flatten().chain(&user.permissions) {
            if !permissions.contains(permission) {
                permissions.push(permission.clone());
            }
        }
        Access {
            roles: roles.clone(),
            permissions,
        }
    }
}
