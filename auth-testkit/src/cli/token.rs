//! `mock-scalekit token`: a token of an issuer that is being served.

use std::process::ExitCode;

use auth_core::support::json::{self, Rules};
use clap::Args;
use serde_json::{Map, Value, json};

use super::serve::runtime;
use super::{Failure, print};
use crate::Defect;

/// Mints a token.
#[derive(Debug, Args)]
pub(super) struct Token {
    /// The `control_url` of the readiness line
    #[arg(long, env = "MOCK_SCALEKIT_CONTROL_URL")]
    control_url: String,
    /// The `control_token` of the readiness line
    #[arg(long, env = "MOCK_SCALEKIT_CONTROL_TOKEN", hide_env_values = true)]
    control_token: String,
    /// Which of the environments that are being served
    #[arg(long, default_value = "default")]
    environment: String,
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
    #[arg(long, value_name = "NAME=JSON", value_parser = claim)]
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
        let token = runtime()?.block_on(self.mint(&request))?;
        print(&token)?;
        Ok(ExitCode::SUCCESS)
    }

    async fn mint(&self, request: &Value) -> Result<String, Failure> {
        let url = format!(
            "{}/environments/{}/tokens",
            self.control_url, self.environment
        );
        let client = reqwest::Client::builder().no_proxy().build()?;
        let response = client
            .post(url)
            .bearer_auth(&self.control_token)
            .body(request.to_string())
            .send()
            .await
            .map_err(|_| format!("control-url: no reply from {}", self.control_url))?;
        let answer: Value = json::value(&response.bytes().await?, Rules::STRICT)
            .map_err(|_| "control-url: the server there is not mock-scalekit")?;
        match (answer["token"].as_str(), answer["error"].as_str()) {
            (Some(token), _) => Ok(token.to_owned()),
            (None, Some(error)) => Err(error.into()),
            (None, None) => Err("control-url: the server there is not mock-scalekit".into()),
        }
    }
}

fn claim(text: &str) -> Result<(String, Value), String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=JSON")?;
    let value = serde_json::from_str(value).unwrap_or_else(|_| value.into());
    Ok((name.to_owned(), value))
}
