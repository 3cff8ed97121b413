//! The steps of a request to the MCP server.

use std::time::SystemTime;

use auth_core::token::BearerToken;
use http::{Request, StatusCode};
use serde_json::{Value, json};

use super::challenge::{self, Denial};
use super::message::{self, Message, RpcError};
use super::protocol::Protocol;
use super::revision;
use super::{lifecycle, tools};
use crate::oauth::reply::{self, Reply};
use crate::oauth::state::State;
use crate::oauth::valid_access_token;
use crate::settings::Settings;

/// The reply to a `POST`. The token is checked before the body is read.
pub(crate) fn respond(
    settings: &Settings,
    state: &State,
    request: &Request<Vec<u8>>,
    now: SystemTime,
) -> Reply {
    let token = match BearerToken::from_headers(request.headers()) {
        Ok(Some(token)) => token,
        Ok(None) => return challenge::reply(settings, &Denial::NoToken),
        Err(_) => return challenge::reply(settings, &Denial::MalformedToken),
    };
    let token = valid_access_token(settings, state, token.secret(), now)
        .filter(|token| token.is_for(&settings.resource_id));
    let Some(token) = token else {
        return challenge::reply(settings, &Denial::InvalidToken);
    };
    let message = match Message::read(request.body()) {
        Ok(message) => message,
        Err(error) => return message::refusal(StatusCode::BAD_REQUEST, None, &error),
    };
    let needed = tools::scopes_of(settings, &message);
    let granted = token.string("scope").unwrap_or_default();
    let is_granted = |scope: &&str| granted.split(' ').any(|granted| granted == *scope);
    if !needed.iter().all(is_granted) {
        return challenge::reply(settings, &Denial::InsufficientScope(needed));
    }
    answer(settings, request, &message)
}

/// The reply to a message of an authorized caller.
fn answer(settings: &Settings, request: &Request<Vec<u8>>, message: &Message) -> Reply {
    if let Some(reply) = lifecycle::refused(settings, message) {
        return reply;
    }
    let id = message.id.as_ref();
    let protocol = match revision::of_request(settings, request.headers(), message) {
        Ok(protocol) => protocol,
        Err(error) => return message::refusal(StatusCode::BAD_REQUEST, id, &error),
    };
    let Some(id) = id else {
        // A notification, or the answer to a request that was never sent.
        return reply::text(StatusCode::ACCEPTED, "");
    };
    let result = match (message.method.as_str(), protocol) {
        ("initialize", Protocol::Stateful) => lifecycle::initialize(settings, &message.params),
        ("ping", Protocol::Stateful) => Ok(json!({})),
        ("server/discover", Protocol::Stateless) => Ok(lifecycle::discover()),
        ("tools/list", _) => Ok(tools::list()),
        ("tools/call", _) => tools::call(&message.params),
        _ => Err(RpcError::method_not_found()),
    };
    match (result, protocol) {
        (Ok(result), Protocol::Stateful) => message::result(id, &result),
        (Ok(result), Protocol::Stateless) => message::result(id, &stateless(message, result)),
        (Err(error), Protocol::Stateless) if error.is_method_not_found() => {
            message::refusal(StatusCode::NOT_FOUND, Some(id), &error)
        }
        (Err(error), _) => message::refusal(StatusCode::OK, Some(id), &error),
    }
}

/// A result with the members that 2026-07-28 requires of all, and of those that may be cached.
fn stateless(message: &Message, mut result: Value) -> Value {
    result["resultType"] = "complete".into();
    result["_meta"] = json!({ "io.modelcontextprotocol/serverInfo": lifecycle::server_info() });
    if message.method != "tools/call" {
        result["ttlMs"] = 0.into();
        result["cacheScope"] = "private".into();
    }
    result
}
