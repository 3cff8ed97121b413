//! Who there is: organizations, roles, users and machine clients, as a file describes them.
//!
//! | file | what it does |
//! |---|---|
//! | `organization` | an organization, and a machine client of one |
//! | `access` | what a user may do in an organization |
//! | `file/` | reads a directory from a file, all of it or nothing |

mod access;
mod file;
mod organization;

use std::collections::BTreeMap;

use super::User;
use crate::scim::ScimDirectory;

pub(crate) use access::Access;
pub use file::{DirectoryError, DirectoryFormat};
pub(crate) use organization::{MachineClient, Organization};

/// The organizations, roles, users and machine clients of an issuer, read from a file with [`read`](Self::read) and
/// given to [`MockScalekitBuilder::directory`](crate::MockScalekitBuilder::directory).
///
/// ```
/// use auth_testkit::settings::{Directory, DirectoryFormat};
///
/// let directory = Directory::parse(
///     r#"
///         [roles]
///         admin = ["notes:read", "notes:write"]
///
///         [[organizations]]
///         id = "org_1"
///         name = "Acme"
///
///         [[users]]
///         id = "usr_1"
///         email = "ada@example.com"
///         organizations = [{ id = "org_1", roles = ["admin"] }]
///     "#,
///     DirectoryFormat::Toml,
/// )?;
/// # drop(directory);
/// # Ok::<(), auth_testkit::settings::DirectoryError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Directory {
    pub(crate) organizations: Vec<Organization>,
    /// The permissions of each role.
    pub(crate) roles: BTreeMap<String, Vec<String>>,
    /// The first approves unless something else chooses.
    pub(crate) users: Vec<User>,
    pub(crate) clients: Vec<MachineClient>,
    /// The directories of organizations.
    pub(crate) scim: Vec<ScimDirectory>,
}

impl Directory {
    /// What is known of an organization.
    pub(crate) fn described(&self, organization: &Organization) -> Organization {
        let mut all = self.organizations.iter();
        let known = all.find(|known| known.id == organization.id);
        known.unwrap_or(organization).clone()
    }

    pub(crate) fn organization_by_external_id(&self, external_id: &str) -> Option<&Organization> {
        let mut all = self.organizations.iter();
        all.find(|organization| organization.external_id.as_deref() == Some(external_id))
    }
}
