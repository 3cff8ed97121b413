//! Permissions, and those of a role.

use std::time::SystemTime;

use super::ids;
use crate::management::answer::Answer;
use crate::management::call::Call;
use crate::management::client::Management;
use crate::management::error::ManagementError;
use crate::management::fields::{Fields, Malformed};
use crate::management::page_stream::Pages;

const LIST: &str = "GET /api/v1/permissions";
const OF_ROLE: &str = "GET /api/v1/roles/{role_name}/permissions";
const ALL_OF_ROLE: &str = "GET /api/v1/roles/{role_name}/permissions:all";
/// The most that the API accepts.
const PAGE_SIZE: &str = "100";

/// A permission.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Permission {
    /// `perm_…`.
    pub id: Option<String>,
    /// The name, as in the claim `permissions`.
    pub name: String,
    /// What it permits.
    pub description: Option<String>,
    /// When it was created.
    pub create_time: Option<SystemTime>,
    /// When it was last changed.
    pub update_time: Option<SystemTime>,
    /// Whether Scalekit defines it, not the environment.
    pub is_scalekit_permission: bool,
}

/// Which permissions to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PermissionType {
    /// All.
    All,
    /// Those that Scalekit defines.
    Scalekit,
    /// Those that the environment defines.
    Environment,
}

impl Permission {
    fn read(fields: &Fields<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            id: fields.word("id")?,
            name: fields.id("name")?,
            description: fields.described("description"),
            create_time: fields.described_time("create_time"),
            update_time: fields.described_time("update_time"),
            is_scalekit_permission: fields.flag("is_scalekit_permission")?,
        })
    }
}

impl Management {
    /// Lists permissions: `GET /api/v1/permissions`. Needs the permission `app_authorization:read`.
    ///
    /// ```
    /// use auth_scalekit::management::PermissionType;
    ///
    /// # let run = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/doc_test.rs"));
    /// # run(async |management: auth_scalekit::management::Management| {
    /// let permissions = management.permissions(PermissionType::Environment);
    /// for permission in permissions.collect_up_to(1000).await? {
    ///     println!("{}", permission.name);
    /// }
    /// # Ok(())
    /// # });
    /// ```
    pub fn permissions(&self, kind: PermissionType) -> Pages<Permission> {
        let kind = match kind {
            PermissionType::All => "ALL",
            PermissionType::Scalekit => "SCALEKIT",
            PermissionType::Environment => "ENVIRONMENT",
        };
        let call = Call::get(LIST, "/api/v1/permissions".into());
        let call = call.query("type", kind).query("page_size", PAGE_SIZE);
        Pages::new(self, Ok(call), permissions)
    }

    /// Lists the permissions of a role, without those that it inherits: `GET /api/v1/roles/{role_name}/permissions`.
    /// Not in pages. Needs the permission `app_authorization:read`.
    ///
    /// ```
    /// # let run = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/doc_test.rs"));
    /// # run(async |management: auth_scalekit::management::Management| {
    /// let permissions = management.role_permissions("admin").await?;
    /// println!("{} permissions", permissions.len());
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`ManagementError`]; of the kind [`NotFound`](crate::management::ManagementErrorKind::NotFound) for an unknown
    /// role.
    pub async fn role_permissions(&self, name: &str) -> Result<Vec<Permission>, ManagementError> {
        let name = ids::role_name(OF_ROLE, name)?;
        let call = Call::get(OF_ROLE, format!("/api/v1/roles/{name}/permissions"));
        permissions(&self.read(&call.for_page()).await?)
    }

    /// Lists the permissions of a role, with those that it inherits: `GET /api/v1/roles/{role_name}/permissions:all`.
    /// Not in pages. Needs the permission `app_authorization:read`.
    ///
    /// ```
    /// # let run = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/doc_test.rs"));
    /// # run(async |management: auth_scalekit::management::Management| {
    /// let permissions = management.effective_role_permissions("admin").await?;
    /// println!("{} permissions", permissions.len());
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`ManagementError`]; of the kind [`NotFound`](crate::management::ManagementErrorKind::NotFound) for an unknown
    /// role.
    pub async fn effective_role_permissions(
        &self,
        name: &str,
    ) -> Result<Vec<Permission>, ManagementError> {
        let name = ids::role_name(ALL_OF_ROLE, name)?;
        let path = format!("/api/v1/roles/{name}/permissions:all");
        permissions(&self.read(&Call::get(ALL_OF_ROLE, path).for_page()).await?)
    }
}

fn permissions(answer: &Answer) -> Result<Vec<Permission>, ManagementError> {
    answer.read_fields(|page| page.list("permissions", Permission::read))
}
