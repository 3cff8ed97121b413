//! `mock-scalekit run -- pytest`: an issuer for as long as a command runs.

use std::ffi::OsString;
use std::process::{ExitCode, ExitStatus};

use clap::Args;
use serde_json::Value;

use super::serve::{Ready, runtime};
use super::settings::Settings;
use super::{Failure, child_process, print_note};

/// Serves an issuer while a command runs.
#[derive(Debug, Args)]
pub(super) struct Run {
    #[command(flatten)]
    settings: Settings,
    /// What the names of the command's variables begin with: X gives X_ENVIRONMENT_URL, X_ADDRESS,
    /// X_RESOURCE_ID, X_ISSUER, X_JWKS_URI, X_TOKEN_ENDPOINT, X_CONTROL_URL, X_CONTROL_TOKEN, with --mcp-server X_MCP_URL, with
    /// --byoa X_CONNECTION_ID, X_CLIENT_ID and X_CLIENT_SECRET and, with --tls, X_CA_PEM
    #[arg(long, value_name = "X", default_value = "MOCK_SCALEKIT")]
    env_prefix: String,
    /// The command and its arguments
    #[arg(last = true, required = true)]
    command: Vec<OsString>,
}

impl Run {
    pub(super) fn main(&self) -> Result<ExitCode, Failure> {
        let ready = Ready::new(&self.settings, 0)?;
        let variables = variables(&self.env_prefix, &ready.described);
        runtime()?.block_on(async {
            let mut command = child_process::command(&self.command, |command| {
                command.envs(variables);
            })?;
            let mut child = command
                .spawn()
                .map_err(|error| child_process::cannot_run(&self.command, &error))?;
            let mut serving = std::pin::pin!(ready.serve());
            loop {
                tokio::select! {
                    ended = child.wait() => return Ok(code(ended?)),
                    served = &mut serving => served?,
                    // The command gets it too, and decides when it ends.
                    _ = tokio::signal::ctrl_c() => {}
                }
            }
        })
    }
}

fn variables(prefix: &str, described: &Value) -> Vec<(String, String)> {
    let members = described.as_object().into_iter().flatten();
    members
        .filter_map(|(name, value)| {
            let name = format!("{prefix}_{}", name.to_ascii_uppercase());
            Some((name, value.as_str()?.to_owned()))
        })
        .collect()
}

/// The exit code of the command; for one that was ended by a signal, that of shells (128 and the signal).
fn code(status: ExitStatus) -> ExitCode {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        // A shell prints this too; the code alone may be one that the command has chosen.
        print_note(&format!(
            "mock-scalekit: the command ended with {}",
            child_process::end(status)
        ));
        return ExitCode::from(u8::try_from(128 + signal).unwrap_or(u8::MAX));
    }
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    ExitCode::from(code.unwrap_or(1))
}
