//! From the command line to a running server, or to a message that says what to change.

use std::io::{self, Write};
use std::net::SocketAddr;

use auth_core::{AuthProvider, ConfigError, ConfigErrors, PublicUrl, Unavailable};
use auth_scalekit::{ScalekitBuilder, ScalekitProvider};
use auth_testkit::MockScalekit;
use serde_json::json;
use thiserror::Error;

use super::app::app;
use super::cli::Cli;
use super::listen::{Listening, serve};
use super::stop::stop;

/// Why the server did not start, or stopped by itself.
#[derive(Debug, Error)]
pub enum ServerError {
    /// Settings that cannot be used.
    #[error("{0}")]
    Config(ConfigErrors),
    /// The environment gives no keys.
    #[error(
        "SCALEKIT_ENVIRONMENT_URL cannot be used: {url} gives no keys: check the URL and the network"
    )]
    Unreachable {
        /// The environment's URL.
        url: String,
        /// Why.
        source: Unavailable,
    },
    /// The port cannot be had.
    #[error("cannot listen on {address}: {fix}")]
    Bind {
        /// The address that was asked for.
        address: SocketAddr,
        /// What to do about it.
        fix: &'static str,
        /// Why.
        source: io::Error,
    },
    /// Serving failed.
    #[error("serving failed")]
    Serve(#[source] io::Error),
}

impl ServerError {
    /// 2 for what keeps the server from starting, 1 for what ends it later.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Serve(_) => 1,
            Self::Config(_) | Self::Unreachable { .. } | Self::Bind { .. } => 2,
        }
    }
}

impl From<ConfigErrors> for ServerError {
    fn from(errors: ConfigErrors) -> Self {
        Self::Config(errors)
    }
}

/// Runs until ctrl-c.
///
/// # Errors
///
/// [`ServerError`], whose text says what to change.
pub async fn run(cli: Cli) -> Result<(), ServerError> {
    let builder = ScalekitBuilder::from_env();
    if cli.mock {
        return run_with_mock(cli, builder).await;
    }
    let provider = builder.resource_name("Notes").build()?;
    if provider.metadata().resource.origin().ends_with(":0") {
        let problem = "must name a real port: clients are told this URL; port 0 is for --mock";
        return Err(ConfigErrors::from(ConfigError::new("SCALEKIT_MCP_URL", problem)).into());
    }
    provider
        .ready()
        .await
        .map_err(|source| ServerError::Unreachable {
            url: provider.environment_url().into(),
            source,
        })?;
    let listening = bind(&provider.metadata().resource, cli.listen).await?;
    start(&cli, listening, provider, None).await
}

/// The same with a Scalekit of our own: the port comes first, since the mock must know the URL.
async fn run_with_mock(cli: Cli, builder: ScalekitBuilder) -> Result<(), ServerError> {
    let url = PublicUrl::parse(builder.configured_mcp_url())
        .map_err(|error| ConfigErrors::from(ConfigError::new("SCALEKIT_MCP_URL", error)))?;
    let listening = bind(&url, cli.listen).await?;
    let mock = MockScalekit::builder()
        .resource_url(listening.url())
        .scopes(["notes:read", "notes:write"])
        .start()
        .await;
    let provider = builder
        .environment_url(mock.environment_url())
        .resource_id(mock.resource_id())
        .mcp_url(listening.url())
        .resource_name("Notes")
        .build()?;
    start(&cli, listening, provider, Some(&mock)).await
}

async fn start(
    cli: &Cli,
    listening: Listening,
    provider: ScalekitProvider,
    mock: Option<&MockScalekit>,
) -> Result<(), ServerError> {
    let environment = provider.environment_url().to_owned();
    let app = app(provider)?;
    let stop = stop().map_err(ServerError::Serve)?;
    announce(cli, &listening, &environment, mock).map_err(ServerError::Serve)?;
    serve(listening, app, stop)
        .await
        .map_err(ServerError::Serve)?;
    tracing::info!("stopped");
    Ok(())
}

async fn bind(url: &PublicUrl, address: Option<SocketAddr>) -> Result<Listening, ServerError> {
    Listening::bind(url, address).await.map_err(|(address, source)| ServerError::Bind {
        address,
        fix: match source.kind() {
            io::ErrorKind::AddrInUse => {
                "the port is taken: stop the program that has it, or set SCALEKIT_MCP_URL to another port"
            }
            io::ErrorKind::PermissionDenied => {
                "the port needs rights that you do not have: set SCALEKIT_MCP_URL to a port above 1023"
            }
            _ => "give another address with --listen",
        },
        source,
    })
}

/// Says where the server is, once it accepts connections.
fn announce(
    cli: &Cli,
    listening: &Listening,
    environment: &str,
    mock: Option<&MockScalekit>,
) -> io::Result<()> {
    let (url, addresses) = (listening.url(), listening.addresses());
    let mut out = io::stdout().lock();
    if cli.ready_json {
        let line = json!({
            "url": url,
            "listening": addresses,
            "environment_url": environment,
            "mock": mock.is_some(),
            "pid": std::process::id(),
        });
        writeln!(out, "{line}")?;
    } else {
        writeln!(out, "MCP server at {url}")?;
        if cli.listen.is_some() {
            let addresses: Vec<_> = addresses.iter().map(ToString::to_string).collect();
            writeln!(out, "listening on {}", addresses.join(" and "))?;
        }
        if mock.is_some() {
            writeln!(
                out,
                "MOCK: Scalekit is played by {environment}, whose keys are published; everyone is let in"
            )?;
        } else {
            writeln!(out, "protected by {environment}")?;
        }
        writeln!(out, "stop with ctrl-c")?;
    }
    out.flush()
}
