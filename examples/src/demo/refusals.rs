//! What the server refuses, and how: each with a token that differs from an accepted one in
//! exactly one respect.

use serde_json::json;

use super::output::DemoOutput;
use super::servers::DemoServers;

/// The parts of an answer that matter here.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    /// The status; 0 when there was no answer.
    pub status: u16,
    /// `WWW-Authenticate`.
    pub challenge: Option<String>,
    /// The body, or why there was no answer.
    pub body: String,
}

impl Answer {
    /// For printing.
    #[must_use]
    pub fn lines(&self) -> String {
        let mut lines = format!("  < {}", self.status);
        if let Some(challenge) = &self.challenge {
            lines.push_str("\n  <   www-authenticate: ");
            lines.push_str(challenge);
        }
        if !self.body.is_empty() && self.status != 200 {
            lines.push_str("\n  <   ");
            lines.push_str(&self.body);
        }
        lines
    }
}

/// Sends the refused requests, after an accepted control.
pub async fn run(servers: &DemoServers, output: &DemoOutput) {
    let token = || servers.scalekit.token().scopes(["notes:read"]);
    output.heading("Refusals: tokens with one thing wrong");

    let control = call(&servers.url, Some(&token().sign())).await;
    output.line("  > a valid token");
    output.line(&control.lines());
    output.check("a valid token is accepted", control.status == 200);

    let rows = [
        ("no token", None, 401, None),
        (
            "an expired token",
            Some(token().expired()),
            401,
            Some("invalid_token"),
        ),
        (
            "a token for another audience",
            Some(token().wrong_audience()),
            401,
            Some("invalid_token"),
        ),
        (
            "a valid token without the scope",
            Some(token().scopes(["profile"])),
            403,
            Some("insufficient_scope"),
        ),
    ];
    for (name, token, status, error) in rows {
        let token = token.map(|token| token.sign());
        let answer = call(&servers.url, token.as_deref()).await;
        output.line(&format!("  > {name}"));
        output.line(&answer.lines());
        let challenge = answer.challenge.as_deref().unwrap_or_default();
        let named = match error {
            Some(error) => challenge.contains(&format!("error=\"{error}\"")),
            None => !challenge.contains("error="),
        };
        let check = match error {
            Some(error) => format!("{name} is refused with {status} {error}"),
            None => format!("{name} is refused with {status} and no error"),
        };
        output.check(
            &check,
            answer.status == status && named && challenge.contains("resource_metadata="),
        );
    }
}

/// Asks for the list of tools in one request, as clients of 2026-07-28 do.
pub async fn call(url: &str, token: Option<&str>) -> Answer {
    let protocol = "2026-07-28";
    let body = json!({
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/list",
        "params": {"_meta": {
            "io.modelcontextprotocol/protocolVersion": protocol,
            "io.modelcontextprotocol/clientInfo": {"name": "demo", "version": "1"},
            "io.modelcontextprotocol/clientCapabilities": {},
        }},
    });
    // A proxy of the environment could not reach this machine's loopback.
    let client = match reqwest::Client::builder().no_proxy().build() {
        Ok(client) => client,
        Err(error) => {
            return Answer {
                body: error.to_string(),
                ..Answer::default()
            };
        }
    };
    let mut request = client
        .post(url)
        .header("accept", "application/json, text/event-stream")
        .header("mcp-protocol-version", protocol)
        .header("mcp-method", "tools/list")
        .json(&body);
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    match request.send().await {
        Ok(response) => {
            let challenge = response.headers().get("www-authenticate");
            Answer {
                status: response.status().as_u16(),
                challenge: challenge
                    .and_then(|value| value.to_str().ok())
                    .map(Into::into),
                body: response.text().await.unwrap_or_default(),
            }
        }
        Err(error) => Answer {
            body: error.without_url().to_string(),
            ..Answer::default()
        },
    }
}
