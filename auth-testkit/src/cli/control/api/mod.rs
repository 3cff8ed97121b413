//! The routes below `/environments`, in the order of `openapi.json`.

mod active_faults;
mod api_keys;
mod keys;
mod record;
mod webhooks;
mod world;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use auth_core::support::Clock;
use auth_core::support::json::{self, Rules};
use axum::extract::{Path, State};
use axum::response::Json;
use axum::routing::{delete, get, post};
use axum::{Router, body::Bytes};
use http::StatusCode;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::Control;
use super::environments::Served;
use super::error::ApiError;
use super::requests::{
    ApprovalRequest, ClientMetadata, ClientRequest, ClockMove, Consent, TokenRequest,
};
use crate::cli::settings::Settings;
use crate::values::id;

type Shared = State<Arc<Control>>;
type JsonReply = Result<Json<Value>, ApiError>;
type CreatedReply = Result<(StatusCode, Json<Value>), ApiError>;
type EmptyReply = Result<StatusCode, ApiError>;

pub(super) fn routes() -> Router<Arc<Control>> {
    let environment = Router::new()
        .route("/", get(describe).delete(stop))
        .route("/tokens", post(mint))
        .route("/clients", post(register))
        .route("/client-metadata", post(publish))
        .route("/approvals", post(approve))
        .route("/consents/delete", post(delete_consent))
        .route("/sessions", get(world::sessions).post(world::open_session))
        .route("/changes", post(world::change))
        .route("/events", post(world::make_event))
        .route("/api-keys", get(api_keys::list).post(api_keys::create))
        .route("/api-keys/{key}", delete(api_keys::invalidate))
        .route("/authentication-logs", post(world::add_authentication_log))
        .route("/webhooks", post(webhooks::add))
        .route("/deliveries", get(webhooks::deliveries))
        .route("/deliveries/redeliver", post(webhooks::redeliver))
        .route("/deliveries/mode", post(webhooks::set_mode))
        .route("/deliveries/release", post(webhooks::release))
        .route("/deliveries/idle", post(webhooks::idle))
        .route("/keys", get(keys::signing))
        .route("/keys/publish-next", post(keys::publish_next))
        .route("/keys/sign-with-next", post(keys::sign_with_next))
        .route("/keys/withdraw-old", post(keys::withdraw_old))
        .route("/keys/rotate", post(keys::rotate))
        .route("/keys/replace", post(keys::replace))
        .route("/keys/serve", post(keys::serve))
        .route("/clock", get(clock).post(move_clock))
        .route("/faults", post(active_faults::fail))
        .route(
            "/faults/{id}",
            get(active_faults::hits).delete(active_faults::mend),
        )
        .route("/gates", post(active_faults::hold))
        .route(
            "/gates/{id}",
            get(active_faults::waiting).delete(active_faults::release),
        )
        .route("/refusals", post(active_faults::refuse))
        .route("/refusals/{id}", delete(active_faults::accept))
        .route("/requests", get(record::requests))
        .route("/transcript", get(record::transcript));
    Router::new()
        .route("/environments", post(start))
        .nest("/environments/{environment}", environment)
}

/// Which environment a path is about.
#[derive(Debug, Deserialize)]
struct EnvironmentPath {
    environment: String,
}

/// Which fault, gate or refusal of which environment.
#[derive(Debug, Deserialize)]
struct ActiveFaultPath {
    environment: String,
    id: u64,
}

fn served(control: &Control, path: &EnvironmentPath) -> Result<Arc<Served>, ApiError> {
    control.environments.get(&path.environment)
}

/// # Errors
///
/// 400 with what is wrong with the body.
fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    json::from_slice(body, Rules::STRICT).map_err(ApiError::bad_request)
}

/// As [`read`], for a body whose members are all optional: it may be empty.
fn read_or_default<T: DeserializeOwned + Default>(body: &[u8]) -> Result<T, ApiError> {
    match body.is_empty() {
        true => Ok(T::default()),
        false => read(body),
    }
}

async fn start(State(control): Shared, body: Bytes) -> CreatedReply {
    let settings: Settings = read_or_default(&body)?;
    let id = id::fresh("env");
    let described = control.environments.start(&id, &settings);
    let described = described.map_err(ApiError::bad_request)?;
    Ok((StatusCode::CREATED, Json(described)))
}

async fn describe(State(control): Shared, Path(path): Path<EnvironmentPath>) -> JsonReply {
    Ok(Json(served(&control, &path)?.environment.described()))
}

async fn stop(State(control): Shared, Path(path): Path<EnvironmentPath>) -> EmptyReply {
    control.environments.stop(&path.environment)?;
    Ok(StatusCode::NO_CONTENT)
}

async fn mint(
    State(control): Shared,
    Path(path): Path<EnvironmentPath>,
    body: Bytes,
) -> CreatedReply {
    let served = served(&control, &path)?;
    let request: TokenRequest = read_or_default(&body)?;
    let token = request.build(&served.environment.scalekit).sign();
    Ok((StatusCode::CREATED, Json(json!({ "token": token }))))
}

async fn register(
    State(control): Shared,
    Path(path): Path<EnvironmentPath>,
    body: Bytes,
) -> CreatedReply {
    let served = served(&control, &path)?;
    let request: ClientRequest = read(&body)?;
    let registered = served.environment.scalekit.try_register(request.client());
    let id = registered.map_err(ApiError::bad_request)?;
    Ok((StatusCode::CREATED, Json(json!({ "client_id": id }))))
}

async fn publish(
    State(control): Shared,
    Path(path): Path<EnvironmentPath>,
    body: Bytes,
) -> EmptyReply {
    let served = served(&control, &path)?;
    let ClientMetadata { url, document } = read(&body)?;
    let published = served.environment.scalekit.try_publish(&url, &document);
    published.map_err(ApiError::bad_request)?;
    Ok(StatusCode::NO_CONTENT)
}

async fn approve(
    State(control): Shared,
    Path(path): Path<EnvironmentPath>,
    body: Bytes,
) -> EmptyReply {
    let served = served(&control, &path)?;
    let request: ApprovalRequest = read_or_default(&body)?;
    let scalekit = &served.environment.scalekit;
    scalekit.script_next_approval(request.approval(scalekit));
    Ok(StatusCode::NO_CONTENT)
}

async fn delete_consent(
    State(control): Shared,
    Path(path): Path<EnvironmentPath>,
    body: Bytes,
) -> EmptyReply {
    let served = served(&control, &path)?;
    let consent: Consent = read(&body)?;
    let scalekit = &served.environment.scalekit;
    scalekit.delete_consent(&consent.user, &consent.client_id);
    Ok(StatusCode::NO_CONTENT)
}

async fn clock(State(control): Shared, Path(path): Path<EnvironmentPath>) -> JsonReply {
    let served = served(&control, &path)?;
    let since = served
        .environment
        .clock
        .now()
        .duration_since(SystemTime::UNIX_EPOCH);
    let now = since.unwrap_or_default().as_secs_f64();
    Ok(Json(json!({ "now": now })))
}

async fn move_clock(
    State(control): Shared,
    Path(path): Path<EnvironmentPath>,
    body: Bytes,
) -> EmptyReply {
    let served = served(&control, &path)?;
    let clock = &served.environment.clock;
    match read(&body)? {
        ClockMove::Set(seconds) => {
            clock.set(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
        }
        ClockMove::Advance(by) => clock.advance(by),
    }
    Ok(StatusCode::NO_CONTENT)
}
