//! `GET /api/v1/sessions/{session}` and `POST /api/v1/sessions/{session}/revoke`.

use std::time::SystemTime;

use serde_json::{Value, json};

use super::{Call, ids};
use crate::oauth::api_error::ApiError;
use crate::session::Session;

/// The session as it is, without a wrapper.
pub(super) fn show(call: &Call<'_>) -> Result<Value, ApiError> {
    let session = find(call)?;
    Ok(details(session, call.now))
}

/// A session that has ended before stays as it is.
pub(super) fn revoke(call: &mut Call<'_>) -> Result<Value, ApiError> {
    let id = find(call)?.id.clone();
    call.state.revoke_session(call.settings, &id, call.now);
    Ok(json!({ "revoked_session": find(call)?.times_and_status(call.now) }))
}

/// # Errors
///
/// `INVALID_ARGUMENT` when it cannot be the id of a session, `NOT_FOUND` when there is none of this id.
fn find<'a>(call: &'a Call<'_>) -> Result<&'a Session, ApiError> {
    let id = call.segment(1);
    ids::check(id, "ses", "session_id")?;
    let found = call.state.sessions.get(id);
    found.ok_or_else(|| ApiError::not_found("session not found"))
}

/// All members of a session.
pub(super) fn details(session: &Session, now: SystemTime) -> Value {
    let mut members = session.times_and_status(now);
    let organizations: Vec<&str> = session.organization.as_deref().into_iter().collect();
    let client = json!({
        "client_id": session.client_id,
        "organization_id": session.organization.as_deref().unwrap_or_default(),
    });
    for (name, value) in [
        (
            "organization_id",
            json!(session.organization.as_deref().unwrap_or_default()),
        ),
        ("authenticated_organizations", json!(organizations)),
        ("authenticated_clients", json!([client])),
        ("device", Session::device()),
    ] {
        members.insert(name.to_owned(), value);
    }
    members.into()
}
