//! The routes of the requests that clients have sent.

use axum::extract::{Path, Query, State};
use axum::response::Json;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{EnvironmentPath, JsonReply, Shared, served};
use crate::cli::control::error::ApiError;
use crate::{Endpoint, RecordedRequest};

/// The query: only the requests to one endpoint.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Filter {
    endpoint: Option<String>,
}

pub(super) async fn requests(
    State(control): Shared,
    Path(path): Path<EnvironmentPath>,
    Query(filter): Query<Filter>,
) -> JsonReply {
    let served = served(&control, &path)?;
    let endpoint: Option<Endpoint> = match filter.endpoint {
        None => None,
        Some(name) => Some(name.parse().map_err(ApiError::bad_request)?),
    };
    let all = served.environment.scalekit.all_requests();
    let matching = all
        .iter()
        .filter(|request| endpoint.is_none_or(|of| request.endpoint() == of));
    Ok(Json(matching.map(shown).collect()))
}

fn shown(request: &RecordedRequest) -> Value {
    json!({
        "endpoint": request.endpoint().name(),
        "method": request.method(),
        "path": request.path(),
        "auth": request.auth().name(),
        "params": request.shown_params(),
        "status": request.status(),
    })
}

pub(super) async fn transcript(
    State(control): Shared,
    Path(path): Path<EnvironmentPath>,
) -> Result<String, ApiError> {
    Ok(served(&control, &path)?.environment.scalekit.transcript())
}
