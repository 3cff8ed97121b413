//! Calls of the control API of a `mock-scalekit` that is being served.

use auth_core::support::json::{self, Rules};
use clap::Args;
use serde_json::Value;

use super::Failure;
use super::serve::runtime;

/// Where the control API is, and the environment that a call is about.
#[derive(Args)]
pub(super) struct ControlClient {
    /// The `control_url` of the readiness line
    #[arg(long, env = "MOCK_SCALEKIT_CONTROL_URL")]
    control_url: Option<String>,
    /// The `control_token` of the readiness line
    #[arg(long, env = "MOCK_SCALEKIT_CONTROL_TOKEN", hide_env_values = true)]
    control_token: Option<String>,
    /// Which of the environments that are being served
    #[arg(long, default_value = "default")]
    environment: String,
}

/// Without the token.
impl std::fmt::Debug for ControlClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ControlClient")
            .field("control_url", &self.control_url)
            .field("environment", &self.environment)
            .finish_non_exhaustive()
    }
}

impl ControlClient {
    /// Posts to a path of the environment, and returns a member of the answer.
    ///
    /// # Errors
    ///
    /// When the API cannot be reached, or refuses the call.
    pub(super) fn post(&self, path: &str, body: &Value, member: &str) -> Result<String, Failure> {
        runtime()?.block_on(self.send(path, body, member))
    }

    async fn send(&self, path: &str, body: &Value, member: &str) -> Result<String, Failure> {
        let needed = "expected that of the readiness line";
        let url = self.control_url.as_ref();
        let url = url.ok_or_else(|| format!("control-url: {needed}"))?;
        let token = self.control_token.as_ref();
        let token = token.ok_or_else(|| format!("control-token: {needed}"))?;
        let client = reqwest::Client::builder().no_proxy().build()?;
        let request = client.post(format!("{url}/environments/{}/{path}", self.environment));
        let response = request
            .bearer_auth(token)
            .body(body.to_string())
            .send()
            .await;
        let response = response.map_err(|_| format!("control-url: no reply from {url}"))?;
        let answer: Value = json::value(&response.bytes().await?, Rules::STRICT)
            .map_err(|_| "control-url: the server there is not mock-scalekit")?;
        match (answer[member].as_str(), answer["error"].as_str()) {
            (Some(value), _) => Ok(value.to_owned()),
            (None, Some(error)) => Err(error.into()),
            (None, None) => Err("control-url: the server there is not mock-scalekit".into()),
        }
    }
}
