//! The revocation endpoint (RFC 7009). Scalekit asks every client for a secret there, so public ones
//! cannot use it.

use http::{Request, StatusCode};

use super::client_auth;
use super::error::OAuthError;
use super::params::Params;
use super::reply::{self, Reply};
use super::state::State;
use crate::settings::Settings;
use crate::token::verify;
use crate::values::Secret;

pub(super) fn respond(settings: &Settings, state: &mut State, request: &Request<Vec<u8>>) -> Reply {
    match revoke(settings, state, request) {
        Ok(()) => reply::no_store(reply::text(StatusCode::OK, "")),
        Err(error) => reply::no_store(error.into_reply()),
    }
}

/// # Errors
///
/// Only those of the request and its client: for an unknown token the response is a success (section 2.2).
fn revoke(
    settings: &Settings,
    state: &mut State,
    request: &Request<Vec<u8>>,
) -> Result<(), OAuthError> {
    let params = &Params::of_form(request)?;
    params.check_single()?;
    let client = client_auth::authenticate_with_secret(settings, state, request.headers(), params)?;
    let token = params.need("token")?;
    if let Some(known) = state.refresh_tokens.get(&Secret::new(token)) {
        // Section 2.1: only its own; and access tokens of the same grant go along.
        if known.grant.client_id == client {
            let grant = known.grant.id;
            state.revoke(grant);
        }
        return Ok(());
    }
    let Some(token) = verify(token, state.keys.lock().published()) else {
        return Ok(());
    };
    if let (Some(jti), true) = (
        token.string("jti"),
        token.string("client_id") == Some(&client),
    ) {
        state.revoke_token(jti);
    }
    Ok(())
}
