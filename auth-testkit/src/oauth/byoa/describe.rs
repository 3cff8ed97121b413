//! `GET /api/v1/auth-requests/{login_request}`: which client wants what. It can be asked as long as the login request
//! lives, and uses nothing up.

use std::time::SystemTime;

use http::{Request, StatusCode};
use serde_json::{Value, json};

use crate::oauth::api_error::{self, ApiError};
use crate::oauth::client::issued_id;
use crate::oauth::management_token;
use crate::oauth::reply::Reply;
use crate::oauth::scope;
use crate::oauth::state::State;
use crate::settings::Settings;

pub(in crate::oauth) fn respond(
    settings: &Settings,
    state: &mut State,
    request: &Request<Vec<u8>>,
    now: SystemTime,
) -> Reply {
    api_error::reply(StatusCode::OK, describe(settings, state, request, now))
}

fn describe(
    settings: &Settings,
    state: &mut State,
    request: &Request<Vec<u8>>,
    now: SystemTime,
) -> Result<Value, ApiError> {
    management_token::check(settings, state, (request.headers(), now), None)?;
    let login_request = request.uri().path().rsplit('/').next();
    let login = state
        .login_requests
        .get(login_request.unwrap_or_default(), now);
    let login = login.ok_or_else(ApiError::unknown_login_request)?;
    let auth_request_id = login.auth_request_id.clone();
    let asked = login.request.clone();
    let client_id = asked.client_id.as_str();
    let client = state.client(client_id);
    let client = client.map_err(|_| ApiError::not_found("client not found"))?;
    // Such a client has an id of Scalekit's as well.
    let issued_id = issued_id(client_id);
    let is_document = issued_id != client_id;
    let resource = settings.resource_url.as_ref();
    Ok(json!({
        "auth_request": {
            "id": auth_request_id,
            "scopes": asked.params.get("scope").map_or_else(Vec::new, scope::split),
        },
        "client": {
            "client_id": client_id,
            "sk_client_id": issued_id,
            "client_name": client.name,
            "is_dcr": client.registered_itself,
            "is_cimd": is_document,
        },
        "resource": {
            "id": settings.resource_id,
            "name": resource.unwrap_or(&settings.resource_id),
        },
    }))
}
