//! An API key as the API shows one: without the key.

use serde_json::{Value, json};

use crate::api_key::ApiKeyRecord;
use crate::oauth::people;
use crate::oauth::state::State;
use crate::settings::{Organization, Settings};
use crate::values::timestamp;

/// Its user is shown as of now, and has no roles while the user is no active member of the organization.
pub(crate) fn shown(settings: &Settings, state: &State, key: &ApiKeyRecord) -> Value {
    let organization = Organization::of_id(&key.organization);
    let organization = settings.directory.described(&organization);
    let user = key.user.as_deref();
    let user = user.and_then(|sub| people::find(settings, state, sub));
    let is_member = user.filter(|user| settings.is_member(user, &key.organization));
    let roles = is_member.map(|user| settings.access(user, Some(&key.organization)).roles);
    let mut shown = json!({
        "token_id": key.id,
        "organization_id": key.organization,
        "organization_external_id": organization.external_id.unwrap_or_default(),
        "custom_claims": key.custom_claims,
        "created_at": timestamp::format(key.created),
        "token_suffix": key.suffix(),
        "roles": roles.unwrap_or_default(),
    });
    let optional = [
        ("user_id", user.map(|user| user.id())),
        (
            "user_external_id",
            user.and_then(|user| user.external_id.clone()),
        ),
        ("email", user.map(|user| user.email.clone())),
        ("expiry", key.expires.map(timestamp::format)),
        ("description", key.description.clone()),
    ];
    for (name, value) in optional {
        if let Some(value) = value {
            shown[name] = value.into();
        }
    }
    shown
}
