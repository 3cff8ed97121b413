//! `mock-scalekit token`: a token of an issuer that is being served.

use std::process::ExitCode;

use clap::Args;
use serde_json::{Map, Value, json};

use super::control_client::ControlClient;
use super::{Failure, print};
use crate::Defect;

/// Mints a token.
#[derive(Debug, Args)]
pub(super) struct Token {
    #[command(flatten)]
    control: ControlClient,
    /// A scope; can be given repeatedly [default: all of the resource]
    #[arg(long)]
    scope: Vec<String>,
    /// Claim `sub`; a user of the directory has the user's claims, too
    #[arg(long)]
    subject: Option<String>,
    /// Claim `oid`; one of the organizations of a user of the directory gives the roles there, too
    #[arg(long)]
    organization: Option<String>,
    /// Claim `client_id`
    #[arg(long)]
    client_id: Option<String>,
    /// Seconds from `iat` to `exp`
    #[arg(long)]
    lifetime: Option<u64>,
    /// Any claim, as NAME=JSON; a value that is not JSON is taken as a string
    #[arg(long, value_name = "NAME=JSON", value_parser = named_json)]
    claim: Vec<(String, Value)>,
    /// Something that is wrong with it, see `mock-scalekit defects`; can be given repeatedly
    #[arg(long)]
    defect: Vec<Defect>,
}

impl Token {
    pub(super) fn main(&self) -> Result<ExitCode, Failure> {
        let mut request = json!({
            "claims": self.claim.iter().cloned().collect::<Map<_, _>>(),
            "defects": self.defect.iter().map(|defect| defect.name()).collect::<Vec<_>>(),
        });
        let mut set = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                request[name] = value;
            }
        };
        set(
            "scopes",
            Some(json!(self.scope)).filter(|_| !self.scope.is_empty()),
        );
        set("subject", self.subject.as_deref().map(Value::from));
        set(
            "organization",
            self.organization.as_deref().map(Value::from),
        );
        set("client_id", self.client_id.as_deref().map(Value::from));
        set("lifetime", self.lifetime.map(Value::from));
        let token = self.control.post("tokens", &request, "token")?;
        print(&token)?;
        Ok(ExitCode::SUCCESS)
    }
}

/// `NAME=JSON`; a value that is not JSON is a string.
pub(super) fn named_json(text: &str) -> Result<(String, Value), String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=JSON")?;
    let value = serde_json::from_str(value).unwrap_or_else(|_| value.into());
    Ok((name.to_owned(), value))
}
