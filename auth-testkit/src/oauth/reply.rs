//! Replies, and the headers that several of them share.

use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderName, LOCATION,
    PRAGMA,
};
use http::{HeaderValue, Response, StatusCode};
use serde::Serialize;

pub(crate) type Reply = Response<Vec<u8>>;

pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Reply {
    json_bytes(status, serde_json::to_vec(body).expect("a reply is JSON"))
}

/// What says that it is JSON.
pub(crate) fn json_bytes(status: StatusCode, body: Vec<u8>) -> Reply {
    with_header(of(status, body), (CONTENT_TYPE, "application/json"))
}

pub(crate) fn text(status: StatusCode, body: &str) -> Reply {
    let reply = of(status, body.as_bytes().to_vec());
    with_header(reply, (CONTENT_TYPE, "text/plain; charset=utf-8"))
}

pub(crate) fn html(status: StatusCode, body: &str) -> Reply {
    let reply = of(status, body.as_bytes().to_vec());
    with_header(reply, (CONTENT_TYPE, "text/html; charset=utf-8"))
}

pub(crate) fn redirect(status: StatusCode, location: &str) -> Reply {
    with_header(of(status, Vec::new()), (LOCATION, location))
}

pub(crate) fn method_not_allowed(allowed: &str) -> Reply {
    let reply = text(StatusCode::METHOD_NOT_ALLOWED, "method not allowed");
    with_header(reply, (ALLOW, allowed))
}

/// The answer to a browser's CORS preflight.
pub(crate) fn preflight(allowed: &str) -> Reply {
    let headers = "authorization, content-type, mcp-method, mcp-name, mcp-protocol-version";
    let reply = with_header(of(StatusCode::NO_CONTENT, Vec::new()), (ALLOW, allowed));
    let reply = with_header(reply, (ACCESS_CONTROL_ALLOW_METHODS, allowed));
    with_header(reply, (ACCESS_CONTROL_ALLOW_HEADERS, headers))
}

/// Live Scalekit allows the origins of the dashboard's callback URLs; the mock allows all.
pub(crate) fn cross_origin(reply: Reply) -> Reply {
    let reply = with_header(reply, (ACCESS_CONTROL_EXPOSE_HEADERS, "www-authenticate"));
    with_header(reply, (ACCESS_CONTROL_ALLOW_ORIGIN, "*"))
}

/// RFC 6749 section 5.1: whatever holds tokens or secrets.
pub(crate) fn no_store(reply: Reply) -> Reply {
    let reply = with_header(reply, (CACHE_CONTROL, "no-store"));
    with_header(reply, (PRAGMA, "no-cache"))
}

pub(crate) fn with_header(mut reply: Reply, (name, value): (HeaderName, &str)) -> Reply {
    let value = HeaderValue::from_str(value).expect("a reply's header values are visible ASCII");
    reply.headers_mut().insert(name, value);
    reply
}

/// One more line of a header.
pub(crate) fn add_header(mut reply: Reply, (name, value): (HeaderName, &str)) -> Reply {
    let value = HeaderValue::from_str(value).expect("a reply's header values are visible ASCII");
    reply.headers_mut().append(name, value);
    reply
}

fn of(status: StatusCode, body: Vec<u8>) -> Reply {
    let mut reply = Response::new(body);
    *reply.status_mut() = status;
    reply
}
