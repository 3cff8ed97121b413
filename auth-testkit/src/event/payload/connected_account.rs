//! Accounts of users at other services.

use std::time::Duration;

use serde_json::{Value, json};

use super::Facts;
use crate::event::EventType;
use crate::values::{id, timestamp};

pub(super) fn payload(kind: EventType, facts: &Facts<'_>) -> Value {
    let identifier = facts.user.email.as_str();
    let status = match kind {
        EventType::ConnectedAccountCreated
        | EventType::ConnectedAccountMagicLinkGenerated
        | EventType::ConnectedAccountUpdated => "PENDING_AUTH",
        EventType::ConnectedAccountStatusUpdated => "EXPIRED",
        _ => "ACTIVE",
    };
    let mut payload = json!({
        "authorization_type": "OAUTH",
        "connection_id": id::derived("conn", "GMAIL"),
        "id": id::derived("ca", identifier),
        "identifier": identifier,
        "provider": "GMAIL",
        "status": status,
    });
    if kind == EventType::ConnectedAccountStatusUpdated {
        payload["connection_name"] = "gmail".into();
        payload["old_status"] = "ACTIVE".into();
    }
    if status == "ACTIVE" {
        let expires = facts.now + Duration::from_secs(3600);
        payload["token_expires_at"] = timestamp::format(expires).into();
    }
    let was_used = [
        EventType::ConnectedAccountDeleted,
        EventType::ConnectedAccountTokenRefreshSucceeded,
    ];
    if was_used.contains(&kind) {
        payload["last_used_at"] = timestamp::format(facts.now).into();
    }
    payload
}
