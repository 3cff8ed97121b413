//! Connections for single sign-on.

use serde_json::{Value, json};

use super::Facts;
use crate::event::EventType;
use crate::values::id;

pub(super) fn payload(kind: EventType, facts: &Facts<'_>) -> Value {
    let organization = facts.organization_id();
    let mut payload = json!({
        "id": id::derived("conn", organization),
        "organization_id": organization,
        "connection_type": "OIDC",
        "provider": "OKTA",
    });
    let enabled = match kind {
        EventType::OrganizationSsoEnabled => true,
        EventType::OrganizationSsoDisabled => false,
        _ => return payload,
    };
    payload["enabled"] = enabled.into();
    payload["status"] = "COMPLETED".into();
    payload
}
