//! The userinfo endpoint (OpenID Connect Core section 5.3).

use std::time::SystemTime;

use auth_core::token::BearerToken;
use http::header::WWW_AUTHENTICATE;
use http::{Request, StatusCode};
use serde_json::{Map, Value, json};

use super::introspect::access_token;
use super::reply::{self, Reply};
use super::state::State;
use crate::settings::Settings;
use crate::token::VerifiedJwt;

pub(super) fn respond(
    settings: &Settings,
    state: &State,
    request: &Request<Vec<u8>>,
    now: SystemTime,
) -> Reply {
    let presented = match BearerToken::from_headers(request.headers()) {
        Ok(Some(presented)) => presented,
        Ok(None) => {
            let reply = reply::text(StatusCode::UNAUTHORIZED, "");
            return reply::with_header(reply, (WWW_AUTHENTICATE, "Bearer"));
        }
        Err(_) => return refused(StatusCode::BAD_REQUEST, "invalid_request"),
    };
    match access_token(settings, state, presented.secret(), now) {
        None => refused(StatusCode::UNAUTHORIZED, "invalid_token"),
        Some(token) if !has_scope(&token, "openid") => {
            refused(StatusCode::FORBIDDEN, "insufficient_scope")
        }
        Some(token) => reply::json(StatusCode::OK, &claims(settings, state, &token)),
    }
}

fn claims(settings: &Settings, state: &State, token: &VerifiedJwt) -> Value {
    let mut claims = Map::new();
    let sub = token.string("sub").unwrap_or_default();
    claims.insert("sub".into(), sub.into());
    // A token that was minted without a login has no grant.
    let grant = token.string("jti").and_then(|jti| state.issued.get(jti));
    let user = grant.map(|grant| &grant.user);
    let user = user.or_else(|| settings.user(&state.user, sub));
    if let Some(user) = user.filter(|_| has_scope(token, "email")) {
        claims.insert("email".into(), user.email.as_str().into());
        claims.insert("email_verified".into(), user.email_verified.into());
    }
    if let Some(organization) = token.string("oid") {
        claims.insert("oid".into(), organization.into());
    }
    claims.into()
}

fn has_scope(token: &VerifiedJwt, wanted: &str) -> bool {
    let granted = token.string("scope").unwrap_or_default();
    granted.split(' ').any(|scope| scope == wanted)
}

/// RFC 6750 section 3.
fn refused(status: StatusCode, error: &str) -> Reply {
    let reply = reply::json(status, &json!({ "error": error }));
    let challenge = format!("Bearer error=\"{error}\"");
    reply::with_header(reply, (WWW_AUTHENTICATE, &challenge))
}
