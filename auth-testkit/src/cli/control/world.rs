//! The bodies of requests about what is opened, recorded and sent: sessions, events, rows of the log, webhooks.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::named_variant::{NamedVariant, VariantKind};
use crate::fault::FaultParameter;
use crate::webhooks::DeliveryMode;
use crate::{AuthLogDraft, AuthStatus, EventDraft, EventType};

/// A session to be opened without a login.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OpenSession {
    /// `sub` or e-mail address.
    pub(super) user: String,
    pub(super) organization: String,
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
