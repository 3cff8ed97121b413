//! The auth layer around rmcp's service, mounted in axum and served by hyper alone, with a client
//! that logs in at the mock, over both protocol wires.
#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "a failure here is the test's failure"
)]

#[path = "../../auth-core/tests/support/hyper_server.rs"]
mod hyper_server;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use auth_core::layer::AuthLayer;
use auth_core::provider::PublicUrl;
use auth_scalekit::ScalekitProvider;
use auth_testkit::settings::RefreshTokens;
use auth_testkit::{Endpoint, MockScalekit, User};
use client::{
    Browser, ClientError, ClientOptions, McpClient, Protection, TokenStore, Wire, connect,
};
use examples::server::{Listening, app, serve, server_spec};
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use serde_json::{Value, json};
use tower::Layer;

/// How the service is served.
#[derive(Debug, Clone, Copy)]
enum Served {
    Axum,
    HyperAlone,
}

struct Bench {
    scalekit: MockScalekit,
    url: String,
}

impl Bench {
    async fn start(served: Served, user: User) -> Self {
        match served {
            Served::Axum => Self::axum(user).await,
            Served::HyperAlone => Self::hyper(user).await,
        }
    }

    async fn axum(user: User) -> Self {
        let any_port = PublicUrl::parse("http://localhost:0/mcp").unwrap();
        let listening = Listening::bind(&any_port, None).await.unwrap();
        let url = listening.url().to_owned();
        let (scalekit, provider) = issuer(&url, user).await;
        let app = app(provider).unwrap();
        tokio::spawn(serve(listening, app, std::future::pending()));
        Self { scalekit, url }
    }

    /// No router at all: the layer, rmcp's service, hyper.
    async fn hyper(user: User) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/mcp", listener.local_addr().unwrap());
        let (scalekit, provider) = issuer(&url, user).await;
        let notes = server_spec::notes().unwrap();
        let server = notes.server;
        let rmcp = StreamableHttpService::new(
            move || Ok(server()),
            Arc::new(LocalSessionManager::default()),
            StreamableHttpServerConfig::default(),
        );
        let layer = AuthLayer::builder(provider)
            .scope_hierarchy(notes.hierarchy)
            .operations(notes.operations)
            .check_bodies()
            .build()
            .unwrap();
        let service = layer.layer(rmcp);
        tokio::spawn(hyper_server::serve(listener, service));
        Self { scalekit, url }
    }

    async fn login(&self, wire: Wire) -> Result<McpClient, ClientError> {
        let options = ClientOptions::new(&self.url)?
            .with_browser(Browser::Headless)
            .with_wire(wire);
        connect(options).await
    }
}

async fn issuer(url: &str, user: User) -> (MockScalekit, ScalekitProvider) {
    let scalekit = MockScalekit::builder()
        .resource_url(url)
        .user(user)
        .start()
        .await;
    let provider =
        ScalekitProvider::builder(scalekit.environment_url(), scalekit.resource_id(), url)
            .required_scopes(["notes:read"])
            .build()
            .unwrap();
    (scalekit, provider)
}

fn user() -> User {
    User::new("usr_7").organization("org_7")
}

/// The text of a tool's answer, or of its refusal.
async fn call(client: &McpClient, tool: &str, arguments: Value) -> Result<String, String> {
    let result = client.call_tool(tool, arguments.as_object().cloned()).await;
    let result = result.map_err(|error| error.to_string())?;
    Ok(result
        .content
        .first()
        .unwrap()
        .as_text()
        .unwrap()
        .text
        .clone())
}

