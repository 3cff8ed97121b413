//! Users and their sessions.

use serde_json::{Value, json};

use super::Facts;
use crate::session::{Login, Session};
use crate::values::{id, timestamp};

pub(super) fn with_session(facts: &Facts<'_>) -> Value {
    json!({ "user": described(facts), "user_session": session(facts) })
}

pub(super) fn described(facts: &Facts<'_>) -> Value {
    let user = facts.user;
    let now = timestamp::format(facts.now);
    let identity = json!({
        "connection_id": id::derived("conn", "GOOGLE"),
        "connection_provider": "GOOGLE",
        "connection_type": "OAUTH",
        "connection_user_id": user.email,
        "created_time": now,
        "is_social": true,
        "last_login_time": now,
        "last_synced_time": now,
    });
    json!({
        "create_time": "2026-01-01T00:00:00Z",
        "email": user.email,
        "external_id": user.external_id.as_deref().unwrap_or_default(),
        "id": user.id(),
        "last_login_time": now,
        "metadata": {},
        "update_time": now,
        "user_profile": {
            "custom_attributes": null,
            "email_verified": user.email_verified,
            "external_identities": [identity],
            "family_name": "",
            "gender": "",
            "given_name": user.name(),
            "groups": null,
            "id": id::derived("usp", &user.sub),
            "locale": "",
            "metadata": {},
            "name": user.name(),
            "phone_number": "",
            "phone_number_verified": false,
            "picture": "",
            "preferred_username": "",
        },
    })
}

fn session(facts: &Facts<'_>) -> Value {
    let organization = facts
        .organization
        .map(|organization| organization.id.as_str());
    let login = Login {
        user: facts.user,
        organization,
        client_id: "",
    };
    let made_up = Session::new(id::fresh("ses"), &login, facts.now);
    let session = facts.session.unwrap_or(&made_up);
    let mut members = session.times_and_status(facts.now);
    // In events it is in upper case, and times that have not come are null.
    let status = session.status(facts.now).name().to_uppercase();
    members.insert("status".to_owned(), status.into());
    for absent in ["expired_at", "logout_at"] {
        members.entry(absent).or_insert(Value::Null);
    }
    let organizations: Vec<&str> = organization.into_iter().collect();
    members.insert(
        "authenticated_organizations".to_owned(),
        json!(organizations),
    );
    members.insert(
        "organization_id".to_owned(),
        organization.unwrap_or_default().into(),
    );
    members.insert("device".to_owned(), Session::device());
    members.into()
}
