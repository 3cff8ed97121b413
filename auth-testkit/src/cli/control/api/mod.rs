//! The routes below `/environments`, in the order of `openapi.json`.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use auth_core::Clock;
use auth_core::json::{self, Rules};
use axum::extract::{Path, Query, State};
use axum::response::Json;
use axum::routing::{delete, get, post};
use axum::{Router, body::Bytes};
use http::StatusCode;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::Control;
use super::environments::{Held, Served};
use super::error::ApiError;
use super::requests::{
    ApprovalRequest, ClientMetadata, ClientRequest, ClockMove, Consent, FaultRequest, GateRequest,
    NextKey, OddKeys, TokenRequest,
};
use crate::cli::settings::Settings;
use crate::keys::has_public_key;
use crate::values::id;
use crate::{Endpoint, RecordedRequest};

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
        .route("/keys", get(keys))
        .route("/keys/publish-next", post(publish_next))
        .route("/keys/sign-with-next", post(sign_with_next))
        .route("/keys/withdraw-old", post(withdraw_old))
        .route("/keys/rotate", post(rotate))
        .route("/keys/replace", post(replace))
        .route("/keys/serve", post(serve))
        .route("/clock", get(clock).post(move_clock))
        .route("/faults", post(fail))
        .route("/faults/{id}", get(hits).delete(mend))
        .route("/gates", post(hold))
        .route("/gates/{id}", get(waiting).delete(release))
        .route("/refusals", post(refuse))
        .route("/refusals/{id}", delete(accept))
        .route("/requests", get(requests))
        .route("/transcript", get(transcript));
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
struct HeldPath {
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
    served.environment.scalekit.answer_next(request.approval());
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

async fn keys(State(control): Shared, Path(path): Path<EnvironmentPath>) -> JsonReply {
    let served = served(&control, &path)?;
    let kid = served.environment.scalekit.keys().kid();
    Ok(Json(json!({ "kid": kid })))
}

async fn publish_next(
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

async fn sign_with_next(State(control): Shared, Path(path): Path<EnvironmentPath>) -> EmptyReply {
    served(&control, &path)?
        .environment
        .scalekit
        .keys()
        .sign_with_next();
    Ok(StatusCode::NO_CONTENT)
}

async fn withdraw_old(State(control): Shared, Path(path): Path<EnvironmentPath>) -> EmptyReply {
    served(&control, &path)?
        .environment
        .scalekit
        .keys()
        .withdraw_old();
    Ok(StatusCode::NO_CONTENT)
}

async fn rotate(State(control): Shared, Path(path): Path<EnvironmentPath>) -> CreatedReply {
    let served = served(&control, &path)?;
    let keys = served.environment.scalekit.keys();
    keys.rotate();
    Ok((StatusCode::CREATED, Json(json!({ "kid": keys.kid() }))))
}

async fn replace(State(control): Shared, Path(path): Path<EnvironmentPath>) -> EmptyReply {
    let served = served(&control, &path)?;
    served.environment.scalekit.keys().replace_under_same_kid();
    Ok(StatusCode::NO_CONTENT)
}

async fn serve(
    State(control): Shared,
    Path(path): Path<EnvironmentPath>,
    body: Bytes,
) -> EmptyReply {
    let served = served(&control, &path)?;
    let keys = served.environment.scalekit.keys();
    match read::<OddKeys>(&body)?.odd {
        None => keys.serve_as_usual(),
        Some(name) => keys.serve(name.parse().map_err(ApiError::bad_request)?),
    }
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

async fn fail(
    State(control): Shared,
    Path(path): Path<EnvironmentPath>,
    body: Bytes,
) -> CreatedReply {
    let served = served(&control, &path)?;
    let request: FaultRequest = read(&body)?;
    let scalekit = &served.environment.scalekit;
    let mut guard = scalekit.fail(request.endpoint, request.fault);
    if let Some(times) = request.times {
        guard = guard.at_most(times);
    }
    let id = served.hold(Held::Fault(guard));
    Ok((StatusCode::CREATED, Json(json!({ "id": id }))))
}

async fn hits(State(control): Shared, Path(path): Path<HeldPath>) -> JsonReply {
    let served = control.environments.get(&path.environment)?;
    let hits = served.look(path.id, |held| match held {
        Held::Fault(guard) => Some(guard.hits()),
        _ => None,
    })?;
    Ok(Json(json!({ "hits": hits })))
}

/// Ends the fault, and returns the number of requests that it has applied to.
async fn mend(state: Shared, path: Path<HeldPath>) -> JsonReply {
    let served = state.environments.get(&path.environment)?;
    let id = path.id;
    let hits = hits(state, path).await?;
    served.end(id);
    Ok(hits)
}

async fn hold(
    State(control): Shared,
    Path(path): Path<EnvironmentPath>,
    body: Bytes,
) -> CreatedReply {
    let served = served(&control, &path)?;
    let request: GateRequest = read(&body)?;
    let gate = served.environment.scalekit.hold(request.endpoint);
    let id = served.hold(Held::Gate(gate));
    Ok((StatusCode::CREATED, Json(json!({ "id": id }))))
}

async fn waiting(State(control): Shared, Path(path): Path<HeldPath>) -> JsonReply {
    let served = control.environments.get(&path.environment)?;
    let waiting = served.look(path.id, |held| match held {
        Held::Gate(gate) => Some(gate.waiting()),
        _ => None,
    })?;
    Ok(Json(json!({ "waiting": waiting })))
}

async fn release(State(control): Shared, Path(path): Path<HeldPath>) -> EmptyReply {
    let served = control.environments.get(&path.environment)?;
    served.look(path.id, |held| matches!(held, Held::Gate(_)).then_some(()))?;
    served.end(path.id);
    Ok(StatusCode::NO_CONTENT)
}

async fn refuse(State(control): Shared, Path(path): Path<EnvironmentPath>) -> CreatedReply {
    let served = served(&control, &path)?;
    let refusal = served.environment.scalekit.refuse_connections();
    let id = served.hold(Held::ConnectionRefusal(refusal));
    Ok((StatusCode::CREATED, Json(json!({ "id": id }))))
}

async fn accept(State(control): Shared, Path(path): Path<HeldPath>) -> EmptyReply {
    let served = control.environments.get(&path.environment)?;
    served.look(path.id, |held| {
        matches!(held, Held::ConnectionRefusal(_)).then_some(())
    })?;
    served.end(path.id);
    Ok(StatusCode::NO_CONTENT)
}

/// Which requests are asked for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Filter {
    endpoint: Option<String>,
}

async fn requests(
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

async fn transcript(
    State(control): Shared,
    Path(path): Path<EnvironmentPath>,
) -> Result<String, ApiError> {
    Ok(served(&control, &path)?.environment.scalekit.transcript())
}
