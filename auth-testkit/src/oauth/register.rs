//! Dynamic client registration (RFC 7591) with Scalekit's body, which is not quite RFC 7591's.

use std::time::{Duration, SystemTime};

use auth_core::support::json::{self, Rules};
use http::{Request, StatusCode};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::auth_method::AuthMethod;
use super::client::RegisteredClient;
use super::error::OAuthError;
use super::params::media_type;
use super::reply::{self, Reply};
use super::state::State;
use super::{redirect_uri, scope};
use crate::settings::{Misbehaviour, Settings};
use crate::values::{Secret, id};

/// The members that Scalekit reads; it ignores the others, `grant_types` and
/// `token_endpoint_auth_method` among them.
#[derive(Deserialize)]
struct Metadata {
    client_name: Option<String>,
    description: Option<String>,
    redirect_uris: Option<Vec<String>>,
    scope: Option<String>,
}

pub(super) fn respond(
    settings: &Settings,
    state: &mut State,
    request: &Request<Vec<u8>>,
    now: SystemTime,
) -> Reply {
    let reply = match register(settings, state, request, now) {
        Ok(body) => reply::json(StatusCode::CREATED, &body),
        Err(error) => error.into_reply(),
    };
    reply::no_store(reply)
}

fn register(
    settings: &Settings,
    state: &mut State,
    request: &Request<Vec<u8>>,
    now: SystemTime,
) -> Result<Value, OAuthError> {
    if media_type(request.headers()) != "application/json" {
        return Err(invalid("the body must be application/json"));
    }
    let metadata: Metadata = json::from_slice(request.body(), Rules::STRICT)
        .map_err(|_| invalid("the body is not a JSON object of client metadata"))?;
    let redirect_uris = metadata.redirect_uris.unwrap_or_default();
    if redirect_uris.is_empty() {
        return Err(OAuthError::new(
            "invalid_redirect_uri",
            "redirect_uris is missing or empty",
        ));
    }
    redirect_uri::vet_all(settings, &redirect_uris)
        .map_err(|why| OAuthError::new("invalid_redirect_uri", why))?;
    let client_id = id::fresh("m2m");
    let scopes = allowed_scopes(settings, metadata.scope.as_deref());
    let name = metadata.client_name.unwrap_or_else(|| client_id.clone());
    let mut client = RegisteredClient {
        redirect_uris,
        scopes: Some(scopes),
        registered_itself: true,
        ..RegisteredClient::named(name, None)
    };
    let mut body = describe(settings, &client_id, &client, now);
    if let Some(description) = metadata.description {
        body["description"] = description.into();
    }
    if settings.misbehaves(Misbehaviour::RegistrationWithoutRedirectUris) {
        members(&mut body).remove("redirect_uris");
    }
    if let Some(method) = forced_method(settings) {
        let secret = Secret::random();
        members(&mut body).extend([
            (
                "token_endpoint_auth_method".to_owned(),
                method.name().into(),
            ),
            ("client_secret".to_owned(), secret.expose().into()),
            ("client_secret_expires_at".to_owned(), 0.into()),
        ]);
        client.secret = Some(secret).filter(|_| method != AuthMethod::None);
        state.auth_methods.insert(client_id.clone(), method);
    }
    state.clients.insert(client_id, client);
    Ok(body)
}

/// The method that a misbehaving issuer registers, whatever the client asks for.
fn forced_method(settings: &Settings) -> Option<AuthMethod> {
    match () {
        () if settings.misbehaves(Misbehaviour::RegistersSecretPost) => Some(AuthMethod::Post),
        () if settings.misbehaves(Misbehaviour::RegistersSecretBasic) => Some(AuthMethod::Basic),
        () if settings.misbehaves(Misbehaviour::RegistersNoneWithSecret) => Some(AuthMethod::None),
        () => None,
    }
}

fn members(body: &mut Value) -> &mut Map<String, Value> {
    body.as_object_mut()
        .expect("a client is described by an object")
}

/// A client that registers may have the scopes that it asks for and the resource has; all of them if it does
/// not ask. Asking for nothing the resource has is not an error here, as Scalekit drops such scopes.
fn allowed_scopes(settings: &Settings, requested: Option<&str>) -> Vec<String> {
    let Some(requested) = requested else {
        return settings.scopes.clone();
    };
    let mut scopes = scope::split(requested);
    scopes.retain(|scope| settings.is_resource_scope(scope));
    scopes
}

/// Scalekit's model of a client. A public client gets no secret, and no member that speaks of one:
/// clients take the absence of `client_secret` for `token_endpoint_auth_method` = `none`.
fn describe(
    settings: &Settings,
    client_id: &str,
    client: &RegisteredClient,
    now: SystemTime,
) -> Value {
    // As in the JSON of protobuf: in whole seconds, within the years that RFC 3339 has. humantime panics on others,
    // and the clock of a test can be at any time.
    let last = SystemTime::UNIX_EPOCH + Duration::from_secs(253_402_300_799);
    let now =
        humantime::format_rfc3339_seconds(now.clamp(SystemTime::UNIX_EPOCH, last)).to_string();
    json!({
        "client_id": client_id,
        "name": client.name,
        "redirect_uris": client.redirect_uris,
        "scopes": client.scopes,
        "audience": settings.audience(),
        "custom_claims": [],
        "resource_id": settings.resource_id,
        "secrets": [],
        "create_time": now,
        "update_time": now,
    })
}

fn invalid(description: &str) -> OAuthError {
    OAuthError::new("invalid_client_metadata", description)
}
