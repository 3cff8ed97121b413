//! The mock and the server of the demo, started and stopped together.

use std::io;

use auth_core::error::ConfigErrors;
use auth_core::provider::PublicUrl;
use auth_scalekit::ScalekitProvider;
use auth_testkit::{MockScalekit, MockScalekitBuilder, User};
use thiserror::Error;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::server::{Listening, app, serve};

/// A running mock and a running server.
#[derive(Debug)]
pub struct DemoServers {
    /// The issuer of all tokens.
    pub scalekit: MockScalekit,
    /// The URL of the MCP endpoint.
    pub url: String,
    end: oneshot::Sender<()>,
    server: JoinHandle<io::Result<()>>,
}

/// Why the demo cannot start.
#[derive(Debug, Error)]
pub enum DemoError {
    /// No loopback port is available.
    #[error("cannot listen on loopback, which the demo needs")]
    Listen(#[source] io::Error),
    /// A setting of the demo itself is wrong.
    #[error("the settings of the demo are inconsistent")]
    Settings(#[from] ConfigErrors),
}

impl DemoServers {
    /// Starts both on free ports. The server asks for `notes:read`; the user has no role but
    /// `member`.
    ///
    /// # Errors
    ///
    /// [`DemoError`] when no port is available, or a setting is wrong.
    pub async fn start() -> Result<Self, DemoError> {
        Self::start_with(|mock| mock).await
    }

    /// The same with a mock that is changed in some respect.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start).
    pub async fn start_with(
        change: impl FnOnce(MockScalekitBuilder) -> MockScalekitBuilder,
    ) -> Result<Self, DemoError> {
        let any_port = PublicUrl::parse("http://localhost:0/mcp").map_err(|error| {
            ConfigErrors::from(auth_core::error::ConfigError::new("mcp_url", error))
        })?;
        let listening = Listening::bind(&any_port, None)
            .await
            .map_err(|(_, error)| DemoError::Listen(error))?;
        let url = listening.url().to_owned();
        let mock = MockScalekit::builder()
            .resource_url(&url)
            .scopes(["notes:read", "notes:write"])
            .user(
                User::new("usr_1000000001")
                    .organization("org_1000000001")
                    .roles(["member"]),
            );
        let scalekit = change(mock).start().await;
        let provider =
            ScalekitProvider::builder(scalekit.environment_url(), scalekit.resource_id(), &url)
                .required_scopes(["notes:read"])
                .scopes_supported(["notes:read", "notes:write"])
                .resource_name("Notes")
                .build()?;
        let app = app(provider)?;
        let (end, ended) = oneshot::channel::<()>();
        let server = tokio::spawn(serve(listening, app, async move {
            // A dropped sender means the same.
            let _ = ended.await;
        }));
        Ok(Self {
            scalekit,
            url,
            end,
            server,
        })
    }

    /// Stops the server, then the mock.
    pub async fn stop(self) {
        // The server may have ended by itself; then there is nothing to stop.
        let _ = self.end.send(());
        let _ = self.server.await;
    }
}
