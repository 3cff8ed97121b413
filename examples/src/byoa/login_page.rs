//! The login page: a form, and where it sends the browser.

use auth_core::error::ErrorChain;
use axum::Router;
use axum::extract::{Form, Query, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use serde::Deserialize;

use super::scalekit_api::ScalekitApi;
use super::users::Users;

/// What Scalekit sends the browser with.
#[derive(Deserialize)]
struct Handoff {
    login_request_id: String,
    state: String,
}

/// What the form sends.
#[derive(Deserialize)]
struct Login {
    login_request_id: String,
    state: String,
    name: String,
    password: String,
}

/// The page at `/login`, for these users.
pub fn login_page(users: Users, scalekit: ScalekitApi) -> Router {
    Router::new()
        .route("/login", get(show).post(log_in))
        .with_state((users, scalekit))
}

async fn show(Query(handoff): Query<Handoff>) -> Response {
    if !is_vetted(&handoff.login_request_id) || !is_vetted(&handoff.state) {
        return (StatusCode::BAD_REQUEST, "this is not a login of Scalekit\n").into_response();
    }
    form(StatusCode::OK, &handoff, "")
}

async fn log_in(
    State((users, scalekit)): State<(Users, ScalekitApi)>,
    Form(login): Form<Login>,
) -> Response {
    let handoff = Handoff {
        login_request_id: login.login_request_id,
        state: login.state,
    };
    if !is_vetted(&handoff.login_request_id) || !is_vetted(&handoff.state) {
        return (StatusCode::BAD_REQUEST, "this is not a login of Scalekit\n").into_response();
    }
    // A real page also limits how often passwords can be tried.
    let Some(user) = users.log_in(&login.name, &login.password) else {
        return form(
            StatusCode::FORBIDDEN,
            &handoff,
            "<p>Wrong name or password.</p>",
        );
    };
    match scalekit.post_user(&handoff.login_request_id, user).await {
        Ok(()) => Redirect::to(&scalekit.back(&handoff.state)).into_response(),
        Err(error) => {
            tracing::warn!("{}", ErrorChain(&error));
            let text = "the login cannot be completed: start it again\n";
            (StatusCode::BAD_GATEWAY, text).into_response()
        }
    }
}

/// Whether it can stand in a URL and in HTML as it is. Anyone can send a browser here.
fn is_vetted(value: &str) -> bool {
    let is_safe = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (1..=512).contains(&value.len()) && value != "." && value != ".." && value.bytes().all(is_safe)
}

fn form(status: StatusCode, handoff: &Handoff, problem: &str) -> Response {
    let Handoff {
        login_request_id,
        state,
    } = handoff;
    let page = format!(
        r#"<!doctype html><html lang="en"><title>Log in to Acme</title>
<h1>Acme</h1>{problem}
<form method="post" action="/login">
<input type="hidden" name="login_request_id" value="{login_request_id}">
<input type="hidden" name="state" value="{state}">
<p><label>Name <input name="name" autocomplete="username" required></label>
<p><label>Password <input name="password" type="password" autocomplete="current-password" required></label>
<p><button>Log in</button>
</form></html>"#
    );
    let headers = [
        (CACHE_CONTROL, "no-store"),
        // The URL has the state of the login.
        (REFERRER_POLICY, "no-referrer"),
        (
            CONTENT_SECURITY_POLICY,
            "default-src 'none'; frame-ancestors 'none'",
        ),
    ];
    (status, headers, Html(page)).into_response()
}
