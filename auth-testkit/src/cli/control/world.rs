//! The bodies of requests about what changes and is sent: sessions, members, roles, organizations, events, webhooks.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::named_variant::{NamedVariant, VariantKind};
use crate::change::Created;
use crate::fault::FaultParameter;
use crate::webhooks::DeliveryMode;
use crate::{AuthLogDraft, AuthStatus, DirectoryUserDraft, EventDraft, EventType, MockScalekit};

/// A session to be opened without a login.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OpenSession {
    /// `sub` or e-mail address.
    pub(super) user: String,
    pub(super) organization: String,
}

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

/// A row of the authentication log.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AuthLogRequest {
    #[serde(deserialize_with = "auth_status")]
    status: AuthStatus,
    email: Option<String>,
    organization: Option<String>,
    resource: Option<String>,
    client_id: Option<String>,
    client_name: Option<String>,
    connected_account: Option<String>,
}

impl AuthLogRequest {
    pub(super) fn draft(self) -> AuthLogDraft {
        let usual = AuthLogDraft::new(self.status);
        AuthLogDraft {
            email: self.email,
            organization: self.organization,
            resource: self.resource,
            client_id: self.client_id.unwrap_or(usual.client_id),
            client_name: self.client_name.unwrap_or(usual.client_name),
            connected_account: self.connected_account,
            ..AuthLogDraft::new(self.status)
        }
    }
}

fn auth_status<'de, D: serde::Deserializer<'de>>(from: D) -> Result<AuthStatus, D::Error> {
    let name = String::deserialize(from)?;
    let known = "status must be INITIATED, PENDING, SUCCESS or FAILED";
    AuthStatus::of_name(&name).ok_or_else(|| serde::de::Error::custom(known))
}

/// An event to be made, whether or not it has a cause.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EventRequest {
    #[serde(rename = "type", deserialize_with = "event_type")]
    kind: EventType,
    organization: Option<String>,
    user: Option<String>,
    session: Option<String>,
    name: Option<String>,
    #[serde(default)]
    data: Map<String, Value>,
}

impl EventRequest {
    pub(super) fn draft(self) -> EventDraft {
        EventDraft {
            organization: self.organization,
            user: self.user,
            session: self.session,
            name: self.name,
            members: self.data,
            ..EventDraft::new(self.kind)
        }
    }
}

/// Where events are to be sent.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WebhookRequest {
    pub(super) url: String,
    /// None: one is made.
    #[serde(default, deserialize_with = "crate::cli::settings::secrets")]
    pub(super) secrets: Vec<crate::values::Secret>,
}

/// An event to be sent once more.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Redelivery {
    pub(super) event: String,
    #[serde(default, deserialize_with = "delivery_mode")]
    pub(super) mode: DeliveryMode,
}

/// How the events that follow are to be delivered.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DeliveryRequest {
    #[serde(deserialize_with = "delivery_mode")]
    pub(super) mode: DeliveryMode,
}

fn event_type<'de, D: serde::Deserializer<'de>>(from: D) -> Result<EventType, D::Error> {
    let name = String::deserialize(from)?;
    name.parse().map_err(serde::de::Error::custom)
}

/// A name, as `"twice"`, or a name and a value, as `{"late": 60}`.
fn delivery_mode<'de, D: serde::Deserializer<'de>>(from: D) -> Result<DeliveryMode, D::Error> {
    let kinds = DeliveryMode::all().map(|mode| VariantKind {
        name: mode.name(),
        example: example(mode),
    });
    let variant = NamedVariant::read("mode", &kinds, from)?;
    let wrong = |problem: String| serde::de::Error::custom(format!("mode: {problem}"));
    let mut all = DeliveryMode::all().into_iter();
    let mode = all.find(|mode| mode.name() == variant.kind.name);
    match mode.unwrap_or_default() {
        DeliveryMode::Late(_) => std::time::Duration::read(variant.value.clone())
            .map(DeliveryMode::Late)
            .map_err(|_| wrong(variant.other_type())),
        DeliveryMode::Shuffled(_) => variant.value().map(DeliveryMode::Shuffled).map_err(wrong),
        mode => Ok(mode),
    }
}

/// The value that is written after the name, if there is one.
pub(super) fn example(mode: DeliveryMode) -> Option<&'static str> {
    match mode {
        DeliveryMode::Late(_) => Some("60"),
        DeliveryMode::Shuffled(_) => Some("7"),
        _ => None,
    }
}
