//! How often callers may use a server: quotas per user, per organization and for single tools.
//!
//! ```sh
//! cargo run -p examples --bin quotas                     # with a mock Scalekit inside
//! for i in 1 2 3; do cargo run -p client -- --headless call deploy \
//!   '{"project":"apollo","environment":"staging"}' http://localhost:8000/mcp; done
//! ```
//!
//! The third deployment within an hour is refused with 429, and `Retry-After` says for how long. The audit line
//! (`auth.decision="rate_limited"`) names the quota. Other tools still answer: each quota has its own budget.
//!
//! Quotas are held per process. Requests without a token never reach them, so that strangers cannot use up the
//! quota of a caller.

use auth_core::error::ConfigErrors;
use auth_core::layer::{AuthLayer, AuthLayerBuilder};
use auth_core::policy::{Key, Quota, RateLimit};
use auth_core::provider::AuthProvider;
use auth_core::support::Clock;
use axum::Router;
use clap::Parser;

use crate::project_notes::ProjectNotes;
use crate::server::app::with_layer;
use crate::server::cli::Options;
use crate::server::run::{Logins, MockUsers, ServerError, run_app};

/// A protected MCP server with quotas.
///
/// Without SCALEKIT_ENVIRONMENT_URL a mock Scalekit is run inside, as with --mock. Exit codes: 0 stopped, 1
/// failed while serving, 2 could not start.
#[derive(Debug, Parser)]
#[command(name = "quotas")]
pub struct Cli {
    /// The options of all servers.
    #[command(flatten)]
    pub options: Options,
}

/// The quotas of this server.
///
/// # Errors
///
/// [`ConfigErrors`] for a quota that can only be a mistake.
pub fn quotas(clock: impl Clock) -> Result<RateLimit, ConfigErrors> {
    RateLimit::builder()
        // A client sends several requests before its first call.
        .per(Key::Principal, Quota::per_minute(120).burst(40))
        .per(Key::Organization, Quota::per_hour(10_000))
        // What costs money or can do harm.
        .tool("deploy", Key::Principal, Quota::per_hour(2))
        .clock(clock)
        .build()
}

/// The server behind a layer with these quotas. `change` adds to the settings of the layer.
///
/// # Errors
///
/// [`ConfigErrors`] when a setting cannot be used.
pub fn app(
    provider: impl AuthProvider,
    quotas: RateLimit,
    change: impl FnOnce(AuthLayerBuilder) -> AuthLayerBuilder,
) -> Result<Router, ConfigErrors> {
    let resource = provider.metadata().resource.clone();
    let layer = AuthLayer::builder(provider)
        .authorizer(quotas)
        .check_bodies();
    let notes = ProjectNotes::default();
    with_layer(change(layer), move || notes.clone(), true, &resource)
}

/// Serves until ctrl-c.
///
/// # Errors
///
/// [`ServerError`], whose text says what to change.
pub async fn run(mut cli: Cli) -> Result<(), ServerError> {
    cli.options.mock_without_scalekit();
    let logins = Logins {
        name: "Notes with quotas",
        required: &["notes:read"],
        scopes: &["notes:read"],
        users: MockUsers::One,
    };
    run_app(&cli.options, logins, |provider| {
        let quotas = quotas(auth_core::support::SystemClock::new())?;
        app(provider, quotas, |layer| layer)
    })
    .await
}
