//! How a client and the server agree on a version: `initialize` up to 2025-11-25, `server/discover` since.

use serde_json::{Value, json};

use super::message::{Message, RpcError};
use super::protocol::Protocol;
use crate::oauth::reply::Reply;
use crate::settings::Settings;

/// The versions that have `initialize`, the newest last.
pub(super) const HANDSHAKE_VERSIONS: [&str; 3] = ["2025-03-26", "2025-06-18", "2025-11-25"];

/// All versions, the newest last.
pub(super) fn versions() -> Vec<&'static str> {
    let newest = Protocol::Stateless.version();
    HANDSHAKE_VERSIONS.into_iter().chain([newest]).collect()
}

/// Whether the server has no version without `initialize`.
pub(super) fn is_old(_settings: &Settings) -> bool {
    false
}

/// How a server that misbehaves refuses a message of the lifecycle.
pub(super) fn refused(_settings: &Settings, _message: &Message) -> Option<Reply> {
    None
}

/// The result of `initialize`: the version that the client offers if the server has it, else the newest that has this
/// request (MCP 2025-11-25, lifecycle).
///
/// # Errors
///
/// `-32602` when the client offers no version.
pub(super) fn initialize(_settings: &Settings, params: &Value) -> Result<Value, RpcError> {
    let missing = || RpcError::new(-32602, "protocolVersion is missing");
    let offered = params["protocolVersion"].as_str().ok_or_else(missing)?;
    let known = HANDSHAKE_VERSIONS.iter().find(|known| **known == offered);
    let version = known.copied().unwrap_or(Protocol::Stateful.version());
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
