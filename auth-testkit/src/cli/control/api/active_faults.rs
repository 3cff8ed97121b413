//! The routes of what is set until it is ended: faults, gates and refused connections.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Json;
use http::StatusCode;
use serde_json::json;

use super::{
    ActiveFaultPath, CreatedReply, EmptyReply, EnvironmentPath, JsonReply, Shared, read, served,
};
use crate::cli::control::environments::ActiveFault;
use crate::cli::control::requests::{FaultRequest, GateRequest};

pub(super) async fn fail(
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
    let id = served.hold(ActiveFault::Fault(guard));
    Ok((StatusCode::CREATED, Json(json!({ "id": id }))))
}

pub(super) async fn hits(State(control): Shared, Path(path): Path<ActiveFaultPath>) -> JsonReply {
    let served = control.environments.get(&path.environment)?;
    let hits = served.look(path.id, |fault| match fault {
        ActiveFault::Fault(guard) => Some(guard.hits()),
        _ => None,
    })?;
    Ok(Json(json!({ "hits": hits })))
}

/// Ends the fault, and returns the number of requests that it has applied to.
pub(super) async fn mend(state: Shared, path: Path<ActiveFaultPath>) -> JsonReply {
    let served = state.environments.get(&path.environment)?;
    let id = path.id;
    let hits = hits(state, path).await?;
    served.end(id);
    Ok(hits)
}

pub(super) async fn hold(
    State(control): Shared,
    Path(path): Path<EnvironmentPath>,
    body: Bytes,
) -> CreatedReply {
    let served = served(&control, &path)?;
    let request: GateRequest = read(&body)?;
    let gate = served.environment.scalekit.hold(request.endpoint);
    let id = served.hold(ActiveFault::Gate(gate));
    Ok((StatusCode::CREATED, Json(json!({ "id": id }))))
}

pub(super) async fn waiting(
    State(control): Shared,
    Path(path): Path<ActiveFaultPath>,
) -> JsonReply {
    let served = control.environments.get(&path.environment)?;
    let waiting = served.look(path.id, |fault| match fault {
        ActiveFault::Gate(gate) => Some(gate.waiting()),
        _ => None,
    })?;
    Ok(Json(json!({ "waiting": waiting })))
}

pub(super) async fn release(
    State(control): Shared,
    Path(path): Path<ActiveFaultPath>,
) -> EmptyReply {
    let served = control.environments.get(&path.environment)?;
    served.look(path.id, |fault| {
        matches!(fault, ActiveFault::Gate(_)).then_some(())
    })?;
    served.end(path.id);
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn refuse(
    State(control): Shared,
    Path(path): Path<EnvironmentPath>,
) -> CreatedReply {
    let served = served(&control, &path)?;
    let refusal = served.environment.scalekit.refuse_connections();
    let id = served.hold(ActiveFault::ConnectionRefusal(refusal));
    Ok((StatusCode::CREATED, Json(json!({ "id": id }))))
}

pub(super) async fn accept(
    State(control): Shared,
    Path(path): Path<ActiveFaultPath>,
) -> EmptyReply {
    let served = control.environments.get(&path.environment)?;
    served.look(path.id, |fault| {
        matches!(fault, ActiveFault::ConnectionRefusal(_)).then_some(())
    })?;
    served.end(path.id);
    Ok(StatusCode::NO_CONTENT)
}
