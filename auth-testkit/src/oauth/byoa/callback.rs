//! `GET /sso/v1/connections/{connection}/partner:callback?state=…`: the browser is back from the login page, and the
//! authorization request continues.

use std::sync::Arc;
use std::time::SystemTime;

use http::{Request, StatusCode};

use super::login_request::Stage;
use crate::oauth::authorization_request::AuthorizationRequest;
use crate::oauth::authorization_response::redirect_back;
use crate::oauth::error::OAuthError;
use crate::oauth::params::Params;
use crate::oauth::reply::{self, Reply};
use crate::oauth::state::State;
use crate::oauth::{consent, login};
use crate::settings::{Approval, LoginPage, Settings, User};

pub(in crate::oauth) fn respond(
    settings: &Settings,
    state: &mut State,
    page: &LoginPage,
    request: &Request<Vec<u8>>,
    now: SystemTime,
) -> Reply {
    let connection = request.uri().path().split('/').nth(4);
    if connection != Some(page.connection.as_str()) {
        return reply::text(StatusCode::NOT_FOUND, "connection not found");
    }
    let (authorization, user) = match returned(state, &Params::of_query(request), now) {
        Ok(returned) => returned,
        // Whose browser this is, and which client it may be sent back to, is unknown.
        Err(why) => return reply::text(StatusCode::BAD_REQUEST, why),
    };
    let Some(user) = user else {
        let message = "the login page has reported a failed login";
        let error = OAuthError::new("access_denied", message);
        let refused = login::refuse(settings, state, &authorization, error, now);
        return redirect_back(settings, &authorization, refused, StatusCode::FOUND);
    };
    let approval = match state.approvals.pop_front() {
        Some(scripted) => scripted,
        None if settings.consent_page => {
            return consent::ask(settings, state, authorization, vec![user], now);
        }
        None => Approval::default_user(),
    };
    let approval = Approval {
        user: approval.user.or(Some(user)),
        ..approval
    };
    let outcome = login::conclude(settings, state, &authorization, &approval, now);
    redirect_back(settings, &authorization, outcome, StatusCode::FOUND)
}

/// The authorization request that the state belongs to, and its user unless the login has failed. It is used up.
///
/// # Errors
///
/// A text for the developer of the login page.
fn returned(
    state: &mut State,
    params: &Params,
    now: SystemTime,
) -> Result<(Arc<AuthorizationRequest>, Option<User>), &'static str> {
    let value = params.get("state").filter(|_| !params.repeats("state"));
    let value = value.ok_or("invalid_state: the state is missing or there more than once")?;
    let login = state.login_requests.of_state(value, now).ok_or(
        "invalid_state: the state is unknown, or its login request has expired: start the login again \
         in the client",
    )?;
    let user = match std::mem::replace(&mut login.stage, Stage::Complete) {
        Stage::LoggedIn(user) => Some(*user),
        Stage::Failed => None,
        Stage::AtLoginPage => {
            login.stage = Stage::AtLoginPage;
            return Err(
                "invalid_state: the login page has not posted the user of this login request; it \
                 must do so before it sends the browser back",
            );
        }
        Stage::Complete => {
            return Err(
                "invalid_state: the state was used before: start the login again in the client",
            );
        }
    };
    Ok((Arc::clone(&login.request), user))
}
