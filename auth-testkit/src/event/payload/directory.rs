//! Directories, and their groups.

use serde_json::{Value, json};

use super::Facts;
use crate::event::EventType;
use crate::values::{id, timestamp};

/// The id of the directory of an organization.
pub(super) fn directory_id(facts: &Facts<'_>) -> String {
    id::derived("dir", facts.organization_id())
}

pub(super) fn payload(kind: EventType, facts: &Facts<'_>) -> Value {
    json!({
        "directory_type": "SCIM",
        // Scalekit's sample of the other type has false, too, which can only be a mistake there.
        "enabled": kind == EventType::OrganizationDirectoryEnabled,
        "id": directory_id(facts),
        "organization_id": facts.organization_id(),
        "provider": "OKTA",
        "updated_at": timestamp::format(facts.now),
    })
}

pub(super) fn group(kind: EventType, facts: &Facts<'_>) -> Value {
    let name = facts.name.unwrap_or("engineering");
    let mut payload = json!({
        "directory_id": directory_id(facts),
        "display_name": name,
        "id": id::derived("dirgroup", name),
        "organization_id": facts.organization_id(),
        "raw_attributes": {},
    });
    match kind {
        EventType::OrganizationDirectoryGroupCreated => payload["external_id"] = Value::Null,
        EventType::OrganizationDirectoryGroupDeleted => payload["dp_id"] = name.into(),
        _ => payload["external_id"] = name.into(),
    }
    payload
}
