//! From the command line to a running server, or to a message that says what to change.

use std::env::VarError;
use std::future::Future;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::process::ExitCode;

use auth_core::error::{ConfigError, ConfigErrors, ErrorChain};
use auth_core::provider::{AuthProvider, PublicUrl};
use auth_core::verifier::{TokenVerifier, Unavailable};
use auth_scalekit::{ScalekitBuilder, ScalekitProvider};
use auth_testkit::settings::Directory;
use auth_testkit::{MockScalekit, User};
use axum::Router;
use rmcp::ServerHandler;
use serde_json::json;
use thiserror::Error;

use super::app::{dangerously_unprotected, protected};
use super::cli::{Cli, Options};
use super::listen::{Listening, serve};
use super::server_spec::{ServerSpec, notes};
use super::stop::stop;

/// Why the server did not start, or stopped by itself.
#[derive(Debug, Error)]
pub enum ServerError {
    /// Settings that cannot be used.
    #[error("{0}")]
    Config(ConfigErrors),
    /// The port is not available.
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
            Self::Config(_) | Self::Bind { .. } => 2,
        }
    }
}

impl From<ConfigErrors> for ServerError {
    fn from(errors: ConfigErrors) -> Self {
        Self::Config(errors)
    }
}

/// Runs a server as a program: sets up the log, prints the error, and returns the exit code.
pub async fn exit_code(running: impl Future<Output = Result<(), ServerError>>) -> ExitCode {
    // rmcp logs each request that it serves at info; RUST_LOG=debug shows that.
    exit_code_and_log("info,rmcp=warn", running).await
}

/// The same with another filter for the log where `RUST_LOG` is not set.
pub async fn exit_code_and_log(
    filter: &str,
    running: impl Future<Output = Result<(), ServerError>>,
) -> ExitCode {
    crate::logging::init(filter);
    match running.await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // When standard error is closed, there is no place for the message.
            let _ = writeln!(io::stderr(), "{}", ErrorChain(&error));
            ExitCode::from(error.exit_code())
        }
    }
}

/// Runs the notes until ctrl-c.
///
/// # Errors
///
/// [`ServerError`], whose text says what to change.
pub async fn run(cli: Cli) -> Result<(), ServerError> {
    run_protected(&cli.options, notes()?).await
}

/// Runs a server behind the auth layer until ctrl-c, with the Scalekit of the environment variables
/// or with a mock.
///
/// # Errors
///
/// [`ServerError`], whose text says what to change.
pub async fn run_protected<S, F>(options: &Options, spec: ServerSpec<F>) -> Result<(), ServerError>
where
    S: ServerHandler,
    F: Fn() -> S + Send + Sync + 'static,
{
    let logins = Logins {
        name: spec.name,
        required: spec.required,
        scopes: spec.scopes,
        users: MockUsers::One,
    };
    run_app(options, logins, |provider| protected(spec, provider)).await
}

/// Who logs in to a server, and for what.
#[derive(Debug)]
pub struct Logins {
    /// The name that users see at the login.
    pub name: &'static str,
    /// The scopes that every caller needs, unless `SCALEKIT_REQUIRED_SCOPES` says otherwise.
    pub required: &'static [&'static str],
    /// The scopes that a mock issuer grants.
    pub scopes: &'static [&'static str],
    /// The users of a mock issuer.
    pub users: MockUsers,
}

/// The users of a mock issuer.
#[derive(Debug, Default)]
pub enum MockUsers {
    /// One with the role `member`.
    #[default]
    One,
    /// This one.
    User(User),
    /// Those of a directory.
    Directory(Directory),
}

/// Runs what `app` makes of a Scalekit, that of the environment variables or a mock, until ctrl-c.
///
/// # Errors
///
/// [`ServerError`], whose text says what to change.
pub async fn run_app(
    options: &Options,
    logins: Logins,
    app: impl FnOnce(ScalekitProvider) -> Result<Router, ConfigErrors>,
) -> Result<(), ServerError> {
    let builder = settings(logins.required).resource_name(logins.name);
    if options.mock {
        return run_with_mock(options, logins, builder, app).await;
    }
    // Before there is a provider, which begins to fetch its keys at once.
    let url = PublicUrl::parse(builder.configured_mcp_url());
    if url.is_ok_and(|url| url.origin().ends_with(":0")) {
        let problem = "must name a real port: clients use this URL; port 0 is for --mock";
        return Err(ConfigErrors::from(ConfigError::new("SCALEKIT_MCP_URL", problem)).into());
    }
    let provider = builder.build()?;
    let listening = bind(&provider.metadata().resource, options.listen).await?;
    // It serves without keys, so that it recovers from an outage by itself: until then tokens are answered
    // 503, and /ready reports it. A mistyped URL is reported at once.
    if let Err(error) = provider.ready().await {
        warn_without_keys(provider.environment_url(), &error);
    }
    let guard = Guard::Scalekit(provider.environment_url().into());
    start(options, listening, app(provider)?, &guard).await
}

