//! The server of the tutorial with a mock Scalekit.

use std::ops::Deref;
use std::path::Path;

use auth_core::error::ConfigErrors;
use examples::rbac::{Policies, app};

use crate::mcp_server::McpServer;

/// The policies of the tutorial.
pub(crate) const POLICIES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/policies/rbac.cedar");

type Read = dyn Fn(&str, &Path, Option<&Path>) -> Result<Policies, ConfigErrors>;

/// A running server, with its policies.
pub(crate) struct Running {
    server: McpServer,
    pub(crate) policies: Policies,
}

impl Running {
    pub(crate) async fn start(read: &Read, in_force: &Path, dry_run: Option<&Path>) -> Self {
        let mut policies = None;
        let server = McpServer::start(
            |mock| mock,
            |provider, _, change| {
                let read = read(provider.environment_url(), in_force, dry_run)?;
                policies = Some(read.clone());
                app(provider, read, change)
            },
        );
        Self {
            server: server.await,
            policies: policies.unwrap(),
        }
    }
}

impl Deref for Running {
    type Target = McpServer;

    fn deref(&self) -> &McpServer {
        &self.server
    }
}
