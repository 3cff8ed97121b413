//! The bodies of requests that change the environment: sessions, members, roles, organizations and their directories.

use serde::{Deserialize, Serialize};

use crate::change::Created;
use crate::{DirectoryUserDraft, MockScalekit};

/// A change of the environment, with the names of [`Admin`](crate::Admin).
#[derive(Debug, Deserialize)]
#[serde(tag = "change", rename_all = "kebab-case", deny_unknown_fields)]
pub(super) enum AdminChange {
    EndSession {
        session: String,
    },
    RevokeSession {
        session: String,
    },
    AddMember {
        user: String,
        organization: String,
        roles: Vec<String>,
    },
    RemoveMember {
        user: String,
        organization: String,
    },
    ChangeRoles {
        user: String,
        organization: String,
        roles: Vec<String>,
    },
    DeleteDirectoryUser {
        email: String,
        organization: String,
    },
    DeactivateDirectoryUser {
        email: String,
        organization: String,
    },
    UpdateRole {
        name: String,
        permissions: Vec<String>,
    },
    DeleteRole {
        name: String,
    },
    UpdatePermission {
        name: String,
    },
    DeletePermission {
        name: String,
    },
    CreateDirectoryUser {
        organization: String,
        email: String,
        #[serde(default)]
        groups: Vec<String>,
    },
    UpdateDirectoryUser {
        /// The address before the change.
        user: String,
        organization: String,
        email: String,
        #[serde(default)]
        groups: Vec<String>,
        #[serde(default = "yes")]
        active: bool,
    },
    CreateDirectoryGroup {
        name: String,
        organization: String,
    },
    RenameDirectoryGroup {
        name: String,
        organization: String,
        new: String,
    },
    DeleteDirectoryGroup {
        name: String,
        organization: String,
    },
    EnableDirectory {
        organization: String,
    },
    DisableDirectory {
        organization: String,
    },
    DisableSso {
        organization: String,
    },
    DeleteSso {
        organization: String,
    },
    DeleteOrganization {
        organization: String,
    },
}

impl AdminChange {
    /// Makes the change.
    ///
    /// # Errors
    ///
    /// What does not exist, or has ended before.
    pub(super) fn make(self, scalekit: &MockScalekit) -> Result<Made, String> {
        let admin = scalekit.admin();
        let ended = |was_active: bool, session: &str| match was_active {
            true => Ok(Made::default()),
            false => Err(format!("no active session has the id {session:?}")),
        };
        let event = match self {
            Self::EndSession { session } => return ended(admin.end_session(&session), &session),
            Self::RevokeSession { session } => {
                return ended(admin.revoke_session(&session), &session);
            }
            Self::AddMember {
                user,
                organization,
                roles,
            } => admin.try_add_member(&user, &organization, roles)?,
            Self::RemoveMember { user, organization } => {
                admin.try_remove_member(&user, &organization)?
            }
            Self::ChangeRoles {
                user,
                organization,
                roles,
            } => admin.try_change_roles(&user, &organization, roles)?,
            Self::DeleteDirectoryUser {
                email,
                organization,
            } => admin.delete_directory_user(&email, &organization),
            Self::DeactivateDirectoryUser {
                email,
                organization,
            } => admin.deactivate_directory_user(&email, &organization),
            Self::UpdateRole { name, permissions } => admin.update_role(&name, permissions),
            Self::DeleteRole { name } => admin.delete_role(&name),
            Self::UpdatePermission { name } => admin.update_permission(&name),
            Self::DeletePermission { name } => admin.delete_permission(&name),
            Self::CreateDirectoryUser {
                organization,
                email,
                groups,
            } => {
                let draft = DirectoryUserDraft::new(email).groups(groups);
                let created = admin.try_create_directory_user(&organization, draft)?;
                return Ok(Made::created(created));
            }
            Self::UpdateDirectoryUser {
                user,
                organization,
                email,
                groups,
                active,
            } => {
                let draft = DirectoryUserDraft::new(email).groups(groups).active(active);
                admin.try_update_directory_user(&user, &organization, draft)?
            }
            Self::CreateDirectoryGroup { name, organization } => {
                let created = admin.try_create_directory_group(&name, &organization)?;
                return Ok(Made::created(created));
            }
            Self::RenameDirectoryGroup {
                name,
                organization,
                new,
            } => admin.try_rename_directory_group(&name, &organization, &new)?,
            Self::DeleteDirectoryGroup { name, organization } => {
                admin.try_delete_directory_group(&name, &organization)?
            }
            Self::EnableDirectory { organization } => admin.enable_directory(&organization),
            Self::DisableDirectory { organization } => admin.disable_directory(&organization),
            Self::DisableSso { organization } => admin.disable_sso(&organization),
            Self::DeleteSso { organization } => admin.delete_sso(&organization),
            Self::DeleteOrganization { organization } => admin.delete_organization(&organization),
        };
        Ok(Made {
            event: Some(event),
            id: None,
        })
    }
}

/// What came of a change.
#[derive(Debug, Default, Serialize)]
pub(super) struct Made {
    /// The id of the event; none of the end of a session, whose event has the session.
    event: Option<String>,
    /// Of what was created.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
}

impl Made {
    fn created(created: Created) -> Self {
        Self {
            event: Some(created.event),
            id: Some(created.id),
        }
    }
}

fn yes() -> bool {
    true
}