#[tokio::test]
async fn tools_know_the_caller_and_refuse_what_it_may_not_do() {
    for served in [Served::Axum, Served::HyperAlone] {
        for (wire, protocol) in [
            (Wire::Stateful, "2025-11-25"),
            (Wire::Stateless, "2026-07-28"),
        ] {
            let name = format!("{served:?}, {protocol}");
            let bench = Bench::start(served, user()).await;
            let client = bench.login(wire).await.unwrap();
            let info = client.service().peer().peer_info().unwrap();
            assert_eq!(info.protocol_version.to_string(), protocol, "{name}");

            let status = call(&client, "auth_status", json!({})).await.unwrap();
            let status: Value = serde_json::from_str(&status).unwrap();
            for (member, expected) in [
                ("authenticated", json!(true)),
                ("subject", json!("usr_7")),
                ("organization", json!("org_7")),
                ("scopes", json!(["notes:read"])),
                ("machine", json!(false)),
            ] {
                assert_eq!(status.get(member), Some(&expected), "{name}: {member}");
            }
            assert!(
                status
                    .get("client_id")
                    .unwrap()
                    .as_str()
                    .unwrap()
                    .starts_with("m2m_")
            );

            let echo = call(&client, "echo", json!({"message": "hello"})).await;
            assert_eq!(echo.as_deref(), Ok("hello"), "{name}");
            let list = call(&client, "notes_list", json!({})).await;
            assert_eq!(list.as_deref(), Ok(r#"{"notes":[]}"#), "{name}");
            // 403, another login for one scope more, and the call once again.
            let add = call(&client, "notes_add", json!({"text": "x"})).await;
            assert_eq!(add.as_deref(), Ok(r#"{"notes":["x"]}"#), "{name}");
            let status = call(&client, "auth_status", json!({})).await.unwrap();
            let status: Value = serde_json::from_str(&status).unwrap();
            let scopes = json!(["notes:read", "notes:write"]);
            assert_eq!(status.get("scopes"), Some(&scopes), "{name}");
            let reset = call(&client, "admin_reset", json!({})).await.unwrap_err();
            assert!(reset.contains("not allowed"), "{name}: {reset}");
            client.close().await;
        }
    }
}

#[tokio::test]
async fn a_broader_scope_and_a_role_open_what_they_should() {
    for served in [Served::Axum, Served::HyperAlone] {
        let bench = Bench::start(served, user().roles(["admin"])).await;
        let options = ClientOptions::new(&bench.url)
            .unwrap()
            .with_browser(Browser::Headless)
            .with_scopes(["notes:write".to_owned()]);
        let client = connect(options).await.unwrap();
        let add = call(&client, "notes_add", json!({"text": "milk"})).await;
        assert_eq!(add.as_deref(), Ok(r#"{"notes":["milk"]}"#), "{served:?}");
        let list = call(&client, "notes_list", json!({})).await;
        assert_eq!(
            list.as_deref(),
            Ok(r#"{"notes":["milk"]}"#),
            "implied, {served:?}"
        );
        let reset = call(&client, "admin_reset", json!({})).await;
        assert_eq!(reset.as_deref(), Ok(r#"{"removed":1}"#), "{served:?}");
        client.close().await;
    }
}

#[tokio::test]
async fn tokens_are_reused_and_refreshed_after_a_restart() {
    let any_port = PublicUrl::parse("http://127.0.0.1:0/mcp").unwrap();
    let listening = Listening::bind(&any_port, None).await.unwrap();
    let url = listening.url().to_owned();
    let scalekit = MockScalekit::builder()
        .resource_url(&url)
        // Nothing names a scope here, so the client cannot ask for `offline_access`.
        .refresh_tokens(RefreshTokens::Always)
        .start()
        .await;
    let provider =
        ScalekitProvider::builder(scalekit.environment_url(), scalekit.resource_id(), &url)
            .build()
            .unwrap();
    tokio::spawn(serve(
        listening,
        app(provider).unwrap(),
        std::future::pending(),
    ));
    let directory = tempfile::tempdir().unwrap();
    for run in 0..4 {
        let options = ClientOptions::new(&url)
            .unwrap()
            .with_browser(Browser::Headless);
        let store = TokenStore::in_directory(directory.path(), Protection::Unencrypted);
        let client = connect(options.with_store(store)).await.unwrap();
        let echo = call(&client, "echo", json!({"message": "hello"})).await;
        assert_eq!(echo.as_deref(), Ok("hello"), "run {run}");
        client.close().await;
        if run > 0 {
            an_hour_passes(directory.path());
        }
    }
    assert_eq!(
        scalekit.requests(Endpoint::Authorize).len(),
        1,
        "one login for four runs"
    );
    let grants = scalekit.requests(Endpoint::Token);
    let kinds: Vec<_> = grants
        .iter()
        .map(|grant| grant.param("grant_type").unwrap())
        .collect();
    let expected = ["authorization_code", "refresh_token", "refresh_token"];
    assert_eq!(
        kinds, expected,
        "the second run reuses the token, later ones refresh it"
    );
    for grant in &grants {
        assert_eq!(grant.param("resource"), Some(url.as_str()), "{grant:?}");
    }
}

/// Makes the stored token an hour older, so that the next run finds it expired.
fn an_hour_passes(directory: &Path) {
    for file in std::fs::read_dir(directory).unwrap() {
        let path = file.unwrap().path();
        if path
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            let mut record: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
            let received = record
                .pointer_mut("/unencrypted/credentials/token_received_at")
                .unwrap();
            *received = json!(received.as_u64().unwrap() - 3600);
            std::fs::write(&path, record.to_string()).unwrap();
        }
    }
}

#[tokio::test]
async fn notes_are_bounded() {
    let bench = Bench::start(Served::Axum, user()).await;
    let options = ClientOptions::new(&bench.url)
        .unwrap()
        .with_browser(Browser::Headless)
        .with_scopes(["notes:write".to_owned()]);
    let client = connect(options).await.unwrap();
    let long = call(&client, "notes_add", json!({"text": "x".repeat(2001)})).await;
    assert!(long.unwrap_err().contains("2000 bytes"));
    for _ in 0..100 {
        call(&client, "notes_add", json!({"text": "x"}))
            .await
            .unwrap();
    }
    let more = call(&client, "notes_add", json!({"text": "x"})).await;
    assert!(more.unwrap_err().contains("100 notes already"));
    client.close().await;
}

#[tokio::test]
async fn a_session_needs_a_token_on_every_request() {
    for served in [Served::Axum, Served::HyperAlone] {
        let bench = Bench::start(served, user()).await;
        let http = reqwest::Client::new();
        let token = bench.scalekit.token().scopes(["notes:read"]).sign();
        let initialize = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
            "protocolVersion": "2025-11-25", "capabilities": {},
            "clientInfo": {"name": "test", "version": "1"},
        }});
        let post = || {
            http.post(&bench.url)
                .header("accept", "application/json, text/event-stream")
        };
        let response = post()
            .bearer_auth(&token)
            .json(&initialize)
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 200, "{served:?}");
        let session = response.headers().get("mcp-session-id").unwrap().clone();
        for method in ["GET", "POST", "DELETE"] {
            let request = http
                .request(method.parse().unwrap(), &bench.url)
                .header("accept", "application/json, text/event-stream")
                .header("mcp-session-id", session.clone());
            let response = request.send().await.unwrap();
            assert_eq!(
                response.status(),
                401,
                "{served:?}: {method} without a token"
            );
        }
        let response = post()
            .bearer_auth(
                bench
                    .scalekit
                    .token()
                    .scopes(["notes:read"])
                    .expired()
                    .sign(),
            )
            .header("mcp-session-id", session)
            .json(&json!({"jsonrpc": "2.0", "id": 2, "method": "ping"}))
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 401, "{served:?}: an expired token");
    }
}

#[tokio::test]
async fn browser_clients_can_read_the_challenge() {
    let bench = Bench::start(Served::Axum, user()).await;
    let http = reqwest::Client::new();
    let origin = "http://localhost:6274";
    let preflight = http
        .request("OPTIONS".parse().unwrap(), &bench.url)
        .header("origin", origin)
        .header("access-control-request-method", "POST")
        .header(
            "access-control-request-headers",
            "authorization,content-type,mcp-protocol-version",
        )
        .send()
        .await
        .unwrap();
    assert_eq!(preflight.status(), 200);
    let allowed = |response: &reqwest::Response, name: &str| {
        let values = response.headers().get_all(name);
        values
            .iter()
            .map(|v| v.to_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(allowed(&preflight, "access-control-allow-origin"), [origin]);
    let refused = http
        .post(&bench.url)
        .header("origin", origin)
        .send()
        .await
        .unwrap();
    assert_eq!(refused.status(), 401);
    assert_eq!(allowed(&refused, "access-control-allow-origin"), [origin]);
    let exposed = allowed(&refused, "access-control-expose-headers").join(",");
    assert!(exposed.contains("www-authenticate"), "{exposed}");
    let evil = http
        .post(&bench.url)
        .header("origin", "https://evil.example")
        .send()
        .await
        .unwrap();
    assert_eq!(evil.status(), 403);
    assert!(allowed(&evil, "access-control-allow-origin").is_empty());
    let metadata = bench
        .url
        .replace("/mcp", "/.well-known/oauth-protected-resource/mcp");
    let metadata = http
        .get(metadata)
        .header("origin", "https://any.example")
        .send()
        .await
        .unwrap();
    assert_eq!(metadata.status(), 200);
    assert_eq!(
        allowed(&metadata, "access-control-allow-origin"),
        ["*"],
        "one value, for everyone"
    );
}

#[tokio::test]
async fn the_port_zero_is_replaced_in_the_url() {
    let url = PublicUrl::parse("http://127.0.0.1:0/mcp").unwrap();
    let listening = Listening::bind(&url, None).await.unwrap();
    let address: SocketAddr = listening
        .url()
        .trim_start_matches("http://")
        .trim_end_matches("/mcp")
        .parse()
        .unwrap();
    assert_ne!(address.port(), 0);
}

#[tokio::test]
async fn every_answer_has_an_id_by_which_it_is_found_in_the_log() {
    let bench = Bench::start(Served::Axum, user()).await;
    let http = reqwest::Client::new();
    let ask = async |id: Option<&str>| {
        let mut request = http.get(&bench.url);
        if let Some(id) = id {
            request = request.header("x-request-id", id);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 401);
        let id = response.headers().get("x-request-id").unwrap();
        id.to_str().unwrap().to_owned()
    };
    let (one, other) = (ask(None).await, ask(None).await);
    assert_ne!(one, other);
    assert_eq!(one.len(), 36, "a UUID: {one}");
    assert_eq!(ask(Some("of-a-proxy")).await, "of-a-proxy");
}
