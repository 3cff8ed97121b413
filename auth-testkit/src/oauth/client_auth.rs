//! Authentication of the client at the token endpoint (RFC 6749 section 2.3): none, client_secret_post or
//! client_secret_basic.

use auth_core::token::credentials;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use http::header::AUTHORIZATION;

use super::auth_method::AuthMethod;
use super::client::RegisteredClient;
use super::error::OAuthError;
use super::params::Params;
use super::state::State;
use crate::settings::{Leniency, Settings};

/// The client of a token request, whose secret (if it has one) was right.
///
/// # Errors
///
/// `invalid_client` when the client is unknown or its secret wrong or missing;
/// `invalid_request` when it authenticates twice (RFC 6749 section 2.3).
pub(crate) fn authenticate(
    settings: &Settings,
    state: &State,
    headers: &HeaderMap,
    params: &Params,
) -> Result<(String, RegisteredClient), OAuthError> {
    let (id, method, secret) = presented(headers, params)?;
    let client = state
        .client(&id)
        .map_err(|_| refused("the client is not known; register it first"))?;
    if let Some(registered) = state.auth_methods.get(&id)
        && *registered != method
    {
        let registered = registered.name();
        return Err(refused(&format!(
            "the client is registered with {registered}"
        )));
    }
    let any_secret = settings.tolerates(Leniency::AnyClientSecret);
    match (&client.secret, secret) {
        (None, None) => Ok((id, client)),
        (_, _) if any_secret => Ok((id, client)),
        (Some(known), Some(sent)) if known.matches(&sent) => Ok((id, client)),
        (Some(_), Some(_)) => Err(refused("the client secret is wrong")),
        (Some(_), None) => Err(refused("the client has a secret and did not send it")),
        (None, Some(_)) => Err(refused("the client is public and has no secret")),
    }
}

/// The id of a client that has proved itself by its secret, for endpoints that are closed to public
/// clients.
///
/// # Errors
///
/// As [`authenticate`], and `invalid_client` for a public client.
pub(crate) fn authenticate_with_secret(
    settings: &Settings,
    state: &State,
    headers: &HeaderMap,
    params: &Params,
) -> Result<String, OAuthError> {
    let (id, client) = authenticate(settings, state, headers, params)?;
    match client.secret {
        Some(_) => Ok(id),
        None => Err(refused("a public client cannot use this endpoint")),
    }
}

/// Client id and secret as sent, and how.
fn presented(
    headers: &HeaderMap,
    params: &Params,
) -> Result<(String, AuthMethod, Option<String>), OAuthError> {
    let in_body = params.get("client_id");
    let secret = params.get("client_secret").map(str::to_owned);
    // An access token is no authentication of the client. Scalekit's SDK for Python sends the one it has when it asks for the
    // next.
    let is_in_body = secret.is_some() && has_bearer_token(headers);
    if is_in_body || !headers.contains_key(AUTHORIZATION) {
        let id = in_body.ok_or_else(|| refused("client_id is missing"))?;
        let method = match secret {
            Some(_) => AuthMethod::Post,
            None => AuthMethod::None,
        };
        return Ok((id.to_owned(), method, secret));
    }
    let (id, basic_secret) = basic_credentials(headers)
        .ok_or_else(|| refused("the authorization header is not well-formed Basic"))?;
    if secret.is_some() {
        return Err(OAuthError::invalid_request(
            "the client authenticates in the header and in the body",
        ));
    }
    if in_body.is_some_and(|in_body| in_body != id) {
        return Err(OAuthError::invalid_request(
            "client_id differs between the header and the body",
        ));
    }
    let secret = Some(basic_secret).filter(|secret| !secret.is_empty());
    Ok((id, AuthMethod::Basic, secret))
}

/// Whether there is one `Authorization` header, with a bearer token.
fn has_bearer_token(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let first = values.next().and_then(|value| value.to_str().ok());
    let is_bearer = first.is_some_and(|value| credentials(value, "Bearer").is_some());
    is_bearer && values.next().is_none()
}

/// Id and secret of `Authorization: Basic`; both are form-urlencoded inside (RFC 6749 section 2.3.1).
pub(crate) fn basic_credentials(headers: &HeaderMap) -> Option<(String, String)> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let encoded = credentials(values.next()?.to_str().ok()?, "Basic")?;
    if values.next().is_some() {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    Some((form_decoded(id), form_decoded(secret)))
}

fn form_decoded(text: &str) -> String {
    // A pair without a name separator decodes as a name; `&` and `=` must not end it early.
    let escaped = text.replace('&', "%26").replace('=', "%3D");
    form_urlencoded::parse(escaped.as_bytes())
        .next()
        .map(|(decoded, _)| decoded.into_owned())
        .unwrap_or_default()
}

fn refused(description: &str) -> OAuthError {
    OAuthError::new("invalid_client", description)
}
