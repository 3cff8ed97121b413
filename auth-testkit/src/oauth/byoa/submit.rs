//! `POST /api/v1/connections/{connection}/auth-requests/{login_request}/user`.

use std::time::SystemTime;

use http::{Request, StatusCode};
use serde_json::{Value, json};

use super::login_request::Stage;
use super::posted_user::PostedUser;
use crate::oauth::api_error::{self, ApiError};
use crate::oauth::management_token;
use crate::oauth::reply::Reply;
use crate::oauth::state::State;
use crate::settings::{LoginPage, Settings};

pub(in crate::oauth) fn respond(
    settings: &Settings,
    state: &mut State,
    page: &LoginPage,
    request: &Request<Vec<u8>>,
    now: SystemTime,
) -> Reply {
    api_error::reply(StatusCode::OK, submit(settings, state, page, request, now))
}

/// A refused call uses nothing up.
fn submit(
    settings: &Settings,
    state: &mut State,
    page: &LoginPage,
    request: &Request<Vec<u8>>,
    now: SystemTime,
) -> Result<Value, ApiError> {
    management_token::check(settings, state, (request.headers(), now), None)?;
    let mut segments = request.uri().path().split('/').skip(4);
    let (connection, id) = (segments.next(), segments.nth(1));
    if connection != Some(page.connection.as_str()) {
        return Err(ApiError::not_found("connection not found"));
    }
    let login = state.login_requests.get(id.unwrap_or_default(), now);
    let login = login.ok_or_else(ApiError::unknown_login_request)?;
    let posted = PostedUser::read(request.body())?;
    if !matches!(login.stage, Stage::AtLoginPage) {
        return Err(ApiError::failed_precondition(
            "the user of this login request was posted before; a login request is used once",
        ));
    }
    login.stage = match posted.has_failed() {
        true => Stage::Failed,
        false => Stage::LoggedIn(Box::new(posted.into_user(settings))),
    };
    Ok(json!({ "auth_request_id": login.auth_request_id }))
}
