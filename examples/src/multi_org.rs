//! One server for several organizations: what the members of each may do is in a file, and so is how much.
//!
//! ```sh
//! cargo run -p examples --bin multi_org                  # with a mock Scalekit inside
//! cargo run -p client -- --headless call deploy '{"project":"apollo","environment":"staging"}' \
//!   http://localhost:8000/mcp                            # as a member of Acme
//! cargo run -p client -- --headless --organization org_2 tools http://localhost:8000/mcp
//! ```
//!
//! Ada is a member of three organizations, which `--organization` chooses at the login. In Globex (`org_2`)
//! deployments are not in the plan, and the list of tools has none; Initech (`org_3`) has no rule and is refused.
//! Change `examples/policies/organizations.toml` while the server runs: the new version is in force within 5 s,
//! and a faulty one is reported with line and column, and changes nothing.
//!
//! A member of the wrong organization gets the same 403 as one whose organization has no rule, so that the
//! answers do not show which organizations there are.

use std::path::{Path, PathBuf};

use auth_core::error::{ConfigError, ConfigErrors};
use auth_core::layer::{AuthLayer, AuthLayerBuilder};
use auth_core::policy::{OperationPolicy, OrganizationTable, Organizations};
use auth_core::provider::AuthProvider;
use auth_core::support::Clock;
use auth_core::support::reload::Reloaded;
use auth_testkit::settings::{Directory, DirectoryFormat};
use axum::Router;
use clap::Parser;

use crate::project_notes::ProjectNotes;
use crate::server::app::with_layer;
use crate::server::cli::Options;
use crate::server::run::{Logins, MockUsers, ServerError, run_app};

/// The users of the mock.
const DIRECTORY: &str = include_str!("../policies/directory.toml");

/// A protected MCP server for several organizations.
///
/// Without SCALEKIT_ENVIRONMENT_URL a mock Scalekit is run inside, as with --mock. The file of rules is read
/// again when it changes. Exit codes: 0 stopped, 1 failed while serving, 2 could not start.
#[derive(Debug, Parser)]
#[command(name = "multi_org")]
pub struct Cli {
    /// The options of all servers.
    #[command(flatten)]
    pub options: Options,

    /// The rules of the organizations [default: examples/policies/organizations.toml].
    #[arg(long, value_name = "FILE", default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/policies/organizations.toml"), hide_default_value = true)]
    pub organizations: PathBuf,
}

/// The organizations and users of the mock: `examples/policies/directory.toml`.
///
/// # Errors
///
/// [`ConfigErrors`] with each mistake, with its line.
pub fn directory() -> Result<Directory, ConfigErrors> {
    let directory = Directory::parse(DIRECTORY, DirectoryFormat::Toml);
    Ok(directory.map_err(|error| ConfigError::new("directory", error))?)
}

/// Reads the rules of all organizations.
///
/// # Errors
///
/// [`ConfigErrors`] with each mistake in the file, with line and column.
pub fn rules(path: &Path) -> Result<Reloaded<OrganizationTable>, ConfigErrors> {
    let opened = Reloaded::builder(path).open(OrganizationTable::from_toml);
    Ok(opened.map_err(|error| ConfigError::new("organizations", format!("{error:?}")))?)
}

/// The server behind a layer with these rules. `change` adds to the settings of the layer.
///
/// # Errors
///
/// [`ConfigErrors`] when a setting cannot be used.
pub fn app(
    provider: impl AuthProvider,
    rules: Reloaded<OrganizationTable>,
    clock: impl Clock,
    change: impl FnOnce(AuthLayerBuilder) -> AuthLayerBuilder,
) -> Result<Router, ConfigErrors> {
    let resource = provider.metadata().resource.clone();
    let layer = AuthLayer::builder(provider)
        // Callers see the tools of their organization.
        .operations(OperationPolicy::builder().filter_lists().build()?)
        .authorizer(Organizations::new(rules).clock(clock))
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
        name: "Notes of organizations",
        required: &["notes:read"],
        scopes: &["notes:read", "notes:write"],
        users: MockUsers::Directory(directory()?),
    };
    run_app(&cli.options, logins, |provider| {
        let rules = rules(&cli.organizations)?;
        tracing::info!(path = %rules.path().display(), version = rules.version(), "organizations: in force");
        tokio::spawn(rules.watch());
        app(provider, rules, auth_core::support::SystemClock::new(), |layer| layer)
    })
    .await
}
