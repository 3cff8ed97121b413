//! The routes of webhooks and their deliveries.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Json;
use http::StatusCode;
use serde_json::{Value, json};

use super::{CreatedReply, EmptyReply, EnvironmentPath, JsonReply, Shared, read, served};
use crate::cli::control::error::ApiError;
use crate::cli::control::world::{DeliveryRequest, Redelivery, WebhookRequest};
use crate::cli::settings::webhook_secrets;
use crate::values::timestamp;
use crate::webhooks::Delivery;

pub(super) async fn add(
    State(control): Shared,
    Path(path): Path<EnvironmentPath>,
    body: Bytes,
) -> CreatedReply {
    let served = served(&control, &path)?;
    let asked: WebhookRequest = read(&body)?;
    let secrets = webhook_secrets(&asked.secrets).map_err(ApiError::bad_request)?;
    let shown: Vec<&str> = secrets.iter().map(|secret| secret.expose()).collect();
    let shown = json!({ "secrets": shown });
    let webhooks = served.environment.scalekit.webhooks();
    let added = webhooks.try_add(&asked.url, secrets);
    added.map_err(ApiError::bad_request)?;
    Ok((StatusCode::CREATED, Json(shown)))
}

pub(super) async fn deliveries(
    State(control): Shared,
    Path(path): Path<EnvironmentPath>,
) -> JsonReply {
    let served = served(&control, &path)?;
    let deliveries = served.environment.scalekit.webhooks().deliveries();
    Ok(Json(deliveries.iter().map(shown).collect()))
}

fn shown(delivery: &Delivery) -> Value {
    let attempts = delivery
        .attempts
        .iter()
        .map(|attempt| json!({ "at": timestamp::format(attempt.at), "status": attempt.status }));
    json!({
        "event": delivery.event,
        "type": delivery.event_type.name(),
        "webhook_id": delivery.webhook_id,
        "url": delivery.url,
        "mode": delivery.mode.name(),
        "state": delivery.state.name(),
        "attempts": attempts.collect::<Vec<_>>(),
    })
}

pub(super) async fn redeliver(
    State(control): Shared,
    Path(path): Path<EnvironmentPath>,
    body: Bytes,
) -> EmptyReply {
    let served = served(&control, &path)?;
    let Redelivery { event, mode } = read(&body)?;
    match served
        .environment
        .scalekit
        .webhooks()
        .try_redeliver(&event, mode)
    {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(ApiError::not_found(format!(
            "no event has the id {event:?}"
        ))),
    }
}

pub(super) async fn set_mode(
    State(control): Shared,
    Path(path): Path<EnvironmentPath>,
    body: Bytes,
) -> EmptyReply {
    let served = served(&control, &path)?;
    let DeliveryRequest { mode } = read(&body)?;
    served.environment.scalekit.webhooks().deliver(mode);
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn release(
    State(control): Shared,
    Path(path): Path<EnvironmentPath>,
) -> JsonReply {
    let served = served(&control, &path)?;
    let released = served.environment.scalekit.webhooks().release();
    Ok(Json(json!({ "released": released })))
}

/// Answers when nothing is being sent or due.
pub(super) async fn idle(State(control): Shared, Path(path): Path<EnvironmentPath>) -> EmptyReply {
    let served = served(&control, &path)?;
    served.environment.scalekit.webhooks().idle().await;
    Ok(StatusCode::NO_CONTENT)
}
