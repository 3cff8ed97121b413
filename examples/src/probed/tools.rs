//! The tools.

use auth_core::rmcp::Caller;
use auth_core::{ConfigError, ConfigErrors, OperationPolicy, RequireScopes, ScopeHierarchy};
use rmcp::handler::server::wrapper::Parameters;
use rmcp::model::{Implementation, ServerCapabilities, ServerConfig};
use rmcp::schemars::{self, JsonSchema};
use rmcp::{ErrorData, ServerHandler, tool, tool_handler, tool_router};
use serde::Deserialize;

use crate::server::site::Site;

/// The tools of `mock-scalekit probe`.
#[derive(Debug, Clone, Default)]
pub struct Tools {
    http: reqwest::Client,
}

/// The argument of `echo`.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Echo {
    /// What to send back.
    #[serde(default)]
    pub message: String,
}

/// The argument of `upstream`.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Upstream {
    /// What to get. On this machine alone: whoever probes names it, but so could others.
    pub url: String,
}

#[expect(
    clippy::needless_pass_by_value,
    clippy::unused_self,
    reason = "rmcp calls tools with a receiver, and hands the arguments over by value"
)]
#[tool_router]
impl Tools {
    /// Echo the provided message.
    #[tool]
    fn echo(&self, Parameters(Echo { message }): Parameters<Echo>) -> String {
        message
    }

    /// Needs the scope mcp:read.
    #[tool]
    fn read(&self) -> String {
        "read".into()
    }

    /// Needs the scope mcp:write.
    #[tool]
    fn write(&self) -> String {
        "written".into()
    }

    /// Tells the caller its own sub.
    #[tool]
    fn whoami(&self, caller: Caller) -> String {
        caller.token().subject().to_owned()
    }

    /// Gets a URL on this machine, as a server that calls another API.
    #[tool]
    async fn upstream(
        &self,
        Parameters(Upstream { url }): Parameters<Upstream>,
    ) -> Result<String, ErrorData> {
        let parsed = reqwest::Url::parse(&url).ok();
        let local = parsed.filter(|url| url.host_str() == Some("127.0.0.1"));
        let Some(url) = local else {
            return Err(ErrorData::invalid_params("url must be on 127.0.0.1", None));
        };
        let answer = self.http.get(url).send().await;
        let answer = answer.map_err(|error| ErrorData::internal_error(error.to_string(), None))?;
        Ok(answer.status().to_string())
    }
}

#[tool_handler]
impl ServerHandler for Tools {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(Implementation::new("Probed", env!("CARGO_PKG_VERSION")))
    }
}

/// The tools, and which scopes they need.
///
/// # Errors
///
/// Never: its settings fit together.
pub fn site() -> Result<Site<impl Fn() -> Tools + Clone + Send + Sync + 'static>, ConfigErrors> {
    let scope = |scope: &str| {
        RequireScopes::new([scope]).map_err(|error| ConfigError::new("operations", error))
    };
    let tools = Tools::default();
    Ok(Site {
        name: "Probed",
        required: &["mcp:read"],
        scopes: &["mcp:read", "mcp:write"],
        hierarchy: ScopeHierarchy::flat(),
        operations: OperationPolicy::builder()
            .tool("read", scope("mcp:read")?)
            .tool("write", scope("mcp:write")?)
            .build()?,
        answers_stray_pings: true,
        server: move || tools.clone(),
    })
}
