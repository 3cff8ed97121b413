//! The token endpoint (RFC 6749 section 3.2): authorization_code, refresh_token, client_credentials,
//! and jwt-bearer where an identity provider is trusted.

use std::sync::Arc;
use std::time::SystemTime;

use http::{Request, StatusCode};
use serde_json::Value;

use super::client::RegisteredClient;
use super::error::OAuthError;
use super::management_token;
use super::params::Params;
use super::reply::{self, Reply};
use super::state::State;
use super::token_response::{self, TokenIssuance};
use super::unusual_token_response::kept_refresh_token;
use super::{client_auth, id_jag, refresh, resource, scope, token_refusal};
use crate::settings::{AuthorizationServer, Leniency, Settings};
use crate::values::Secret;

pub(super) fn respond(
    settings: &Settings,
    state: &mut State,
    server: AuthorizationServer,
    request: &Request<Vec<u8>>,
    now: SystemTime,
) -> Reply {
    if let Some(refusal) = token_refusal::of(settings, request) {
        return reply::no_store(refusal);
    }
    let reply = match grant(settings, state, server, request, now) {
        Ok(body) => reply::json(StatusCode::OK, &body),
        Err(error) => error.into_reply(),
    };
    reply::no_store(reply)
}

fn grant(
    settings: &Settings,
    state: &mut State,
    server: AuthorizationServer,
    request: &Request<Vec<u8>>,
    now: SystemTime,
) -> Result<Value, OAuthError> {
    let params = &Params::of_form(request)?;
    params.check_single()?;
    let (client_id, client) =
        client_auth::authenticate(settings, state, request.headers(), params)?;
    match (params.need("grant_type")?, server) {
        ("client_credentials", server) => {
            client_credentials(settings, state, params, (&client_id, &client, server), now)
        }
        ("authorization_code", server) => {
            authorization_code(settings, state, params, (&client_id, server), now)
        }
        ("refresh_token", server) => {
            refresh_token(settings, state, params, (&client_id, server), now)
        }
        (id_jag::GRANT_TYPE, AuthorizationServer::Resource) if !settings.trusted.is_empty() => {
            id_jag::grant(settings, state, params, (&client_id, &client), now)
        }
        _ => Err(OAuthError::new(
            "unsupported_grant_type",
            "this endpoint does not know the grant type",
        )),
    }
}

/// RFC 6749 section 4.1.3.
fn authorization_code(
    settings: &Settings,
    state: &mut State,
    params: &Params,
    (client_id, server): (&str, AuthorizationServer),
    now: SystemTime,
) -> Result<Value, OAuthError> {
    let secret = Secret::new(params.need("code")?);
    let code = state
        .codes
        .get_mut(&secret)
        .filter(|code| code.grant.client_id == client_id)
        .ok_or_else(|| OAuthError::invalid_grant("the code is not known for this client"))?;
    let grant = Arc::clone(&code.grant);
    grant.check_granted_by(server)?;
    if code.used && !settings.tolerates(Leniency::ReusedCode) {
        // RFC 6749 section 4.1.2: an attacker may have got the tokens.
        state.revoke(grant.id);
        return Err(OAuthError::invalid_grant(
            "the code was used before; what was issued from it is revoked",
        ));
    }
    if now >= code.expires {
        return Err(OAuthError::invalid_grant("the code has expired"));
    }
    grant.check_session(&state.sessions, now)?;
    grant.check_membership(settings)?;
    code.check_binding(params)?;
    resource::within(settings, params, &grant.resources)?;
    code.used = true;
    let nonce = code.nonce.clone();
    let issuance = TokenIssuance {
        grant: &grant,
        scopes: &grant.scopes,
        nonce: nonce.as_deref(),
        with_refresh_token: refresh::is_given(settings, &grant.scopes),
    };
    Ok(token_response::to_user(settings, state, &issuance, now))
}

/// RFC 6749 section 6, with rotation (RFC 9700 section 4.14.2). A token that was exchanged may come
/// again within the grace, as from a client that never got the answer; later it is a sign of theft,
/// and all tokens that come from the same approval are revoked.
fn refresh_token(
    settings: &Settings,
    state: &mut State,
    params: &Params,
    (client_id, server): (&str, AuthorizationServer),
    now: SystemTime,
) -> Result<Value, OAuthError> {
    let secret = Secret::new(params.need("refresh_token")?);
    let token = state
        .refresh_tokens
        .get(&secret)
        .filter(|token| token.grant.client_id == client_id)
        .ok_or_else(|| {
            OAuthError::invalid_grant("the refresh token is not known for this client")
        })?;
    let grant = Arc::clone(&token.grant);
    grant.check_granted_by(server)?;
    if state.is_revoked(grant.id) {
        return Err(OAuthError::invalid_grant("the refresh token is revoked"));
    }
    if token
        .used
        .and_then(|used| used.checked_add(settings.refresh_grace))
        .is_some_and(|end| now >= end)
    {
        state.revoke(grant.id);
        return Err(OAuthError::invalid_grant(
            "the refresh token was exchanged before; what came from the same approval is revoked",
        ));
    }
    if now >= token.expires {
        return Err(OAuthError::invalid_grant("the refresh token has expired"));
    }
    grant.check_session(&state.sessions, now)?;
    grant.check_membership(settings)?;
    let scopes = scope::narrow(&grant.scopes, params.get("scope"))?;
    resource::within(settings, params, &grant.resources)?;
    let kept = kept_refresh_token(settings);
    if let Some(token) = state
        .refresh_tokens
        .get_mut(&secret)
        .filter(|_| kept.is_none())
    {
        token.used.get_or_insert(now);
    }
    state.sessions.refresh(&grant.session_id, now);
    let issuance = TokenIssuance {
        grant: &grant,
        scopes: &scopes,
        nonce: None,
        with_refresh_token: kept.is_none(),
    };
    let mut body = token_response::to_user(settings, state, &issuance, now);
    if let Some(kept) = kept {
        body["refresh_token"] = kept;
    }
    Ok(body)
}

/// RFC 6749 section 4.4.
fn client_credentials(
    settings: &Settings,
    state: &State,
    params: &Params,
    (client_id, client, server): (&str, &RegisteredClient, AuthorizationServer),
    now: SystemTime,
) -> Result<Value, OAuthError> {
    if client.secret.is_none() {
        return Err(OAuthError::new(
            "unauthorized_client",
            "a public client cannot use client_credentials",
        ));
    }
    if management_token::is_environment_client(client_id) {
        return management_token::issue(settings, state, (client_id, server), now);
    }
    resource::requested(settings, params)?;
    let scopes = scope::grant_machine(settings, client, params.get("scope"))?;
    let client = (client_id, client);
    Ok(token_response::to_machine(
        settings, state, client, &scopes, now,
    ))
}
