//! In which generation of the protocol a request is, and whether its headers fit.

use http::HeaderMap;
use serde_json::json;

use super::lifecycle;
use super::message::{Message, RpcError};
use super::protocol::{METHOD_HEADER, NAME_HEADER, Protocol, VERSION_HEADER, VERSION_META};
use crate::settings::Settings;

/// The generation of a request. Without the header: that of the handshake.
///
/// # Errors
///
/// `-32022` for a version that the server does not have, with those that it has; `-32020` when a header of 2026-07-28
/// is missing, or differs from the body.
pub(super) fn of_request(
    settings: &Settings,
    headers: &HeaderMap,
    message: &Message,
) -> Result<Protocol, RpcError> {
    // The request in which the version is agreed on.
    if message.method == "initialize" || lifecycle::is_old(settings) {
        return Ok(Protocol::Stateful);
    }
    let Some(version) = single(headers, VERSION_HEADER)? else {
        return Ok(Protocol::Stateful);
    };
    if lifecycle::HANDSHAKE_VERSIONS.contains(&version) {
        return Ok(Protocol::Stateful);
    }
    if version != Protocol::Stateless.version() {
        let data = json!({ "supported": lifecycle::versions(), "requested": version });
        let error = RpcError::new(-32022, "the protocol version is not supported");
        return Err(error.with_data(data));
    }
    check(headers, message)?;
    Ok(Protocol::Stateless)
}

/// # Errors
///
/// `-32020` (MCP 2026-07-28, transports).
fn check(headers: &HeaderMap, message: &Message) -> Result<(), RpcError> {
    let mismatch = |problem| Err(RpcError::new(-32020, problem));
    if message.id.is_some()
        && message.params["_meta"][VERSION_META] != Protocol::Stateless.version()
    {
        return mismatch("the protocol version in _meta is missing, or not that of the header");
    }
    if single(headers, METHOD_HEADER)? != Some(&message.method) && !message.method.is_empty() {
        return mismatch("the header Mcp-Method is missing, or differs from the body");
    }
    if message.tool().is_some() && single(headers, NAME_HEADER)? != message.tool() {
        return mismatch("the header Mcp-Name is missing, or differs from the body");
    }
    Ok(())
}

/// The value of a header that may be there once.
fn single<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, RpcError> {
    let mut values = headers.get_all(name).iter();
    let first = values.next().map(|value| value.to_str());
    match (first, values.next()) {
        (None, _) => Ok(None),
        (Some(Ok(value)), None) => Ok(Some(value)),
        _ => Err(RpcError::new(
            -32020,
            "a header of MCP is duplicated, or unreadable",
        )),
    }
}
