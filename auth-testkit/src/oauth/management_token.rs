//! Tokens of the environment for its management API: the clients whose ids begin with `skc_` get them by
//! `client_credentials` at the token endpoint of the environment.

use std::time::{Duration, SystemTime};

use auth_core::token::BearerToken;
use http::HeaderMap;
use serde_json::{Map, Value, json};

use super::api_error::ApiError;
use crate::oauth::error::OAuthError;
use crate::oauth::introspect::access_token as valid_access_token;
use crate::oauth::state::State;
use crate::settings::{AuthorizationServer, Settings};
use crate::token::{Grantee, Who, access_token, sign, unix_seconds};

/// What the ids of the environment's clients begin with.
const PREFIX: &str = "skc_";

/// What live Scalekit says of such tokens.
const LIFETIME: Duration = Duration::from_secs(86_399);

/// Whether a client is one of the environment, and no MCP client.
pub(super) fn is_environment_client(client_id: &str) -> bool {
    client_id.starts_with(PREFIX)
}

/// The token response for a client of the environment.
///
/// # Errors
///
/// `invalid_client` at the token endpoint of a resource, which has other clients.
pub(super) fn issue(
    settings: &Settings,
    state: &State,
    (client_id, server): (&str, AuthorizationServer),
    now: SystemTime,
) -> Result<Value, OAuthError> {
    if server == AuthorizationServer::Resource {
        return Err(OAuthError::new(
            "invalid_client",
            "a client of the environment (skc_) uses the token endpoint of the environment, \
             /oauth/token",
        ));
    }
    let grantee = Grantee {
        server,
        client_id,
        scopes: &[],
        who: Who::Machine {
            organization: None,
            custom_claims: &Map::new(),
        },
    };
    let mut claims = access_token(settings, &grantee, now);
    claims.set("exp", unix_seconds(now) + LIFETIME.as_secs());
    Ok(json!({
        "access_token": sign(&claims, state.keys.lock().signer()),
        "token_type": "Bearer",
        "expires_in": LIFETIME.as_secs(),
        "scope": "",
    }))
}

/// # Errors
///
/// `UNAUTHENTICATED` without a valid token, `PERMISSION_DENIED` for a token that is not for the management API, or
/// whose client lacks the permission that the call needs.
pub(crate) fn check(
    settings: &Settings,
    state: &State,
    (headers, now): (&HeaderMap, SystemTime),
    needed: Option<&'static str>,
) -> Result<(), ApiError> {
    let presented = match BearerToken::from_headers(headers) {
        Ok(Some(presented)) => presented,
        Ok(None) => return Err(ApiError::unauthenticated("Token empty")),
        Err(_) => {
            return Err(ApiError::unauthenticated(
                "the authorization header is malformed",
            ));
        }
    };
    let token = valid_access_token(settings, state, presented.secret(), now);
    let token = token.ok_or_else(|| ApiError::unauthenticated("the token is not valid"))?;
    let client = token.string("client_id").unwrap_or_default();
    let is_of_a_machine = token.string("sub") == Some(client) && is_environment_client(client);
    // A token of the resource is for the MCP server, also that of a machine.
    if !is_of_a_machine || !token.is_for(client) {
        return Err(ApiError::permission_denied(
            "the token is not for the management api; get one with client_credentials of a client \
             of the environment (skc_) at /oauth/token",
        ));
    }
    let Some(client) = state.clients.get(client) else {
        return Err(ApiError::unauthenticated(
            "the client of the token was deleted",
        ));
    };
    match (needed, &client.permissions) {
        (Some(needed), Some(permissions)) if !permissions.iter().any(|one| one == needed) => {
            Err(ApiError::missing_permission(needed))
        }
        _ => Ok(()),
    }
}
