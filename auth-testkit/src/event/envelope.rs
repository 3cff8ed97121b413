//! An event on the wire: the envelope with its payload.

use std::time::SystemTime;

use serde_json::{Value, json};

use super::EventType;
use crate::values::{id, timestamp};

/// Something that has happened.
#[derive(Debug)]
pub(crate) struct Event {
    /// `evt_` and digits.
    pub(crate) id: String,
    pub(crate) kind: EventType,
    pub(crate) occurred: SystemTime,
    pub(crate) organization: Option<String>,
    /// The whole of it.
    pub(crate) body: Value,
}

impl Event {
    /// An event about an organization, if its type names one.
    pub(super) fn new(
        kind: EventType,
        environment_id: &str,
        organization: Option<&str>,
        (data, now): (Value, SystemTime),
    ) -> Self {
        let id = id::fresh("evt");
        let organization = organization.filter(|_| kind.names_organization());
        let mut body = json!({
            "spec_version": "1",
            "id": id,
            "type": kind.name(),
            "object": kind.object(),
            "occurred_at": timestamp::format(now),
            "environment_id": environment_id,
            "data": data,
            "display_name": kind.display_name(),
        });
        if let Some(organization) = organization {
            body["organization_id"] = organization.into();
        }
        Self {
            id,
            kind,
            occurred: now,
            organization: organization.map(str::to_owned),
            body,
        }
    }
}
