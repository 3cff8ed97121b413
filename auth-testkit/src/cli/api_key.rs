//! `mock-scalekit api-key`: creates an API key of an issuer that is being served.

use std::process::ExitCode;

use clap::Args;
use serde_json::{Map, Value, json};

use super::control_client::ControlClient;
use super::{Failure, print};

/// Creates an API key, which the management API validates, and prints it. `/api-keys` of the control API lists and
/// invalidates keys.
#[derive(Debug, Args)]
pub(super) struct ApiKey {
    #[command(flatten)]
    control: ControlClient,
    /// The organization
    #[arg(long, default_value = "org_1000000001")]
    organization: String,
    /// The user, by `sub` or e-mail address [default: none, the key is of the organization]
    #[arg(long)]
    user: Option<String>,
    /// Seconds until it expires [default: it does not]
    #[arg(long)]
    lifetime: Option<u64>,
    /// What it is for
    #[arg(long)]
    description: Option<String>,
    /// A custom claim, as NAME=VALUE; can be given repeatedly
    #[arg(long, value_name = "NAME=VALUE", value_parser = named_text)]
    claim: Vec<(String, String)>,
}

impl ApiKey {
    pub(super) fn main(&self) -> Result<ExitCode, Failure> {
        let claims = self.claim.iter().cloned();
        let claims: Map<String, Value> = claims.map(|(name, text)| (name, text.into())).collect();
        let request = json!({
            "organization": self.organization,
            "user": self.user,
            "lifetime": self.lifetime,
            "description": self.description,
            "custom_claims": claims,
        });
        let key = self.control.post("api-keys", &request, "key")?;
        print(&key)?;
        Ok(ExitCode::SUCCESS)
    }
}

fn named_text(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}
