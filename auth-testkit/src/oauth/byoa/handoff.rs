//! The authorization endpoint sends the browser to the login page.

use std::time::SystemTime;

use http::StatusCode;

use crate::oauth::authorization_request::AuthorizationRequest;
use crate::oauth::authorization_response::redirect_back;
use crate::oauth::reply::{self, Reply};
use crate::oauth::state::State;
use crate::settings::{LoginPage, Settings};

/// A redirect to the page, or the refusal of a request that no user can approve.
pub(in crate::oauth) fn redirect_to_login_page(
    settings: &Settings,
    state: &mut State,
    page: &LoginPage,
    request: AuthorizationRequest,
    now: SystemTime,
) -> Reply {
    if let Err(error) = request.check_parameters(settings) {
        return redirect_back(settings, &request, Err(error), StatusCode::FOUND);
    }
    let (id, secret) = state.login_requests.start(request, now);
    let mut location = page.url.clone();
    location
        .query_pairs_mut()
        .append_pair("login_request_id", &id)
        .append_pair("state", secret.expose());
    reply::no_store(reply::redirect(StatusCode::FOUND, location.as_str()))
}
