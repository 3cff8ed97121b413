//! The responses for public documents, at paths that are compared byte by byte.
//!
//! No request for them reaches the inner service, whatever its method: an exemption that forwards
//! requests would be a hole.

use std::fmt::Write;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_MAX_AGE, ALLOW, CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH, RETRY_AFTER,
};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};
use sha2::{Digest, Sha256};

use crate::provider::{DocumentError, PublicDocument};

/// How long clients may cache the metadata document (RFC 9728 section 7.10 asks for a limit).
pub(crate) const METADATA_MAX_AGE: Duration = Duration::from_secs(3600);

/// When to retry for a document that is unavailable.
const RETRY_AFTER_SECONDS: u64 = 5;

const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, OPTIONS");

/// The headers that browser clients of MCP send, including credentials, which are not needed here.
const REQUEST_HEADERS: HeaderValue = HeaderValue::from_static(
    "Accept, Authorization, Content-Type, MCP-Protocol-Version, Mcp-Method, Mcp-Name",
);

/// The response to a method that does not read the document; `None` for GET and HEAD.
pub(crate) fn answer_without_document(method: &Method) -> Option<Response<Bytes>> {
    match *method {
        Method::GET | Method::HEAD => None,
        Method::OPTIONS => Some(for_everyone(preflight())),
        _ => Some(for_everyone(method_not_allowed())),
    }
}

/// The response to GET and HEAD.
pub(crate) fn answer(
    document: Result<&PublicDocument, &DocumentError>,
    headers: &HeaderMap,
) -> Response<Bytes> {
    for_everyone(match document {
        Ok(document) => found(document, headers),
        Err(error) => not_found(error),
    })
}

/// Readable for pages of every origin: it is public and needs no credentials.
fn for_everyone(mut response: Response<Bytes>) -> Response<Bytes> {
    let everyone = HeaderValue::from_static("*");
    response
        .headers_mut()
        .insert(ACCESS_CONTROL_ALLOW_ORIGIN, everyone);
    response
}

fn found(document: &PublicDocument, request: &HeaderMap) -> Response<Bytes> {
    let mut max_age = String::from("public, max-age=");
    // Writing to a `String` does not fail.
    let _ = write!(max_age, "{}", document.max_age.as_secs());
    let tag = entity_tag(&document.json);
    let mut response = if is_known(request, &tag) {
        let mut response = Response::new(Bytes::new());
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        response
    } else {
        let mut response = Response::new(document.json.clone());
        let json = HeaderValue::from_static("application/json");
        response.headers_mut().insert(CONTENT_TYPE, json);
        response
    };
    let headers = response.headers_mut();
    if let Ok(tag) = HeaderValue::try_from(tag) {
        headers.insert(ETAG, tag);
    }
    if let Ok(value) = HeaderValue::try_from(max_age) {
        headers.insert(CACHE_CONTROL, value);
    }
    response
}

/// A strong entity tag ([RFC 9110 section
/// 8.8.3](https://www.rfc-editor.org/rfc/rfc9110#section-8.8.3)), equal for equal bytes in every
/// replica.
fn entity_tag(json: &[u8]) -> String {
    format!("\"{}\"", URL_SAFE_NO_PAD.encode(Sha256::digest(json)))
}

/// Whether the client has this version of the document (RFC 9110 section 13.1.2).
fn is_known(request: &HeaderMap, tag: &str) -> bool {
    let lines = request.get_all(IF_NONE_MATCH).iter();
    let texts = lines.filter_map(|line| line.to_str().ok());
    let mut tags = texts.flat_map(|text| text.split(',')).map(str::trim);
    tags.any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag)
}

/// One text per status: the cause may name internal addresses, so it is only logged.
fn not_found(error: &DocumentError) -> Response<Bytes> {
    let (status, body) = match error {
        DocumentError::InvalidResponse(_) => (
            StatusCode::BAD_GATEWAY,
            r#"{"error":"server_error","error_description":"The document is unavailable"}"#,
        ),
        DocumentError::Unavailable(_) => (
            StatusCode::SERVICE_UNAVAILABLE,
            r#"{"error":"temporarily_unavailable","error_description":"The document is unavailable now"}"#,
        ),
    };
    let mut response = Response::new(Bytes::from_static(body.as_bytes()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(RETRY_AFTER, HeaderValue::from(RETRY_AFTER_SECONDS));
    response
}

fn preflight() -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let headers = response.headers_mut();
    headers.insert(ALLOW, METHODS);
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, METHODS);
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS);
    headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    response
}

fn method_not_allowed() -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    response.headers_mut().insert(ALLOW, METHODS);
    response
}
