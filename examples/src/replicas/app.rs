//! The MCP server behind the layer, and beside it the webhook and the public routes.

use std::sync::Arc;
use std::time::Duration;

use auth_core::error::ConfigErrors;
use auth_core::layer::AuthLayer;
use auth_core::policy::{Denied, OperationPolicy, policy_fn, session_is_live};
use auth_core::provider::AuthProvider;
use auth_scalekit::ScalekitProvider;
use auth_scalekit::webhooks::WebhookService;
use axum::Router;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use tower_http::timeout::RequestBodyTimeoutLayer;

use super::health;
use crate::project_notes::ProjectNotes;

/// Where Scalekit sends its webhooks: at one of the processes, whichever it reaches.
pub const WEBHOOKS: &str = "/webhooks/scalekit";

/// The whole server.
///
/// The layer checks the revocations of the provider with every request, and ends the event streams of tokens that were
/// revoked. `deploy` and `reset` do not rely on a webhook having arrived: they ask Scalekit whether the session exists.
///
/// # Errors
///
/// [`ConfigErrors`] when a setting cannot be used.
pub(super) fn app(
    provider: ScalekitProvider,
    webhooks: WebhookService,
) -> Result<Router, ConfigErrors> {
    let resource = provider.metadata().resource.clone();
    let sessions = provider.live_sessions();
    let layer = AuthLayer::builder(provider).check_bodies();
    let rules = OperationPolicy::builder();
    let layer = match sessions {
        Ok(sessions) => {
            let rules = rules
                .tool("deploy", session_is_live())
                .tool("reset", session_is_live());
            layer.live_sessions(sessions).operations(rules.build()?)
        }
        // Without credentials for the management API nothing can be asked.
        Err(error) => {
            tracing::warn!(%error, "deploy and reset are refused");
            let refused = policy_fn(|_| Err(Denied::Forbidden("needs a management API".into())));
            layer.operations(
                rules
                    .tool("deploy", refused)
                    .tool("reset", refused)
                    .build()?,
            )
        }
    };
    let layer = layer.build()?;

    let authority = resource.origin().split("//").nth(1).unwrap_or_default();
    let hosts = ["localhost", "127.0.0.1", "::1", authority];
    let config = StreamableHttpServerConfig::default().with_allowed_hosts(hosts);
    let notes = ProjectNotes::default();
    let sessions = Arc::new(LocalSessionManager::default());
    let mcp = StreamableHttpService::new(move || Ok(notes.clone()), sessions, config);
    let mcp = match resource.path() {
        "" => Router::new().fallback_service(mcp),
        path => Router::new().route_service(path, mcp),
    };
    let protected = auth_core::axum::protect(mcp, &layer);
    Ok(health::routes(&layer)
        // Beside the layer: webhooks carry a signature and no access token.
        .route_service(WEBHOOKS, webhooks)
        .fallback_service(protected.into_service())
        .layer(RequestBodyTimeoutLayer::new(Duration::from_secs(10))))
}
