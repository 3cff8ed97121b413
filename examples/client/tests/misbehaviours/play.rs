//! Plays one misbehaviour of the mock against the client.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
    time::Duration,
};

use auth_testkit::{
    MockScalekit, TestClock,
    settings::{Misbehaviour, RefreshTokens},
};
use client::{
    Browser, ClientError, ClientOptions, McpClient, Progress, Reporter, TokenStore, Wire, connect,
};
use rmcp::model::JsonObject;
use url::Url;

/// How long access tokens are valid.
const LIFETIME: Duration = Duration::from_secs(3600);

/// What came of one misbehaviour.
pub(crate) struct Played {
    /// The sentence of the failure; empty when the client got through.
    pub(crate) sentence: String,
    /// Who is at fault by the report; empty without a failure.
    pub(crate) at_fault: &'static str,
    /// The requests of the login, in order.
    pub(crate) requests: String,
    /// The MCP requests, in order.
    pub(crate) messages: Vec<String>,
    /// Whether tokens are stored at the end.
    pub(crate) keeps_tokens: bool,
}

/// A program that logs in and calls both tools, and after the access token has expired a second one that uses the tokens
/// of the first, also when they have expired again.
pub(crate) async fn play(misbehaviour: Option<Misbehaviour>, wire: Wire) -> Played {
    play_with(misbehaviour, wire, RefreshTokens::Advertised).await
}

/// The same, with refresh tokens as the issuer gives them here.
pub(crate) async fn play_with(
    misbehaviour: Option<Misbehaviour>,
    wire: Wire,
    refresh_tokens: RefreshTokens,
) -> Played {
    let clock = TestClock::new();
    let mut mock = MockScalekit::builder()
        .mcp_server()
        .access_token_lifetime(LIFETIME)
        .refresh_tokens(refresh_tokens)
        .clock(clock.clone());
    if let Some(misbehaviour) = misbehaviour {
        mock = mock.misbehave(misbehaviour);
    }
    let mock = mock.start().await;
    let url = mock.mcp_url().unwrap().to_owned();
    let store = TokenStore::in_memory();
    // The origins of all requests of the logins. MCP requests go to the server alone.
    let asked = Arc::<Mutex<BTreeSet<String>>>::default();
    let options = || {
        let asked = Arc::clone(&asked);
        ClientOptions::new(&url)
            .unwrap()
            .with_browser(Browser::Headless)
            .with_wire(wire)
            .with_store(store.clone())
            .with_reporter(Reporter::new(move |event| {
                if let Progress::Exchange(exchange) = event {
                    let url = Url::parse(&exchange.url).unwrap();
                    let origin = url.origin().ascii_serialization();
                    asked.lock().unwrap().insert(origin);
                }
            }))
    };
    let outcome = async {
        let first = connect(options()).await?;
        let called = call(&first, &["echo", "write"]).await;
        first.close().await;
        called?;
        clock.advance(LIFETIME * 2);
        let second = connect(options()).await?;
        let called = async {
            call(&second, &["echo"]).await?;
            clock.advance(LIFETIME * 2);
            call(&second, &["echo"]).await
        }
        .await;
        second.close().await;
        called
    }
    .await;
    let error = outcome.err();
    let transcript = mock.transcript();
    let lines: Vec<&str> = transcript.lines().collect();
    let asked = asked.lock().unwrap().clone();
    assert_eq!(asked, BTreeSet::from([mock.environment_url().to_owned()]));
    let astray: Vec<_> = lines.iter().filter(|line| is_astray(line)).collect();
    assert!(astray.is_empty(), "{astray:?}");
    let records = store.records().await.unwrap();
    Played {
        sentence: error.as_ref().map_or_else(String::new, |error| {
            error
                .to_string()
                .replace(mock.issuer(), "{issuer}")
                .replace(&url, "{server}")
                .replace(mock.environment_url(), "{origin}")
                .replace(&mock.address().to_string(), "{address}")
        }),
        at_fault: error.map_or("", |error| error.at_fault().name()),
        requests: lines
            .iter()
            .filter_map(|line| oauth(line))
            .collect::<Vec<_>>()
            .join(" "),
        messages: lines.iter().filter_map(|line| mcp(line)).collect(),
        keeps_tokens: !records.is_empty() && records.iter().all(|record| record.has_tokens()),
    }
}

pub(crate) async fn call(client: &McpClient, tools: &[&str]) -> Result<(), ClientError> {
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

/// An MCP request in a few words: the method or tool, whether it had a token, and the status.
fn mcp(line: &str) -> Option<String> {
    let (_, line) = line.trim().split_once(". ")?;
    line.split(' ').nth(1).filter(|path| *path == "/mcp")?;
    let value = |name: &str| {
        let (_, rest) = line.split_once(&format!(" {name}=\""))?;
        Some(rest.split_once('"')?.0.to_owned())
    };
    let what = value("tool").or_else(|| value("method"))?;
    let token = match line.contains("(authenticated by Bearer)") {
        true => " with token",
        false => "",
    };
    Some(format!("{what}{token} {}", line.rsplit(' ').next()?))
}

/// Whether a line of the transcript shows a secret going where none belongs.
fn is_astray(line: &str) -> bool {
    let authenticated = line.contains("(authenticated by ");
    let carries = [" code=", " refresh_token=", " code_verifier="];
    let token_endpoint = line.contains("/oauth/token ");
    (authenticated && !token_endpoint && !line.contains(" /mcp "))
        || (carries.iter().any(|name| line.contains(name)) && !token_endpoint)
}
