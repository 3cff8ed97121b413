//! Users of a directory. They are no users of the environment: nothing here is a `usr_` id.

use serde_json::{Value, json};

use super::Facts;
use crate::event::EventType;
use crate::settings::User;
use crate::values::id;

pub(super) fn payload(kind: EventType, facts: &Facts<'_>) -> Value {
    let (user, organization) = (facts.user, facts.organization_id());
    let mut payload = json!({
        "id": id::derived("diruser", &format!("{organization} {}", user.email)),
        "organization_id": organization,
        "dp_id": id::derived("dp", &user.email),
        "email": user.email,
    });
    let more = match kind {
        EventType::OrganizationDirectoryUserDeleted => return payload,
        EventType::OrganizationDirectoryUserUpdated => updated(facts),
        _ => created(facts),
    };
    for part in [of_every_other(user, facts), more] {
        let members = part.as_object().cloned().unwrap_or_default();
        for (name, value) in members {
            payload[name] = value;
        }
    }
    payload
}

fn of_every_other(user: &User, facts: &Facts<'_>) -> Value {
    let membership = user.membership(facts.organization_id());
    let roles = membership.and_then(|membership| membership.roles.as_ref());
    let roles = roles.unwrap_or(&user.roles).iter();
    let group = facts.name.unwrap_or("engineering");
    json!({
        "active": facts.active,
        "name": user.name(),
        "given_name": user.name(),
        "family_name": "",
        "nickname": user.name(),
        "preferred_username": user.email,
        "phone_number": "",
        "roles": roles.map(|role| json!({ "role_name": role })).collect::<Vec<_>>(),
        "groups": [{ "id": id::derived("dirgroup", group), "name": group }],
        "raw_attributes": {},
    })
}

fn created(facts: &Facts<'_>) -> Value {
    json!({
        "cost_center": "QAUZJUHSTYCN",
        "custom_attributes": { "mobile_phone_number": "" },
        "department": "Engineering",
        "division": "Products",
        "employee_id": "1",
        "language": "en",
        "locale": "en",
        "organization": facts.organization.map_or("", |organization| &organization.name),
        "profile": "",
        "title": "Engineer",
        "user_type": "employee",
        "zoneinfo": "UTC",
    })
}

fn updated(_: &Facts<'_>) -> Value {
    json!({
        "picture": "",
        "address": { "postal_code": "", "state": "", "formatted": "" },
        "custom_attributes": { "attribute1": "", "attribute2": "" },
    })
}
