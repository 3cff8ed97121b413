//! The record of one OAuth exchange, with secrets shortened.

use http::{HeaderMap, Method, Request, Response, header};
use serde_json::Value;
use url::Url;

use crate::{
    dpop::DPOP,
    events::{Exchange, Step},
    redact,
};

/// The content type of a form.
pub(super) const FORM: &str = "application/x-www-form-urlencoded";

/// The response headers that matter for OAuth.
const SHOWN_HEADERS: [&str; 6] = [
    "www-authenticate",
    "location",
    "content-type",
    "cache-control",
    "retry-after",
    "dpop-nonce",
];

/// A record of the request, without its response.
pub(super) fn describe(request: &Request<Vec<u8>>) -> Exchange {
    let text = request.uri().to_string();
    let mut sent = if is_form(request) {
        redact::fields_of(request.body())
    } else {
        redact::members_of(request.body())
    };
    for name in [header::AUTHORIZATION, DPOP] {
        let value = request.headers().get(&name);
        if let Some(value) = value.and_then(|value| value.to_str().ok()) {
            sent.push((name.to_string(), redact::shorten(value)));
        }
    }
    Exchange {
        step: Step::Probe,
        method: request.method().to_string(),
        url: Url::parse(&text).map_or_else(|_| "?".into(), |url| redact::url(&url)),
        sent,
        status: Err("not sent".into()),
        headers: Vec::new(),
        received: Vec::new(),
    }
}

/// The step that an exchange belongs to. rmcp does not name it, so request and response are looked at.
pub(super) fn step_of(record: &Exchange, response: Option<&Response<Vec<u8>>>) -> Step {
    if record.method == Method::POST.as_str() {
        let grant = record.sent.iter().any(|(name, _)| name == "grant_type");
        return if grant {
            Step::Token
        } else {
            Step::Registration
        };
    }
    let body: Value = response
        .and_then(|r| serde_json::from_slice(r.body()).ok())
        .unwrap_or_default();
    if body.get("authorization_servers").is_some()
        || record.url.contains("/.well-known/oauth-protected-resource")
    {
        Step::ResourceMetadata
    } else if body.get("token_endpoint").is_some() || record.url.contains("/.well-known/") {
        Step::ServerMetadata
    } else {
        Step::Probe
    }
}

/// Whether the body is a form.
pub(super) fn is_form(request: &Request<Vec<u8>>) -> bool {
    request
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(FORM.as_bytes()))
}

/// The response headers that matter, without codes.
pub(super) fn shown_headers(headers: &HeaderMap) -> Vec<(String, String)> {
    let shown = |name: &str, text: &str| match Url::parse(text) {
        Ok(url) if name == "location" => redact::url(&url),
        // A relative Location is no URL that could be parsed, and its query may contain a code.
        _ if name == "location" => {
            redact::printable(text.split(['?', '#']).next().unwrap_or_default())
        }
        _ => redact::printable(text),
    };
    SHOWN_HEADERS
        .iter()
        .filter_map(|name| Some((*name, headers.get(*name)?.to_str().ok()?)))
        .map(|(name, text)| (name.to_owned(), shown(name, text)))
        .collect()
}
