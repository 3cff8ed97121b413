//! The MCP server behind the auth layer.

use std::sync::Arc;
use std::time::Duration;

use auth_core::error::ConfigErrors;
use auth_core::layer::{AllowedOrigins, AuthLayer, AuthLayerBuilder, Readiness};
use auth_core::provider::{AuthProvider, PublicUrl};
use axum::Router;
use axum::http::StatusCode;
use rmcp::ServerHandler;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use tower_http::classify::ServerErrorsFailureClass;
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::timeout::RequestBodyTimeoutLayer;
use tower_http::trace::TraceLayer;

use super::health;
use super::server_spec::{ServerSpec, notes};

/// The longest silence in the middle of a request's body.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// The protected notes as one service; see [`protected`].
///
/// # Errors
///
/// [`ConfigErrors`] when the provider's settings do not fit together.
pub fn app(provider: impl AuthProvider) -> Result<Router, ConfigErrors> {
    protected(notes()?, provider)
}

/// The protected server as one service: tracing, body timeout, CORS, auth, rmcp, from the outermost to the innermost.
///
/// The MCP endpoint is at the path of the provider's resource.
///
/// # Errors
///
/// [`ConfigErrors`] when the provider's settings do not fit together.
pub fn protected<S, F>(
    spec: ServerSpec<F>,
    provider: impl AuthProvider,
) -> Result<Router, ConfigErrors>
where
    S: ServerHandler,
    F: Fn() -> S + Send + Sync + 'static,
{
    let resource = provider.metadata().resource.clone();
    let layer = AuthLayer::builder(provider)
        .scope_hierarchy(spec.hierarchy)
        .operations(spec.operations)
        // rmcp parses bodies with serde_json, which another crate's choice of features can make
        // parse without a bound on its depth.
        .check_bodies();
    with_layer(
        layer,
        spec.server,
        spec.answers_unsupported_pings,
        &resource,
    )
}

/// The same with other settings of the layer.
///
/// # Errors
///
/// [`ConfigErrors`] when a setting of the layer cannot be used.
pub fn with_layer<S, F>(
    layer: AuthLayerBuilder,
    server: F,
    answers_unsupported_pings: bool,
    resource: &PublicUrl,
) -> Result<Router, ConfigErrors>
where
    S: ServerHandler,
    F: Fn() -> S + Send + Sync + 'static,
{
    let layer = health::open(layer).build()?;
    let readiness = Readiness::new().endpoint(&layer);
    let router =
        mcp_router(server, answers_unsupported_pings, resource).merge(health::routes(readiness));
    let guarded = auth_core::axum::protect(router, &layer);
    let guarded = Router::new().fallback_service(guarded.into_service());
    Ok(surround(guarded, resource))
}

/// The same without the auth layer, for comparison: every request is served.
pub fn dangerously_unprotected<S, F>(spec: ServerSpec<F>, resource: &PublicUrl) -> Router
where
    S: ServerHandler,
    F: Fn() -> S + Send + Sync + 'static,
{
    let router = mcp_router(spec.server, spec.answers_unsupported_pings, resource);
    surround(router, resource)
}

/// rmcp's service at the path of the resource, for clients of all protocol versions: it keeps
/// sessions for those before 2026-07-28 and none for the others.
fn mcp_router<S, F>(server: F, answers_unsupported_pings: bool, resource: &PublicUrl) -> Router
where
    S: ServerHandler,
    F: Fn() -> S + Send + Sync + 'static,
{
    let config = StreamableHttpServerConfig::default().with_allowed_hosts(hosts(resource));
    let sessions = Arc::new(LocalSessionManager::default());
    let service = StreamableHttpService::new(move || Ok(server()), sessions, config);
    let router = match resource.path() {
        "" => Router::new().fallback_service(service),
        path => Router::new().route_service(path, service),
    };
    if answers_unsupported_pings {
        router.layer(axum::middleware::from_fn(super::ping::answer))
    } else {
        router
    }
}

/// What lies around every server, protected or not. Nothing may be added to the router then: of a
/// protected server it only carries the layers around the guard.
fn surround(router: Router, resource: &PublicUrl) -> Router {
    // Browser clients such as MCP Inspector, from the pages that the auth layer admits.
    let cors = auth_core::layer::cors(&AllowedOrigins::for_resource(resource));
    router
        .layer(cors)
        .layer(RequestBodyTimeoutLayer::new(BODY_TIMEOUT))
        // The same id in the log, in the layer's events and in the response, so that a caller's report leads
        // to the log.
        .layer(PropagateRequestIdLayer::x_request_id())
        .layer(
            TraceLayer::new_for_http()
                .make_span_with(request_span)
                .on_failure(log_failure),
        )
        .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
}

/// The names that the server answers to: its public one, and loopback for a proxy beside it.
fn hosts(resource: &PublicUrl) -> Vec<String> {
    let authority = resource.origin().split("//").nth(1).unwrap_or_default();
    ["localhost", "127.0.0.1", "::1", authority]
        .map(Into::into)
        .to_vec()
}

/// Logs an answer that means that something is broken. A 503 is left to the auth layer, which has logged
/// why at the right level: any caller can send a token whose key is not known yet.
fn log_failure(failure: ServerErrorsFailureClass, latency: Duration, _: &tracing::Span) {
    match failure {
        ServerErrorsFailureClass::StatusCode(StatusCode::SERVICE_UNAVAILABLE) => {}
        failure => tracing::error!(classification = %failure, ?latency, "response failed"),
    }
}

/// Method and path alone: a query could hold a token.
fn request_span<B>(request: &http::Request<B>) -> tracing::Span {
    tracing::info_span!("request", method = %request.method(), path = request.uri().path())
}
