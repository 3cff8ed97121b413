//! `mock-scalekit defects`: lists the catalogue of defects.

use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use super::{Failure, print};
use crate::Defect;

/// Lists what can be wrong with a token.
#[derive(Debug, Args)]
pub(super) struct Defects {
    /// As JSON
    #[arg(long)]
    json: bool,
}

impl Defects {
    pub(super) fn main(&self) -> Result<ExitCode, Failure> {
        if self.json {
            let all = Defect::all().iter();
            let all = all.map(|defect| json!({ "name": defect.name(), "rule": defect.rule() }));
            print(&serde_json::to_string_pretty(&all.collect::<Vec<_>>())?)?;
            return Ok(ExitCode::SUCCESS);
        }
        for defect in Defect::all() {
            print(&format!("{:<30} {}", defect.name(), defect.rule()))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
