//! Organizations.

use serde_json::{Value, json};

use super::Facts;
use crate::event::EventType;
use crate::values::timestamp;

pub(super) fn payload(kind: EventType, facts: &Facts<'_>) -> Value {
    let mut payload = described(facts);
    if kind == EventType::OrganizationDeleted {
        payload["deleted_at"] = timestamp::format(facts.now).into();
    }
    payload
}

pub(super) fn described(facts: &Facts<'_>) -> Value {
    let organization = facts.organization;
    let external_id = organization.and_then(|organization| organization.external_id.as_deref());
    json!({
        "id": facts.organization_id(),
        "create_time": "2026-01-01T00:00:00Z",
        "display_name": organization.map_or("", |organization| &organization.name),
        "external_id": external_id.unwrap_or_default(),
        "metadata": null,
        "region_code": "US",
        "update_time": timestamp::format(facts.now),
        "settings": {
            "features": [
                { "enabled": true, "name": "sso" },
                { "enabled": true, "name": "dir_sync" },
            ],
        },
    })
}
