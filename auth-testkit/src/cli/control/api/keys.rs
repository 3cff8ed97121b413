//! The routes of the signing keys.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Json;
use http::StatusCode;
use serde_json::json;

use super::{
    CreatedReply, EmptyReply, EnvironmentPath, JsonReply, Shared, read, read_or_default, served,
};
use crate::cli::control::error::ApiError;
use crate::cli::control::requests::{NextKey, ServedKeySet};
use crate::keys::has_public_key;

pub(super) async fn signing(
    State(control): Shared,
    Path(path): Path<EnvironmentPath>,
) -> JsonReply {
    let served = served(&control, &path)?;
    let kid = served.environment.scalekit.keys().kid();
    Ok(Json(json!({ "kid": kid })))
}

pub(super) async fn publish_next(
    State(control): Shared,
    Path(path): Path<EnvironmentPath>,
    body: Bytes,
) -> CreatedReply {
    let served = served(&control, &path)?;
    let next: NextKey = read_or_default(&body)?;
    let keys = served.environment.scalekit.keys();
    let kid = match next.algorithm {
        None => keys.publish_next(),
        Some(algorithm) if !has_public_key(algorithm) => {
            return Err(ApiError::bad_request(format!(
                "algorithm: expected one with a public key, got {algorithm:?}"
            )));
        }
        Some(algorithm) => keys.publish_next_of(algorithm),
    };
    Ok((StatusCode::CREATED, Json(json!({ "kid": kid }))))
}

pub(super) async fn sign_with_next(
    State(control): Shared,
    Path(path): Path<EnvironmentPath>,
) -> EmptyReply {
    served(&control, &path)?
        .environment
        .scalekit
        .keys()
        .sign_with_next();
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn withdraw_old(
    State(control): Shared,
    Path(path): Path<EnvironmentPath>,
) -> EmptyReply {
    served(&control, &path)?
        .environment
        .scalekit
        .keys()
        .withdraw_old();
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn rotate(
    State(control): Shared,
    Path(path): Path<EnvironmentPath>,
) -> CreatedReply {
    let served = served(&control, &path)?;
    let keys = served.environment.scalekit.keys();
    keys.rotate();
    Ok((StatusCode::CREATED, Json(json!({ "kid": keys.kid() }))))
}

pub(super) async fn replace(
    State(control): Shared,
    Path(path): Path<EnvironmentPath>,
) -> EmptyReply {
    let served = served(&control, &path)?;
    served.environment.scalekit.keys().replace_under_same_kid();
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn serve(
    State(control): Shared,
    Path(path): Path<EnvironmentPath>,
    body: Bytes,
) -> EmptyReply {
    let served = served(&control, &path)?;
    let keys = served.environment.scalekit.keys();
    match read::<ServedKeySet>(&body)?.unusual {
        None => keys.serve_normally(),
        Some(name) => keys.serve_instead(name.parse().map_err(ApiError::bad_request)?),
    }
    Ok(StatusCode::NO_CONTENT)
}
