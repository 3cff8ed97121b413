//! Events of Scalekit: what has changed, as [`WebhookEvent`]s.
//!
//! | file | job |
//! |---|---|
//! | here | [`WebhookEvent`]: the envelope, which all events have |
//! | `event_type` | [`EventType`]: the catalogue |
//! | `data` | [`EventData`]: which type has which payload |
//! | `organization`, `directory`, `user`, `role` | the payloads |
//! | `fields` | reads the members of an object |
//!
//! `Debug` of all of them shows ids and states alone: no names, no e-mail addresses, no secrets.

mod data;
mod directory;
mod event_type;
mod fields;
mod organization;
mod role;
mod user;

use std::fmt;
use std::time::SystemTime;

use auth_core::support::json::JsonError;
use thiserror::Error;

pub use data::EventData;
pub use directory::{Directory, DirectoryGroup, DirectoryRole, DirectoryUser, DirectoryUserGroup};
pub use event_type::EventType;
pub use organization::{
    Connection, Domain, Organization, OrganizationFeature, OrganizationSettings,
};
pub use role::{Permission, Role};
pub use user::{ConnectedAccount, Membership, Session, User, UserProfile, UserSession};

use super::signature::TOLERANCE;
use fields::Fields;

/// The longest id of an event, in bytes. It becomes a key of the
/// [`IdempotencyStore`](auth_core::idempotency::IdempotencyStore).
const MAX_ID_BYTES: usize = 64;
/// The longest name of a type, in bytes.
const MAX_TYPE_BYTES: usize = 255;

/// One event, from a webhook or from the events API.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookEvent {
    id: Box<str>,
    event_type: Box<str>,
    object: Option<Box<str>>,
    occurred_at: SystemTime,
    environment_id: Option<Box<str>>,
    organization_id: Option<Box<str>>,
    display_name: Option<Box<str>>,
    data: EventData,
    raw_data: Box<str>,
}

/// Why an event cannot be read. Shows nothing of the event.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum EventError {
    /// The event is not strict JSON: an object without duplicate members, at most 64 levels deep.
    #[error("the event is not JSON")]
    Json(#[source] JsonError),
    /// A member of the envelope is absent or malformed.
    #[error("the event has no valid member {0:?}")]
    Envelope(&'static str),
}

impl WebhookEvent {
    /// Reads the JSON of one event. Its length is for the caller to limit.
    ///
    /// # Errors
    ///
    /// [`EventError`] when it is not strict JSON, or has no `id` (`evt_…`, at most 64 bytes), no `type` (at most
    /// 255 bytes) or no `occurred_at` (RFC 3339, 1970 or later).
    pub fn parse(json: &[u8]) -> Result<Self, EventError> {
        let text = str::from_utf8(json).map_err(|_| EventError::Json(JsonError::NotUtf8))?;
        let envelope = Fields::parse(text).map_err(EventError::Json)?;
        let string = |name| envelope.id(name).map(Box::from);
        let id = string("id").filter(|id| is_event_id(id));
        let event_type = envelope
            .id("type")
            .filter(|name| name.len() <= MAX_TYPE_BYTES);
        let event_type = event_type.ok_or(EventError::Envelope("type"))?;
        let data = envelope.raw("data");
        let kind = EventType::from_name(&event_type);
        Ok(Self {
            id: id.ok_or(EventError::Envelope("id"))?,
            data: EventData::read(kind, &data.map(Fields::of).unwrap_or_default()),
            event_type: event_type.into(),
            object: string("object"),
            occurred_at: envelope
                .time("occurred_at")
                .ok_or(EventError::Envelope("occurred_at"))?,
            environment_id: string("environment_id"),
            organization_id: string("organization_id"),
            display_name: string("display_name"),
            raw_data: data.map_or("null", |data| data.as_str()).into(),
        })
    }

    /// The id of the event, `evt_…`: the same in all deliveries of the event, and in the events API.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The type on the wire, such as `user.logout`.
    #[must_use]
    pub fn event_type(&self) -> &str {
        &self.event_type
    }

    /// The type, if it is one that Scalekit documents.
    #[must_use]
    pub fn kind(&self) -> Option<EventType> {
        EventType::from_name(&self.event_type)
    }

    /// The kind of the object that has changed, such as `User`.
    #[must_use]
    pub fn object(&self) -> Option<&str> {
        self.object.as_deref()
    }

    /// When it has happened, by Scalekit's clock.
    #[must_use]
    pub fn occurred_at(&self) -> SystemTime {
        self.occurred_at
    }

    /// The same, at `now` at the latest, unless it is so little later that clocks may differ by it, 300 s: a later one
    /// would refuse the tokens of all logins until then, and outlive all other events.
    pub(crate) fn occurred_by(&self, now: SystemTime) -> SystemTime {
        match self.occurred_at.duration_since(now).unwrap_or_default() > TOLERANCE {
            true => now,
            false => self.occurred_at,
        }
    }

    /// The environment, `env_…`.
    #[must_use]
    pub fn environment_id(&self) -> Option<&str> {
        self.environment_id.as_deref()
    }

    /// The organization, `org_…`, if the event concerns one.
    #[must_use]
    pub fn organization_id(&self) -> Option<&str> {
        self.organization_id.as_deref()
    }

    /// The name of the type for people.
    #[must_use]
    pub fn display_name(&self) -> Option<&str> {
        self.display_name.as_deref()
    }

    /// The payload.
    #[must_use]
    pub fn data(&self) -> &EventData {
        &self.data
    }

    /// The payload as it was sent, which is strict JSON; `null` if there is none. It can contain personal data and
    /// secrets (`txt_record_secret` of domains): do not log it.
    #[must_use]
    pub fn raw_data(&self) -> &str {
        &self.raw_data
    }
}

/// Ids become keys of stores and parts of log lines.
fn is_event_id(id: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    id.len() <= MAX_ID_BYTES && id.starts_with("evt_") && id.bytes().all(is_plain)
}

/// Shows ids and the state of what has changed.
impl fmt::Debug for WebhookEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookEvent")
            .field("id", &self.id)
            .field("event_type", &self.event_type)
            .field("occurred_at", &self.occurred_at)
            .field("organization_id", &self.organization_id)
            .field("data", &self.data)
            .finish_non_exhaustive()
    }
}
