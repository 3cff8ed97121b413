//! Refusals of the token endpoint that no request deserves: those of misbehaviours.

use http::header::RETRY_AFTER;
use http::{Request, StatusCode};
use serde_json::json;

use super::params::Params;
use super::reply::{self, Reply};
use crate::settings::{Misbehaviour, Settings};

/// The body of a refusal.
#[derive(Clone, Copy)]
enum Body {
    /// This error of OAuth (RFC 6749 section 5.2).
    OAuth(&'static str),
    /// JSON of another kind.
    OtherJson,
    Html,
    Empty,
}

/// How refreshes are refused.
const OF_REFRESH: [(Misbehaviour, u16, Body); 13] = [
    (
        Misbehaviour::RefreshInvalidRequest,
        400,
        Body::OAuth("invalid_request"),
    ),
    (
        Misbehaviour::RefreshInvalidScope,
        400,
        Body::OAuth("invalid_scope"),
    ),
    (
        Misbehaviour::RefreshInvalidTarget,
        400,
        Body::OAuth("invalid_target"),
    ),
    (
        Misbehaviour::RefreshUnsupportedGrantType,
        400,
        Body::OAuth("unsupported_grant_type"),
    ),
    (
        Misbehaviour::RefreshInvalidToken,
        401,
        Body::OAuth("invalid_token"),
    ),
    (
        Misbehaviour::RefreshAccessDenied,
        403,
        Body::OAuth("access_denied"),
    ),
    (Misbehaviour::RefreshHtml404, 404, Body::Html),
    (Misbehaviour::RefreshGone, 410, Body::Empty),
    (Misbehaviour::RefreshUnprocessable, 422, Body::OtherJson),
    (
        Misbehaviour::RefreshErrorWith200,
        200,
        Body::OAuth("invalid_grant"),
    ),
    (
        Misbehaviour::RefreshServerError,
        500,
        Body::OAuth("server_error"),
    ),
    (Misbehaviour::RefreshUnavailable, 503, Body::Empty),
    (Misbehaviour::RefreshTooManyRequests, 429, Body::Empty),
];

/// How codes are refused.
const OF_CODE: [(Misbehaviour, u16, Body); 1] = [(
    Misbehaviour::TokenErrorWith200,
    200,
    Body::OAuth("invalid_grant"),
)];

/// The refusal of a token request, whatever else is in it; none unless the issuer is set to misbehave so.
pub(super) fn of(settings: &Settings, request: &Request<Vec<u8>>) -> Option<Reply> {
    let params = Params::of_form(request).ok()?;
    let table = match params.get("grant_type")? {
        "refresh_token" => OF_REFRESH.as_slice(),
        "authorization_code" => OF_CODE.as_slice(),
        _ => return None,
    };
    let mut table = table.iter();
    let (_, status, body) = table.find(|(misbehaviour, ..)| settings.misbehaves(*misbehaviour))?;
    let status = StatusCode::from_u16(*status).expect("the table has statuses of HTTP");
    Some(refusal(status, *body))
}

fn refusal(status: StatusCode, body: Body) -> Reply {
    let reply = match body {
        Body::OAuth(error) => {
            let description = "the issuer is set to refuse this grant type";
            reply::json(
                status,
                &json!({ "error": error, "error_description": description }),
            )
        }
        Body::OtherJson => reply::json(status, &json!({ "message": "cannot be processed" })),
        Body::Html => reply::html(
            status,
            "<!doctype html><title>Not found</title><p>Not found",
        ),
        Body::Empty => reply::text(status, ""),
    };
    match status {
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => {
            reply::with_header(reply, (RETRY_AFTER, "1"))
        }
        _ => reply,
    }
}
