//! A mock environment and an MCP endpoint that it protects, started and stopped together.

use auth_core::layer::{AllowedOrigins, AuthLayer};
use auth_core::provider::AuthProvider as _;
use auth_scalekit::ScalekitProvider;
use auth_testkit::{MockScalekit, MockScalekitBuilder};
use axum::Router;
use axum::routing::any;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A running mock and a running server.
pub(crate) struct Stage {
    /// The issuer of all tokens.
    pub(crate) scalekit: MockScalekit,
    /// The URL of the MCP endpoint.
    pub(crate) url: String,
    server: JoinHandle<std::io::Result<()>>,
}

impl Stage {
    /// Starts both on free ports. The server requires `notes:read`.
    pub(crate) async fn start() -> Self {
        Self::start_with(|mock| mock).await
    }

    /// The same with a mock that `change` has configured further.
    pub(crate) async fn start_with(
        change: impl FnOnce(MockScalekitBuilder) -> MockScalekitBuilder,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let url = format!("http://localhost:{port}/mcp");
        let mock = MockScalekit::builder()
            .resource_url(&url)
            .scopes(["notes:read", "notes:write"]);
        let scalekit = change(mock).start().await;
        let provider =
            ScalekitProvider::builder(scalekit.environment_url(), scalekit.resource_id(), &url)
                .required_scopes(["notes:read"])
                .scopes_supported(["notes:read", "notes:write"])
                .build()
                .unwrap();
        let origins = AllowedOrigins::for_resource(&provider.metadata().resource);
        let layer = AuthLayer::new(provider).unwrap();
        let endpoint = Router::new().route("/mcp", any(|| async { "{}" }));
        let protected = auth_core::axum::protect(endpoint, &layer);
        let app = Router::new()
            .fallback_service(protected.into_service())
            .layer(auth_core::layer::cors(&origins));
        let server = tokio::spawn(async move { axum::serve(listener, app).await });
        Self {
            scalekit,
            url,
            server,
        }
    }

    /// Stops the server, then the mock.
    pub(crate) async fn stop(self) {
        self.server.abort();
        assert!(self.server.await.is_err(), "the server ended by itself");
    }
}
