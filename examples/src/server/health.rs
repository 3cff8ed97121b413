//! Two public routes for load balancers and orchestrators.
//!
//! `/health` (liveness): the process answers. It checks nothing else, since a restart does not bring back
//! an issuer that is away. `/ready` (readiness): 200 when every endpoint can verify tokens, else 503, so
//! that callers are sent elsewhere until then. Both may be called every second.

use auth_core::layer::{AuthLayerBuilder, Readiness};
use axum::Router;
use axum::extract::State;
use axum::http::header::RETRY_AFTER;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

const HEALTH: &str = "/health";
const READY: &str = "/ready";

/// Lets the layer leave both routes open.
pub(super) fn open(layer: AuthLayerBuilder) -> AuthLayerBuilder {
    layer
        .public_route(Method::GET, HEALTH)
        .public_route(Method::GET, READY)
}

/// The routes of a server with these endpoints.
pub(super) fn routes(readiness: Readiness) -> Router {
    Router::new()
        .route(HEALTH, get(|| async { "alive\n" }))
        .route(READY, get(ready))
        .with_state(readiness)
}

async fn ready(State(readiness): State<Readiness>) -> Response {
    match readiness.check().await {
        Ok(()) => "ready\n".into_response(),
        // Why is for the log, which has it once for each fetch that failed: the answer is public.
        Err(unready) => {
            let seconds = unready.retry_after().as_secs().max(1).to_string();
            let status = StatusCode::SERVICE_UNAVAILABLE;
            (status, [(RETRY_AFTER, seconds)], "not ready\n").into_response()
        }
    }
}
