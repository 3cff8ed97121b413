//! `mock-scalekit misbehaviours`: lists what an issuer and its MCP server can do wrong.

use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use super::{Failure, print};
use crate::settings::Misbehaviour;

/// Lists what an issuer and its MCP server can do wrong, and what a correct client does about it.
#[derive(Debug, Args)]
pub(super) struct Misbehaviours {
    /// As JSON
    #[arg(long)]
    json: bool,
}

impl Misbehaviours {
    pub(super) fn main(&self) -> Result<ExitCode, Failure> {
        let all = Misbehaviour::all().iter();
        if self.json {
            let all = all.map(|one| {
                json!({
                    "name": one.name(),
                    "reaction": one.reaction().name(),
                    "needs_mcp_server": one.needs_mcp_server(),
                    "description": one.description(),
                })
            });
            print(&serde_json::to_string_pretty(&all.collect::<Vec<_>>())?)?;
            return Ok(ExitCode::SUCCESS);
        }
        for one in all {
            print(&format!(
                "{:<38} {:<8} {}",
                one.name(),
                one.reaction().name(),
                one.description()
            ))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
