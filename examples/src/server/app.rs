//! The MCP server behind the auth layer.

use std::sync::Arc;
use std::time::Duration;

use auth_core::{AuthLayer, AuthProvider, ConfigError, ConfigErrors, PublicUrl, ScopeHierarchy};
use axum::Router;
use http::{HeaderName, Method, header};
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use tower_http::cors::{AllowOrigin, CorsLayer};
use tower_http::timeout::RequestBodyTimeoutLayer;
use tower_http::trace::TraceLayer;

use super::tools::Notes;

/// The longest silence in the middle of a request's body.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// The protected server as one service: tracing, body timeout, CORS, auth, rmcp, from the outside
/// in.
///
/// `notes:write` implies `notes:read`. The MCP endpoint is at the path of the provider's resource.
///
/// # Errors
///
/// [`ConfigErrors`] when the provider's settings do not fit together.
pub fn app(provider: impl AuthProvider) -> Result<Router, ConfigErrors> {
    let resource = provider.metadata().resource.clone();
    let hierarchy = ScopeHierarchy::flat()
        .imply("notes:write", "notes:read")
        .map_err(|error| ConfigError::new("scope_hierarchy", error))?;
    let layer = AuthLayer::builder(provider)
        .scope_hierarchy(hierarchy)
        .build()?;
    let protected = auth_core::axum::protect(mcp_router(&resource), &layer);
    // Nothing may be added to this router: it only carries the layers around the guard.
    Ok(Router::new()
        .fallback_service(protected.into_service())
        .layer(cors(&resource))
        .layer(RequestBodyTimeoutLayer::new(BODY_TIMEOUT))
        .layer(TraceLayer::new_for_http().make_span_with(request_span)))
}

/// rmcp's service at the path of the resource, for clients of all protocol versions: it keeps
/// sessions for those before 2026-07-28 and none for the others.
fn mcp_router(resource: &PublicUrl) -> Router {
    let notes = Notes::default();
    let config = StreamableHttpServerConfig::default().with_allowed_hosts(hosts(resource));
    let sessions = Arc::new(LocalSessionManager::default());
    let service = StreamableHttpService::new(move || Ok(notes.clone()), sessions, config);
    let router = match resource.path() {
        "" => Router::new().fallback_service(service),
        path => Router::new().route_service(path, service),
    };
    router.layer(axum::middleware::from_fn(super::ping::answer))
}

/// The names that the server answers to: its public one, and loopback for a proxy beside it.
fn hosts(resource: &PublicUrl) -> Vec<String> {
    let authority = resource.origin().split("//").nth(1).unwrap_or_default();
    ["localhost", "127.0.0.1", "::1", authority]
        .map(Into::into)
        .to_vec()
}

/// Lets browser clients such as MCP Inspector ask: those that the auth layer lets in.
fn cors(resource: &PublicUrl) -> CorsLayer {
    let origins = auth_core::AllowedOrigins::for_resource(resource);
    let allowed = AllowOrigin::predicate(move |origin, _| origins.allows(origin));
    CorsLayer::new()
        .allow_origin(allowed)
        .allow_methods([Method::GET, Method::POST, Method::DELETE])
        .allow_headers([
            header::ACCEPT,
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            HeaderName::from_static("last-event-id"),
            HeaderName::from_static("mcp-method"),
            HeaderName::from_static("mcp-name"),
            HeaderName::from_static("mcp-protocol-version"),
            HeaderName::from_static("mcp-session-id"),
        ])
        .expose_headers([
            header::WWW_AUTHENTICATE,
            HeaderName::from_static("mcp-session-id"),
        ])
}

/// Method and path alone: a query could hold a token.
fn request_span<B>(request: &http::Request<B>) -> tracing::Span {
    tracing::info_span!("request", method = %request.method(), path = request.uri().path())
}
