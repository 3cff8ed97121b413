//! Answers `ping` on the protocol of 2026-07-28, which has none.
//!
//! Clients of earlier versions ping to see whether a server is there, and some still do after they
//! have agreed on 2026-07-28: FastMCP's client, and with it every program written like its
//! examples, ends with "method not found" at a server that follows the specification. An
//! empty response does no harm. rmcp answers pings of the earlier versions itself.

use auth_core::support::json::{self, Rules};
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

/// More than any ping has.
const MAX_BODY_BYTES: usize = 16 * 1024;

/// The members of a ping that its response needs.
#[derive(Deserialize)]
struct Ping {
    method: String,
    id: Value,
}

/// Answers requests that are pings by their headers, and forwards all others.
pub async fn answer(request: Request, next: Next) -> Response {
    if !is_ping_without_ping(request.headers()) {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_BODY_BYTES).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    match json::from_slice::<Ping>(&body, Rules::STRICT) {
        Ok(Ping { method, id }) if method == "ping" && (id.is_string() || id.is_number()) => {
            let result = json!({"resultType": "complete"});
            let answer = json!({"jsonrpc": "2.0", "id": id, "result": result});
            let json = HeaderValue::from_static("application/json");
            ([(CONTENT_TYPE, json)], answer.to_string()).into_response()
        }
        // Not what its headers say: rmcp has the words for it.
        _ => next.run(Request::from_parts(parts, Body::from(body))).await,
    }
}

/// Whether the headers name `ping` and a version that has none.
fn is_ping_without_ping(headers: &HeaderMap) -> bool {
    let header = |name: &str| headers.get(name).map(HeaderValue::as_bytes);
    // Versions are dates, and dates in this form compare as text.
    let version = header("mcp-protocol-version");
    header("mcp-method") == Some(b"ping")
        && version.is_some_and(|version| version >= b"2026-07-28".as_slice())
}
