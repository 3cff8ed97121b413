//! The command line.

use std::io::{self, Write};
use std::path::PathBuf;

use auth_testkit::User;
use clap::{Parser, ValueEnum};

use super::policies::{Policies, schema};
use super::{app, reload};
use crate::server::cli::Options;
use crate::server::run::{Logins, MockUsers, ServerError, run_app};

/// A protected MCP server whose policies are in a file: roles, scopes and arguments.
///
/// Without SCALEKIT_ENVIRONMENT_URL a mock Scalekit is run inside, as with --mock. The files of policies
/// are read again when they change, and at SIGHUP. Exit codes: 0 stopped, 1 failed while serving, 2
/// could not start.
#[derive(Debug, Parser)]
#[command(name = "rbac")]
pub struct Cli {
    /// The options of all servers.
    #[command(flatten)]
    pub options: Options,

    /// The policies, in the Cedar language [default: examples/policies/rbac.cedar].
    #[arg(long, value_name = "FILE", default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/policies/rbac.cedar"), hide_default_value = true)]
    pub policies: PathBuf,

    /// Policies that decide nothing: the log says what they would have refused.
    #[arg(long, value_name = "FILE")]
    pub dry_run: Option<PathBuf>,

    /// Print what policies can name, as a Cedar schema, and end.
    #[arg(long)]
    pub schema: bool,

    /// The role of the user who logs in at the mock.
    #[arg(long, value_name = "ROLE", default_value = "editor")]
    pub sign_in: Role,
}

/// A role of `rbac.cedar`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Role {
    /// Reads the notes of projects.
    Reader,
    /// Adds to them, and deploys.
    Editor,
    /// Does everything.
    Admin,
}

impl Role {
    /// A user of the mock with this role.
    #[must_use]
    pub fn user(self) -> User {
        let (sub, role) = match self {
            Self::Reader => ("usr_1", "reader"),
            Self::Editor => ("usr_2", "editor"),
            Self::Admin => ("usr_3", "admin"),
        };
        User::new(sub).roles([role])
    }
}

/// Prints the schema, or serves until ctrl-c.
///
/// # Errors
///
/// [`ServerError`], whose text says what to change.
pub async fn run(mut cli: Cli) -> Result<(), ServerError> {
    if cli.schema {
        let schema = schema()?;
        return writeln!(io::stdout(), "{}", schema.trim_end()).map_err(ServerError::Serve);
    }
    cli.options.mock_without_scalekit();
    let logins = Logins {
        name: "Project notes",
        required: &["notes:read"],
        scopes: &["notes:read", "notes:write", "projects:deploy"],
        users: MockUsers::User(cli.sign_in.user()),
    };
    let (in_force, dry_run) = (&*cli.policies, cli.dry_run.as_deref());
    run_app(&cli.options, logins, |provider| {
        let policies = Policies::read(provider.environment_url(), in_force, dry_run)?;
        let version = policies.in_force.version().unwrap_or_default();
        tracing::info!(path = %in_force.display(), version, "policies: in force");
        reload::keep_up_to_date(&policies).map_err(|error| {
            auth_core::error::ConfigError::new("sighup", format!("cannot be listened for: {error}"))
        })?;
        app(provider, policies, |layer| layer)
    })
    .await
}
