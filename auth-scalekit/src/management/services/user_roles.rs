//! Roles and permissions of a user in an organization.

use crate::management::call::Call;
use crate::management::client::Management;
use crate::management::error::ManagementError;
use crate::management::fields::{Fields, Malformed};
use crate::management::id;

const ROLES: &str = "GET /api/v1/organizations/{organization_id}/users/{user_id}/roles";
const PERMISSIONS: &str = "GET /api/v1/organizations/{organization_id}/users/{user_id}/permissions";

/// A role that a user has.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct UserRole {
    /// The id of the role.
    pub id: Option<String>,
    /// The name of the role, as in the claim `roles`.
    pub name: String,
    /// The name for people.
    pub display_name: Option<String>,
}

/// A permission that a user has.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct UserPermission {
    /// `perm_…`.
    pub id: Option<String>,
    /// The name of the permission, as in the claim `permissions`.
    pub name: String,
    /// What it permits.
    pub description: Option<String>,
    /// Labels.
    pub tags: Vec<String>,
}

impl UserRole {
    pub(super) fn read(fields: &Fields<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            id: fields.word("id")?,
            name: fields.id("name")?,
            display_name: fields.described("display_name"),
        })
    }
}

impl UserPermission {
    fn read(fields: &Fields<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            id: fields.word("id")?,
            name: fields.id("name")?,
            description: fields.described("description"),
            tags: fields.described_list("tags"),
        })
    }
}

impl Management {
    /// Lists the roles of a user in an organization:
    /// `GET /api/v1/organizations/{organization_id}/users/{user_id}/roles`. Not in pages. Needs the permission
    /// `users:read`.
    ///
    /// ```
    /// # let run = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/doc_test.rs"));
    /// # run(async |management: auth_scalekit::management::Management| {
    /// let roles = management.user_roles("org_1", "usr_1").await?;
    /// let is_admin = roles.iter().any(|role| role.name == "admin");
    /// # let _ = is_admin;
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`ManagementError`]; of the kind [`NotFound`](crate::management::ManagementErrorKind::NotFound) for an unknown
    /// user or organization.
    pub async fn user_roles(
        &self,
        organization_id: &str,
        user_id: &str,
    ) -> Result<Vec<UserRole>, ManagementError> {
        let path = path(ROLES, organization_id, user_id)?;
        let call = Call::get(ROLES, format!("{path}/roles")).for_page();
        let answer = self.read(&call).await?;
        answer.read_fields(|body| body.list("roles", UserRole::read))
    }

    /// Lists the permissions of a user in an organization, by all roles of the user:
    /// `GET /api/v1/organizations/{organization_id}/users/{user_id}/permissions`. Not in pages. Needs the permission
    /// `users:read`.
    ///
    /// ```
    /// # let run = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/doc_test.rs"));
    /// # run(async |management: auth_scalekit::management::Management| {
    /// let permissions = management.user_permissions("org_1", "usr_1").await?;
    /// let may_read = permissions.iter().any(|permission| permission.name == "todo:read");
    /// # let _ = may_read;
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`ManagementError`]; of the kind [`NotFound`](crate::management::ManagementErrorKind::NotFound) for an unknown
    /// user or organization.
    pub async fn user_permissions(
        &self,
        organization_id: &str,
        user_id: &str,
    ) -> Result<Vec<UserPermission>, ManagementError> {
        let path = path(PERMISSIONS, organization_id, user_id)?;
        let call = Call::get(PERMISSIONS, format!("{path}/permissions")).for_page();
        let answer = self.read(&call).await?;
        answer.read_fields(|body| body.list("permissions", UserPermission::read))
    }
}

fn path(call: &'static str, organization: &str, user: &str) -> Result<String, ManagementError> {
    let organization = id::organization(call, organization)?;
    let user = id::user(call, user)?;
    Ok(format!("/api/v1/organizations/{organization}/users/{user}"))
}
