//! Plays one misbehaviour of the mock against the client.

use std::time::Duration;

use auth_testkit::{MockScalekit, TestClock, settings::Misbehaviour};
use client::{Browser, ClientError, ClientOptions, McpClient, TokenStore, Wire, connect};
use rmcp::model::JsonObject;

/// How long access tokens are valid.
const LIFETIME: Duration = Duration::from_secs(3600);

/// What came of one misbehaviour.
pub struct Played {
    /// The sentence of the failure; empty when the client got through.
    pub sentence: String,
    /// Who is at fault by the report; empty without a failure.
    pub at_fault: &'static str,
    /// The requests of the login, in order.
    pub requests: String,
    /// The MCP requests, in order.
    pub messages: Vec<String>,
    /// Whether tokens are stored at the end.
    pub keeps_tokens: bool,
}

/// A program that logs in and calls both tools, and after the access token has expired a second one that uses the tokens
/// of the first.
pub async fn play(misbehaviour: Option<Misbehaviour>, wire: Wire) -> Played {
    let clock = TestClock::new();
    let mut mock = MockScalekit::builder()
        .mcp_server()
        .access_token_lifetime(LIFETIME)
        .clock(clock.clone());
    if let Some(misbehaviour) = misbehaviour {
        mock = mock.misbehave(misbehaviour);
    }
    let mock = mock.start().await;
    let url = mock.mcp_url().unwrap().to_owned();
    let store = TokenStore::in_memory();
    let options = || {
        ClientOptions::new(&url)
            .unwrap()
            .with_browser(Browser::Headless)
            .with_wire(wire)
            .with_store(store.clone())
    };
    let outcome = async {
        let first = connect(options()).await?;
        let called = call(&first, &["echo", "write"]).await;
        first.close().await;
        called?;
        clock.advance(LIFETIME * 2);
        let second = connect(options()).await?;
        let called = call(&second, &["echo"]).await;
        second.close().await;
        called
    }
    .await;
    let error = outcome.err();
    let transcript = mock.transcript();
    let lines: Vec<&str> = transcript.lines().collect();
    let records = store.records().await.unwrap();
    Played {
        sentence: error.as_ref().map_or_else(String::new, |error| {
            error
                .to_string()
                .replace(mock.issuer(), "{issuer}")
                .replace(&url, "{server}")
                .replace(mock.environment_url(), "{origin}")
        }),
        at_fault: error.map_or("", |error| error.at_fault().name()),
        requests: lines.iter().filter_map(|line| oauth(line)).collect::<Vec<_>>().join(" "),
        messages: lines.iter().filter_map(|line| mcp(line)).collect(),
        keeps_tokens: !records.is_empty() && records.iter().all(|record| record.has_tokens()),
    }
}

async fn call(client: &McpClient, tools: &[&str]) -> Result<(), ClientError> {
    for tool in tools {
        let mut arguments = JsonObject::new();
        arguments.insert("text".into(), "hello".into());
        let result = client.call_tool(tool, Some(arguments)).await?;
        assert_ne!(result.is_error, Some(true), "{tool}: {result:?}");
    }
    Ok(())
}

/// A request of the login in one word, with its status where that is no success.
fn oauth(line: &str) -> Option<String> {
    let (_, line) = line.trim().split_once(". ")?;
    let path = line.split(' ').nth(1)?;
    let word = match path {
        "/mcp" => return None,
        path if path.ends_with("/oauth/token") && line.contains("\"refresh_token\"") => "refresh",
        path if path.ends_with("/oauth/token") => "code",
        path if path.ends_with("/oauth/authorize") => "authorize",
        path if path.ends_with(":register") => "register",
        "/.well-known/oauth-protected-resource/mcp" => "resource",
        "/.well-known/oauth-protected-resource" => "root",
        path if path.starts_with("/.well-known/oauth-authorization-server") => "issuer",
        path if path.contains("openid-configuration") => "openid",
        path => path,
    };
    let status = line.rsplit(' ').next()?;
    Some(match status.starts_with('2') || status.starts_with('3') {
        true => word.to_owned(),
        false => format!("{word}:{status}"),
    })
}

/// An MCP request: what it is for, whether it had a token, and its status.
fn mcp(line: &str) -> Option<String> {
    let (_, line) = line.trim().split_once(". ")?;
    line.split(' ').nth(1).filter(|path| *path == "/mcp")?;
    Some(line.to_owned())
}
