//! Directories of an organization, from which users and groups are synchronized (SCIM).

use std::time::SystemTime;

use super::debug_ids::debug_ids;
use crate::management::call::Call;
use crate::management::client::Management;
use crate::management::error::ManagementError;
use crate::management::fields::{Fields, Malformed};
use crate::management::id;
use crate::management::open_enum::open_enum;

const LIST: &str = "GET /api/v1/organizations/{organization_id}/directories";

/// A directory. `Debug` shows ids and its state only.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Directory {
    /// `dir_…`.
    pub id: String,
    /// `org_…`.
    pub organization_id: Option<String>,
    /// The name for people.
    pub name: Option<String>,
    /// How it is synchronized.
    pub directory_type: Option<DirectoryType>,
    /// Such as `OKTA`.
    pub directory_provider: Option<String>,
    /// Whether it is synchronized.
    pub enabled: bool,
    /// The state of the last synchronization, as the API writes it.
    pub status: Option<String>,
    /// When it was last synchronized.
    pub last_synced_at: Option<SystemTime>,
    /// The number of its users.
    pub total_users: u64,
    /// The number of its groups.
    pub total_groups: u64,
    /// The roles that members of groups get.
    pub role_assignments: Vec<RoleAssignment>,
}

/// A role that the members of a group get.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RoleAssignment {
    /// `dirgroup_…`.
    pub group_id: Option<String>,
    /// The name of the role.
    pub role_name: String,
}

debug_ids!(Directory: id, organization_id, enabled, status, total_users, total_groups);

open_enum! {
    /// How a [`Directory`] is synchronized.
    pub enum DirectoryType {
        /// The provider sends changes.
        Scim = "SCIM",
        /// From an LDAP server.
        Ldap = "LDAP",
        /// Scalekit polls the provider.
        Poll = "POLL",
    }
}

impl Directory {
    fn read(fields: &Fields<'_>) -> Result<Self, Malformed> {
        let roles = fields.object("role_assignments")?;
        let roles = roles.map(|it| it.list("assignments", RoleAssignment::read));
        Ok(Self {
            id: fields.id("id")?,
            organization_id: fields.word("organization_id")?,
            name: fields.described("name"),
            directory_type: fields.described_name("directory_type", DirectoryType::parse),
            directory_provider: fields.described("directory_provider"),
            enabled: fields.flag("enabled")?,
            status: fields.word("status")?,
            last_synced_at: fields.described_time("last_synced_at"),
            total_users: fields.count("total_users")?,
            total_groups: fields.count("total_groups")?,
            role_assignments: roles.transpose()?.unwrap_or_default(),
        })
    }
}

impl RoleAssignment {
    fn read(fields: &Fields<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            group_id: fields.word("group_id")?,
            role_name: fields.id("role_name")?,
        })
    }
}

impl Management {
    /// Lists the directories of an organization: `GET /api/v1/organizations/{organization_id}/directories`. Not in
    /// pages. Needs the permission `scim:read`.
    ///
    /// ```
    /// # let run = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/doc_test.rs"));
    /// # run(async |management: auth_scalekit::management::Management| {
    /// for directory in management.directories("org_1").await? {
    ///     println!("{}: {} users", directory.id, directory.total_users);
    /// }
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`ManagementError`]; of the kind [`NotFound`](crate::management::ManagementErrorKind::NotFound) for an unknown
    /// organization.
    pub async fn directories(
        &self,
        organization_id: &str,
    ) -> Result<Vec<Directory>, ManagementError> {
        let id = id::organization(LIST, organization_id)?;
        let path = format!("/api/v1/organizations/{id}/directories");
        let answer = self.read(&Call::get(LIST, path).for_page()).await?;
        answer.read_fields(|body| body.list("directories", Directory::read))
    }
}
