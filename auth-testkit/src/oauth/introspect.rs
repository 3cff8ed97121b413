//! The introspection endpoint (RFC 7662): what the issuer knows of a token now.

use std::time::SystemTime;

use http::{Request, StatusCode};
use serde_json::{Value, json};

use super::client_auth;
use super::error::OAuthError;
use super::params::Params;
use super::reply::{self, Reply};
use super::state::State;
use crate::settings::Settings;
use crate::token::{VerifiedJwt, unix_seconds, verify};
use crate::values::Secret;

pub(super) fn respond(
    settings: &Settings,
    state: &State,
    request: &Request<Vec<u8>>,
    now: SystemTime,
) -> Reply {
    let reply = match introspect(settings, state, request, now) {
        Ok(body) => reply::json(StatusCode::OK, &body),
        Err(error) => error.into_reply(),
    };
    reply::no_store(reply)
}

fn introspect(
    settings: &Settings,
    state: &State,
    request: &Request<Vec<u8>>,
    now: SystemTime,
) -> Result<Value, OAuthError> {
    let params = &Params::of_form(request)?;
    params.check_single()?;
    client_auth::authenticate_with_secret(settings, state, request.headers(), params)?;
    let token = params.need("token")?;
    let found = access_token(settings, state, token, now)
        .map(|token| described(&token))
        .or_else(|| refresh_token(state, token, now));
    // RFC 7662 section 2.2: nothing more about a token that is not active.
    Ok(found.unwrap_or_else(|| json!({ "active": false })))
}

/// An access token that is valid at this moment: ours, current, and not revoked. Whether it is for the
/// resource is for the caller to check.
pub(crate) fn access_token(
    settings: &Settings,
    state: &State,
    token: &str,
    now: SystemTime,
) -> Option<VerifiedJwt> {
    let token = verify(token, state.keys.lock().published())?;
    let iss = token.string("iss")?;
    let is_ours = iss == settings.environment_url || iss == settings.issuer();
    // Those of a sign-in to the client itself name no resource.
    let client = match token.claims.get("resid") {
        Some(_) => None,
        None => token.string("client_id"),
    };
    let is_for_one_of_ours =
        token.is_for(&settings.resource_id) || client.is_some_and(|client| token.is_for(client));
    let is_revoked = token
        .string("jti")
        .is_none_or(|jti| state.is_token_revoked(jti));
    let is_active =
        is_ours && is_for_one_of_ours && token.is_current(unix_seconds(now)) && !is_revoked;
    is_active.then_some(token)
}

fn described(token: &VerifiedJwt) -> Value {
    let mut body = token.claims.clone();
    body["active"] = true.into();
    body["token_type"] = "Bearer".into();
    body
}

fn refresh_token(state: &State, token: &str, now: SystemTime) -> Option<Value> {
    let token = state.refresh_tokens.get(&Secret::new(token))?;
    let grant = &token.grant;
    let is_active = token.used.is_none()
        && now < token.expires
        && !state.is_revoked(grant.id)
        && state.sessions.is_active(&grant.session_id, now);
    is_active.then(|| {
        json!({
            "active": true,
            "client_id": grant.client_id,
            "sub": grant.user.sub,
            "scope": grant.scopes.join(" "),
            "exp": unix_seconds(token.expires),
        })
    })
}
