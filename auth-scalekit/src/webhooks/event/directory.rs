//! Payloads about directories (SCIM): they themselves, their users and their groups.

use std::time::SystemTime;

use super::fields::payload;

payload! {
    /// A directory of an organization.
    Directory shows [id, organization_id, enabled] {
        /// `dir_…`.
        id: Option<String> = id,
        /// `org_…`.
        organization_id: Option<String> = id,
        /// `SCIM` and others.
        directory_type: Option<String> = id,
        /// The identity provider, such as `OKTA`.
        provider: Option<String> = id,
        /// Whether it is switched on.
        enabled: Option<bool> = boolean,
        /// When it was last changed.
        updated_at: Option<SystemTime> = time,
    }
}

payload! {
    /// A user of a directory. It names no user of Scalekit (`usr_…`): find that by e-mail address within the
    /// organization.
    DirectoryUser shows [id, organization_id, active] {
        /// `diruser_…`.
        id: Option<String> = id,
        /// `org_…`.
        organization_id: Option<String> = id,
        /// The id at the identity provider.
        dp_id: Option<String> = id,
        /// The e-mail address.
        email: Option<String> = id,
        /// Whether the user is active; absent when the user was deleted.
        active: Option<bool> = boolean,
        /// The full name.
        name: Option<String> = string,
        /// The first name.
        given_name: Option<String> = string,
        /// The last name.
        family_name: Option<String> = string,
        /// The user name at the identity provider.
        preferred_username: Option<String> = string,
        /// The roles that the user has through groups.
        roles: Vec<DirectoryRole> = objects,
        /// The groups of the user.
        groups: Vec<DirectoryUserGroup> = objects,
    }
}

payload! {
    /// A role that a user has through a group of the directory.
    DirectoryRole shows [role_name] {
        /// The name of the role.
        role_name: Option<String> = id,
    }
}

payload! {
    /// A group of a user of a directory.
    DirectoryUserGroup shows [id] {
        /// `dirgroup_…`.
        id: Option<String> = id,
        /// The name of the group.
        name: Option<String> = string,
    }
}

payload! {
    /// A group of a directory.
    DirectoryGroup shows [id, directory_id, organization_id] {
        /// `dirgroup_…`.
        id: Option<String> = id,
        /// `dir_…`.
        directory_id: Option<String> = id,
        /// `org_…`.
        organization_id: Option<String> = id,
        /// The name of the group.
        display_name: Option<String> = string,
        /// The id that the application has given it.
        external_id: Option<String> = id,
        /// The id at the identity provider; only when the group was deleted.
        dp_id: Option<String> = id,
    }
}
