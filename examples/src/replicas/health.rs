//! Two public routes for load balancers: `/health`, which says that the process runs, and `/ready`, which says whether
//! requests should be sent to it: it has the keys of Scalekit, and knows the revocations of the others.

use auth_core::layer::{AuthLayer, Readiness};
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

pub(super) const READY: &str = "/ready";

/// The routes of a server with this layer.
pub(super) fn routes(layer: &AuthLayer) -> Router {
    Router::new()
        .route("/health", get(|| async { "alive\n" }))
        .route(READY, get(ready))
        .with_state(Readiness::new().endpoint(layer))
}

/// Why it is not ready is for the log alone: the answer is public.
async fn ready(State(readiness): State<Readiness>) -> Response {
    match readiness.check().await {
        Ok(()) => "ready\n".into_response(),
        Err(_) => {
            let status = StatusCode::SERVICE_UNAVAILABLE;
            (status, [("retry-after", "1")], "not ready\n").into_response()
        }
    }
}
