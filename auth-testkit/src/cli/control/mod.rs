//! The API by which a test in any language controls its issuers: on a separate port, behind a bearer token, with
//! the names of the Rust API; described by the document at `/openapi.json`.

mod admin_change;
mod api;
mod environments;
mod error;
mod named_variant;
mod openapi;
mod requests;
mod world;

use std::sync::Arc;

use auth_core::token::BearerToken;
use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::get;
use http::header::CONTENT_TYPE;

pub(super) use environments::{Environments, FIRST};
use error::ApiError;

use crate::values::Secret;

/// What the handlers share.
pub(super) struct Control {
    environments: Environments,
    token: Secret,
}

impl Control {
    /// Controls these environments for callers that have the token.
    pub(super) fn new(environments: Environments, token: Secret) -> Self {
        Self {
            environments,
            token,
        }
    }

    fn is_token(&self, presented: BearerToken<'_>) -> bool {
        self.token.matches(presented.secret())
    }
}

/// All routes of the API.
pub(super) fn router(control: Control) -> Router {
    let control = Arc::new(control);
    let guard = middleware::from_fn_with_state(Arc::clone(&control), authorized);
    api::routes()
        .route_layer(guard)
        .route("/health", get(async || "ok"))
        .route(
            "/openapi.json",
            get(async || ([(CONTENT_TYPE, "application/json")], openapi::document())),
        )
        .fallback(async || ApiError::not_found("no such path; see /openapi.json"))
        .with_state(control)
}

async fn authorized(
    State(control): State<Arc<Control>>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let presented = BearerToken::from_headers(request.headers());
    match presented.is_ok_and(|token| token.is_some_and(|token| control.is_token(token))) {
        true => Ok(next.run(request).await),
        false => Err(ApiError::unauthorized()),
    }
}
