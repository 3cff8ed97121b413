//! What there is in the environment now: its organizations, roles and permissions, whether the directory describes them
//! or users have them.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::{Organization, Settings, User};

impl Settings {
    /// The organizations that the directory describes or users are members of. `usual` is who approves by default.
    pub(crate) fn organizations(&self, usual: &User) -> Vec<Organization> {
        let described = self.directory.organizations.iter();
        let of_users = self.users(usual).flat_map(|user| &user.memberships);
        let named = of_users.map(|membership| &membership.organization);
        let mut seen = HashSet::new();
        let mut found: Vec<Organization> = described
            .chain(named)
            .filter(|organization| seen.insert(organization.id.as_str()))
            .cloned()
            .collect();
        let mut joined: Vec<String> = self.changes.joined().into_iter().collect();
        joined.retain(|id| !seen.contains(id.as_str()));
        joined.sort();
        found.extend(joined.into_iter().map(Organization::of_id));
        found.retain(|organization| !self.changes.is_deleted(&organization.id));
        found
    }

    /// Whether there is an organization. `usual` is who approves by default.
    pub(crate) fn has_organization(&self, usual: &User, id: &str) -> bool {
        let is_described = self.directory.organizations.iter().any(|one| one.id == id);
        match is_described {
            true => !self.changes.is_deleted(id),
            false => self.organizations(usual).iter().any(|one| one.id == id),
        }
    }

    /// The roles that the directory defines or users have, with their permissions.
    pub(crate) fn roles(&self, usual: &User) -> BTreeMap<String, Vec<String>> {
        let mut roles = self.directory.roles.clone();
        for user in self.users(usual) {
            let of_memberships = user.memberships.iter().filter_map(|one| one.roles.as_ref());
            for role in of_memberships.flatten().chain(&user.roles) {
                if !roles.contains_key(role) {
                    roles.insert(role.clone(), Vec::new());
                }
            }
        }
        self.changes.change_roles(&mut roles);
        for permissions in roles.values_mut() {
            permissions.retain(|permission| self.changes.is_permission(permission));
        }
        roles
    }

    /// The permissions that roles give or users have, and the scopes of the resource, which are permissions, too.
    pub(crate) fn permissions(&self, usual: &User) -> BTreeSet<String> {
        let of_roles = self.roles(usual).into_values().flatten();
        let of_users = self.users(usual).flat_map(|user| user.permissions.clone());
        let all = of_roles.chain(of_users).chain(self.scopes.iter().cloned());
        all.filter(|permission| self.changes.is_permission(permission))
            .collect()
    }

    fn users<'a>(&'a self, usual: &'a User) -> impl Iterator<Item = &'a User> {
        std::iter::once(usual).chain(self.other_users(usual))
    }
}