/// The settings of the variables, with these scopes for SCALEKIT_REQUIRED_SCOPES when it is not set.
fn settings(required: &[&str]) -> ScalekitBuilder {
    ScalekitBuilder::from_variables(|name| match (name, std::env::var(name)) {
        ("SCALEKIT_REQUIRED_SCOPES", Err(VarError::NotPresent)) => Ok(required.join(" ")),
        (_, read) => read,
    })
}

fn warn_without_keys(environment_url: &str, error: &Unavailable) {
    // When standard error is closed, there is no place for the message.
    let _ = writeln!(
        io::stderr(),
        "SCALEKIT_ENVIRONMENT_URL: {environment_url} gives no keys, so every token gets 503 until it \
         does: check the URL and the network: {}",
        ErrorChain(error)
    );
}

/// Runs a server without protection, until ctrl-c. Of the variables only SCALEKIT_MCP_URL is used, for the address.
///
/// # Errors
///
/// [`ServerError`], whose text says what to change.
pub async fn run_dangerously_unprotected<S, F>(
    options: &Options,
    spec: ServerSpec<F>,
) -> Result<(), ServerError>
where
    S: ServerHandler,
    F: Fn() -> S + Send + Sync + 'static,
{
    let listening = bind_first(options, &ScalekitBuilder::from_env()).await?;
    let resource = mcp_url(listening.url())?;
    let app = dangerously_unprotected(spec, &resource);
    start(options, listening, app, &Guard::None).await
}

/// Runs with a mock Scalekit. The port is bound first, since the mock must know the URL.
async fn run_with_mock(
    options: &Options,
    logins: Logins,
    builder: ScalekitBuilder,
    app: impl FnOnce(ScalekitProvider) -> Result<Router, ConfigErrors>,
) -> Result<(), ServerError> {
    let listening = bind_first(options, &builder).await?;
    let mock = MockScalekit::builder()
        .resource_url(listening.url())
        .scopes(logins.scopes.iter().copied());
    let mock = match logins.users {
        MockUsers::One => mock,
        MockUsers::User(user) => mock.user(user),
        MockUsers::Directory(directory) => mock.directory(directory),
    };
    let mock = mock.start().await;
    let provider = builder
        .environment_url(mock.environment_url())
        .resource_id(mock.resource_id())
        .mcp_url(listening.url())
        .build()?;
    let guard = Guard::Mock(mock.environment_url().into());
    // The mock lives until the server has stopped.
    start(options, listening, app(provider)?, &guard).await
}

/// By whom a server is protected.
enum Guard {
    Scalekit(String),
    Mock(String),
    None,
}

impl Guard {
    fn environment_url(&self) -> Option<&str> {
        match self {
            Self::Scalekit(url) | Self::Mock(url) => Some(url),
            Self::None => None,
        }
    }
}

async fn start(
    options: &Options,
    listening: Listening,
    app: Router,
    guard: &Guard,
) -> Result<(), ServerError> {
    let stop = stop().map_err(ServerError::Serve)?;
    announce(options, &listening, guard).map_err(ServerError::Serve)?;
    serve(listening, app, stop)
        .await
        .map_err(ServerError::Serve)?;
    tracing::info!("stopped");
    Ok(())
}

/// Binds before there is a provider to ask for the URL.
async fn bind_first(
    options: &Options,
    builder: &ScalekitBuilder,
) -> Result<Listening, ServerError> {
    bind(&mcp_url(builder.configured_mcp_url())?, options.listen).await
}

fn mcp_url(text: &str) -> Result<PublicUrl, ConfigErrors> {
    PublicUrl::parse(text).map_err(|error| ConfigError::new("SCALEKIT_MCP_URL", error).into())
}

/// Binds for the MCP endpoint at `url`; see [`Listening::bind`].
///
/// # Errors
///
/// [`ServerError::Bind`], whose text says what to change.
pub async fn bind(url: &PublicUrl, address: Option<SocketAddr>) -> Result<Listening, ServerError> {
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
fn announce(options: &Options, listening: &Listening, guard: &Guard) -> io::Result<()> {
    let (url, addresses) = (listening.url(), listening.addresses());
    let mut out = io::stdout().lock();
    if options.ready_json {
        let line = json!({
            "url": url,
            "listening": addresses,
            "environment_url": guard.environment_url(),
            "mock": matches!(guard, Guard::Mock(_)),
            "protected": !matches!(guard, Guard::None),
            "pid": std::process::id(),
        });
        writeln!(out, "{line}")?;
    } else {
        writeln!(out, "MCP server at {url}")?;
        if options.listen.is_some() {
            let addresses: Vec<_> = addresses.iter().map(ToString::to_string).collect();
            writeln!(out, "listening on {}", addresses.join(" and "))?;
        }
        match guard {
            Guard::Mock(environment) => writeln!(
                out,
                "MOCK: Scalekit is played by {environment}, whose keys are published; anyone can get a token"
            )?,
            Guard::Scalekit(environment) => writeln!(out, "protected by {environment}")?,
            Guard::None => writeln!(out, "UNPROTECTED: every request is admitted")?,
        }
        writeln!(out, "stop with ctrl-c")?;
    }
    out.flush()
}
