//! The routes of sessions, changes, events and the authentication log.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Json;
use http::StatusCode;
use serde_json::json;

use super::{CreatedReply, EnvironmentPath, JsonReply, Shared, read, served};
use crate::cli::control::admin_change::AdminChange;
use crate::cli::control::error::ApiError;
use crate::cli::control::world::{AuthLogRequest, EventRequest, OpenSession};

pub(super) async fn sessions(
    State(control): Shared,
    Path(path): Path<EnvironmentPath>,
) -> JsonReply {
    let served = served(&control, &path)?;
    let sessions = served.environment.scalekit.admin().described_sessions();
    Ok(Json(sessions.into()))
}

pub(super) async fn open_session(
    State(control): Shared,
    Path(path): Path<EnvironmentPath>,
    body: Bytes,
) -> CreatedReply {
    let served = served(&control, &path)?;
    let asked: OpenSession = read(&body)?;
    let admin = served.environment.scalekit.admin();
    let id = admin.open_session(&asked.user, &asked.organization);
    Ok((StatusCode::CREATED, Json(json!({ "session": id }))))
}

pub(super) async fn change(
    State(control): Shared,
    Path(path): Path<EnvironmentPath>,
    body: Bytes,
) -> CreatedReply {
    let served = served(&control, &path)?;
    let change: AdminChange = read(&body)?;
    let made = change.make(&served.environment.scalekit);
    let made = made.map_err(ApiError::bad_request)?;
    Ok((StatusCode::CREATED, Json(json!(made))))
}

pub(super) async fn make_event(
    State(control): Shared,
    Path(path): Path<EnvironmentPath>,
    body: Bytes,
) -> CreatedReply {
    let served = served(&control, &path)?;
    let request: EventRequest = read(&body)?;
    let id = served
        .environment
        .scalekit
        .admin()
        .make_event(request.draft());
    Ok((StatusCode::CREATED, Json(json!({ "event": id }))))
}

pub(super) async fn add_authentication_log(
    State(control): Shared,
    Path(path): Path<EnvironmentPath>,
    body: Bytes,
) -> CreatedReply {
    let served = served(&control, &path)?;
    let request: AuthLogRequest = read(&body)?;
    let admin = served.environment.scalekit.admin();
    let id = admin.add_authentication_log(request.draft());
    Ok((StatusCode::CREATED, Json(json!({ "id": id }))))
}
