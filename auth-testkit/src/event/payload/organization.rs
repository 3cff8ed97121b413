//! Organizations.

use serde_json::{Value, json};

use super::Facts;
use crate::event::EventType;
use crate::settings::Organization;
use crate::values::timestamp;

pub(super) fn payload(kind: EventType, facts: &Facts<'_>) -> Value {
    let mut payload = described(facts);
    if kind == EventType::OrganizationDeleted {
        payload["deleted_at"] = timestamp::format(facts.now).into();
    }
    payload
}

pub(super) fn described(facts: &Facts<'_>) -> Value {
    let unknown = Organization::of_id("");
    let organization = facts.organization.unwrap_or(&unknown);
    let mut described = shown(organization, &timestamp::format(facts.now));
    if organization.external_id.is_none() {
        described["external_id"] = "".into();
    }
    described
}

/// An organization that was changed at a time; without the external id if it has none.
pub(crate) fn shown(organization: &Organization, updated: &str) -> Value {
    let mut shown = json!({
        "id": organization.id,
        "create_time": "2026-01-01T00:00:00Z",
        "display_name": organization.name,
        "metadata": null,
        "region_code": "US",
        "update_time": updated,
        "settings": {
            "features": [
                { "enabled": true, "name": "sso" },
                { "enabled": true, "name": "dir_sync" },
            ],
        },
    });
    if let Some(external_id) = &organization.external_id {
        shown["external_id"] = external_id.as_str().into();
    }
    shown
}
