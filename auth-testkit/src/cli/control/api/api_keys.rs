//! The routes of API keys.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Json;
use http::StatusCode;
use serde::Deserialize;
use serde_json::json;

use super::{CreatedReply, EmptyReply, EnvironmentPath, JsonReply, Shared, read, served};
use crate::cli::control::error::ApiError;
use crate::cli::control::requests::ApiKeyRequest;

/// Which key of which environment.
#[derive(Debug, Deserialize)]
pub(super) struct ApiKeyPath {
    environment: String,
    key: String,
}

pub(super) async fn list(State(control): Shared, Path(path): Path<EnvironmentPath>) -> JsonReply {
    let served = served(&control, &path)?;
    let keys = served.environment.scalekit.admin().described_api_keys();
    Ok(Json(keys.into()))
}

/// The reply alone has the key.
pub(super) async fn create(
    State(control): Shared,
    Path(path): Path<EnvironmentPath>,
    body: Bytes,
) -> CreatedReply {
    let served = served(&control, &path)?;
    let request: ApiKeyRequest = read(&body)?;
    let admin = served.environment.scalekit.admin();
    let created = admin.try_create_api_key(request.draft());
    let created = created.map_err(ApiError::bad_request)?;
    let body = json!({ "id": created.id(), "key": created.expose() });
    Ok((StatusCode::CREATED, Json(body)))
}

pub(super) async fn invalidate(State(control): Shared, Path(path): Path<ApiKeyPath>) -> EmptyReply {
    let served = control.environments.get(&path.environment)?;
    let admin = served.environment.scalekit.admin();
    let invalidated = admin.try_invalidate_api_key(&path.key);
    invalidated.map_err(ApiError::not_found)?;
    Ok(StatusCode::NO_CONTENT)
}
