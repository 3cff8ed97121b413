//! Roles of the environment and of an organization.

use std::time::SystemTime;

use super::ids;
use crate::management::answer::Answer;
use crate::management::call::Call;
use crate::management::client::Management;
use crate::management::error::ManagementError;
use crate::management::fields::{Fields, Malformed};
use crate::management::id;

const LIST: &str = "GET /api/v1/roles";
const GET: &str = "GET /api/v1/roles/{role_name}";
const OF_ORGANIZATION: &str = "GET /api/v1/organizations/{org_id}/roles";
const GET_OF_ORGANIZATION: &str = "GET /api/v1/organizations/{org_id}/roles/{role_name}";

/// A role.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Role {
    /// The id of the role.
    pub id: Option<String>,
    /// The name, as in the claim `roles`.
    pub name: String,
    /// The name for people.
    pub display_name: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// The name of the role whose permissions it inherits.
    pub extends: Option<String>,
    /// Whether the first user of an organization gets it.
    pub default_creator: bool,
    /// Whether further users of an organization get it.
    pub default_member: bool,
    /// Whether it is of one organization.
    pub is_org_role: bool,
    /// The number of roles that extend it.
    pub dependent_roles_count: u64,
    /// Its permissions, if they were requested.
    pub permissions: Vec<RolePermission>,
}

/// A permission of a [`Role`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RolePermission {
    /// `perm_…`.
    pub id: Option<String>,
    /// The name, as in the claim `permissions`.
    pub name: String,
    /// What it permits.
    pub description: Option<String>,
    /// The name of the role that it comes from: another one if it is inherited.
    pub role_name: Option<String>,
    /// When it was created.
    pub create_time: Option<SystemTime>,
    /// When it was last changed.
    pub update_time: Option<SystemTime>,
}

/// Which permissions a list of roles contains.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum IncludedPermissions {
    /// None.
    #[default]
    None,
    /// Those of each role.
    Direct,
    /// Also those that it inherits.
    WithInherited,
}

impl Role {
    fn read(fields: &Fields<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            id: fields.word("id")?,
            name: fields.id("name")?,
            display_name: fields.described("display_name"),
            description: fields.described("description"),
            extends: fields.word("extends")?,
            default_creator: fields.flag("default_creator")?,
            default_member: fields.flag("default_member")?,
            is_org_role: fields.flag("is_org_role")?,
            dependent_roles_count: fields.count("dependent_roles_count")?,
            permissions: fields.list("permissions", RolePermission::read)?,
        })
    }
}

impl RolePermission {
    fn read(fields: &Fields<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            id: fields.word("id")?,
            name: fields.id("name")?,
            description: fields.described("description"),
            role_name: fields.word("role_name")?,
            create_time: fields.described_time("create_time"),
            update_time: fields.described_time("update_time"),
        })
    }
}

impl Management {
    /// Lists the roles of the environment: `GET /api/v1/roles`. Not in pages. Needs the permission
    /// `app_authorization:read`.
    ///
    /// ```
    /// use auth_scalekit::management::IncludedPermissions;
    ///
    /// # let run = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/doc_test.rs"));
    /// # run(async |management: auth_scalekit::management::Management| {
    /// for role in management.roles(IncludedPermissions::WithInherited).await? {
    ///     println!("{}: {} permissions", role.name, role.permissions.len());
    /// }
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`ManagementError`].
    pub async fn roles(&self, included: IncludedPermissions) -> Result<Vec<Role>, ManagementError> {
        let call = Call::get(LIST, "/api/v1/roles".into());
        roles(&self.read(&include(call, included)).await?)
    }

    /// Reads a role of the environment: `GET /api/v1/roles/{role_name}`. Needs the permission
    /// `app_authorization:read`.
    ///
    /// ```
    /// # let run = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/doc_test.rs"));
    /// # run(async |management: auth_scalekit::management::Management| {
    /// let role = management.role("admin").await?;
    /// println!("{:?}", role.extends);
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`ManagementError`]; of the kind [`NotFound`](crate::management::ManagementErrorKind::NotFound) for an unknown
    /// role.
    pub async fn role(&self, name: &str) -> Result<Role, ManagementError> {
        let name = ids::role_name(GET, name)?;
        let call = Call::get(GET, format!("/api/v1/roles/{name}")).for_page();
        role(&self.read(&call).await?)
    }

    /// Lists the roles that users of an organization can have: `GET /api/v1/organizations/{org_id}/roles`. Not in
    /// pages. Needs the permission `organizations_read`.
    ///
    /// ```
    /// use auth_scalekit::management::IncludedPermissions;
    ///
    /// # let run = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/doc_test.rs"));
    /// # run(async |management: auth_scalekit::management::Management| {
    /// let roles = management.organization_roles("org_1", IncludedPermissions::None).await?;
    /// println!("{} roles", roles.len());
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`ManagementError`]; of the kind [`NotFound`](crate::management::ManagementErrorKind::NotFound) for an unknown
    /// organization.
    pub async fn organization_roles(
        &self,
        organization_id: &str,
        included: IncludedPermissions,
    ) -> Result<Vec<Role>, ManagementError> {
        let id = id::organization(OF_ORGANIZATION, organization_id)?;
        let path = format!("/api/v1/organizations/{id}/roles");
        let call = Call::get(OF_ORGANIZATION, path);
        roles(&self.read(&include(call, included)).await?)
    }

    /// Reads a role of an organization: `GET /api/v1/organizations/{org_id}/roles/{role_name}`. Needs the permission
    /// `organizations_read`.
    ///
    /// ```
    /// # let run = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/doc_test.rs"));
    /// # run(async |management: auth_scalekit::management::Management| {
    /// let role = management.organization_role("org_1", "auditor").await?;
    /// println!("{}", role.is_org_role);
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`ManagementError`]; of the kind [`NotFound`](crate::management::ManagementErrorKind::NotFound) for an unknown
    /// role or organization.
    pub async fn organization_role(
        &self,
        organization_id: &str,
        name: &str,
    ) -> Result<Role, ManagementError> {
        let id = id::organization(GET_OF_ORGANIZATION, organization_id)?;
        let name = ids::role_name(GET_OF_ORGANIZATION, name)?;
        let path = format!("/api/v1/organizations/{id}/roles/{name}");
        role(
            &self
                .read(&Call::get(GET_OF_ORGANIZATION, path).for_page())
                .await?,
        )
    }
}

fn include(call: Call, included: IncludedPermissions) -> Call {
    let call = call.for_page();
    match included {
        IncludedPermissions::None => call,
        IncludedPermissions::Direct => call.query("include", "permissions"),
        IncludedPermissions::WithInherited => call.query("include", "permissions:all"),
    }
}

fn role(answer: &Answer) -> Result<Role, ManagementError> {
    answer.read_fields(|body| body.required("role", Role::read))
}

fn roles(answer: &Answer) -> Result<Vec<Role>, ManagementError> {
    answer.read_fields(|body| body.list("roles", Role::read))
}
