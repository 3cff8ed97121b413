//! How a client and the server agree on a version: `initialize` up to 2025-11-25, `server/discover` since.

use http::StatusCode;
use serde_json::{Value, json};

use super::message::{self, Message, RpcError};
use super::protocol::Protocol;
use crate::oauth::reply::{self, Reply};
use crate::settings::{Misbehaviour, Settings};

/// The versions that have `initialize`, the newest last.
pub(super) const HANDSHAKE_VERSIONS: [&str; 3] = ["2025-03-26", "2025-06-18", "2025-11-25"];

/// All versions, the newest last.
pub(super) fn versions() -> Vec<&'static str> {
    let newest = Protocol::Stateless.version();
    HANDSHAKE_VERSIONS.into_iter().chain([newest]).collect()
}

/// Whether the server has no version without `initialize`.
pub(super) fn is_old(settings: &Settings) -> bool {
    OLD.iter().any(|old| settings.misbehaves(*old))
}

/// The misbehaviours of a server that has no version without `initialize`.
const OLD: [Misbehaviour; 7] = [
    Misbehaviour::InitializeRefusedMethodNotFound,
    Misbehaviour::InitializeRefusedUnsupportedVersion,
    Misbehaviour::InitializeRefusedBadRequest,
    Misbehaviour::InitializeEchoesAnyVersion,
    Misbehaviour::DiscoverMethodNotFound,
    Misbehaviour::DiscoverBadRequest,
    Misbehaviour::DiscoverNotFound,
];

/// How a server that misbehaves refuses a message of the lifecycle.
pub(super) fn refused(settings: &Settings, message: &Message) -> Option<Reply> {
    let is = |misbehaviour| settings.misbehaves(misbehaviour);
    let id = message.id.as_ref();
    let bare = |status| Some(reply::text(status, "the request cannot be handled"));
    match message.method.as_str() {
        "server/discover" if is(Misbehaviour::DiscoverBadRequest) => bare(StatusCode::BAD_REQUEST),
        "server/discover" if is(Misbehaviour::DiscoverNotFound) => bare(StatusCode::NOT_FOUND),
        "initialize" if !HANDSHAKE_VERSIONS.contains(&offered(&message.params)?) => match () {
            () if is(Misbehaviour::InitializeRefusedBadRequest) => bare(StatusCode::BAD_REQUEST),
            () if is(Misbehaviour::InitializeRefusedMethodNotFound) => {
                let error = RpcError::method_not_found();
                Some(message::refusal(StatusCode::OK, id, &error))
            }
            () if is(Misbehaviour::InitializeRefusedUnsupportedVersion) => {
                let requested = offered(&message.params)?;
                let data = json!({ "supported": HANDSHAKE_VERSIONS, "requested": requested });
                let error = RpcError::new(-32602, "the protocol version is not supported");
                Some(message::refusal(StatusCode::OK, id, &error.with_data(data)))
            }
            () => None,
        },
        _ => None,
    }
}

/// The version that an `initialize` offers.
fn offered(params: &Value) -> Option<&str> {
    params["protocolVersion"].as_str()
}

/// The result of `initialize`: the version that the client offers if the server has it, else the newest that has this
/// request (MCP 2025-11-25, lifecycle).
///
/// # Errors
///
/// `-32602` when the client offers no version.
pub(super) fn initialize(settings: &Settings, params: &Value) -> Result<Value, RpcError> {
    let missing = || RpcError::new(-32602, "protocolVersion is missing");
    let offered = offered(params).ok_or_else(missing)?;
    let known = HANDSHAKE_VERSIONS.iter().find(|known| **known == offered);
    let version = match known {
        Some(known) => known,
        None if settings.misbehaves(Misbehaviour::InitializeEchoesAnyVersion) => offered,
        None => Protocol::Stateful.version(),
    };
    Ok(json!({
        "protocolVersion": version,
        "capabilities": capabilities(),
        "serverInfo": server_info(),
    }))
}

/// The result of `server/discover` (MCP 2026-07-28).
pub(super) fn discover() -> Value {
    json!({ "supportedVersions": versions(), "capabilities": capabilities() })
}

pub(super) fn server_info() -> Value {
    json!({ "name": "mock-scalekit", "version": env!("CARGO_PKG_VERSION") })
}

fn capabilities() -> Value {
    json!({ "tools": {} })
}
