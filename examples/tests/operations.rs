//! Rules for single tools, around a real rmcp server: clients that lack a scope ask for it, and
//! rmcp refuses requests whose headers name another tool than the body.
#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "a failure here is the test's failure"
)]

use std::sync::Arc;

use auth_core::layer::AuthLayer;
use auth_core::policy::{OperationPolicy, RequireScopes};
use auth_scalekit::ScalekitProvider;
use auth_testkit::{Endpoint, MockScalekit, User};
use client::{Browser, ClientOptions, Wire, connect};
use examples::server::tools::Notes;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use serde_json::{Value, json};

struct Bench {
    scalekit: MockScalekit,
    url: String,
}

/// The notes server, with `notes:write` asked for by the layer.
async fn start(believe_headers: bool) -> Bench {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/mcp", listener.local_addr().unwrap());
    let scalekit = MockScalekit::builder()
        .resource_url(&url)
        .scopes(["notes:read", "notes:write"])
        .user(User::new("usr_7"))
        .start()
        .await;
    let provider =
        ScalekitProvider::builder(scalekit.environment_url(), scalekit.resource_id(), &url)
            .required_scopes(["notes:read"])
            .build()
            .unwrap();
    let operations = OperationPolicy::builder()
        .tool("notes_add", RequireScopes::new(["notes:write"]).unwrap())
        .public_tool("echo")
        .filter_lists();
    let operations = if believe_headers {
        operations.inner_service_compares_headers()
    } else {
        operations
    };
    let layer = AuthLayer::builder(provider)
        .operations(operations.build().unwrap())
        .build()
        .unwrap();
    let notes = Notes::default();
    let rmcp = StreamableHttpService::new(
        move || Ok(notes.clone()),
        Arc::new(LocalSessionManager::default()),
        StreamableHttpServerConfig::default(),
    );
    let router = axum::Router::new().route_service("/mcp", rmcp);
    let app = auth_core::axum::protect(router, &layer).into_make_service();
    tokio::spawn(async move { axum::serve(listener, app).await });
    Bench { scalekit, url }
}

#[tokio::test]
async fn a_client_that_lacks_a_scope_for_one_tool_asks_for_it() {
    for believe_headers in [false, true] {
        for wire in [Wire::Stateful, Wire::Stateless] {
            let bench = start(believe_headers).await;
            let options = ClientOptions::new(&bench.url)
                .unwrap()
                .with_browser(Browser::Headless)
                .with_wire(wire);
            let client = connect(options).await.unwrap();
            let logins = || bench.scalekit.requests(Endpoint::Authorize);
            let call = async |tool, arguments: Value| {
                let arguments = arguments.as_object().cloned();
                client.call_tool(tool, arguments).await.map(|_| ())
            };
            let tools = async || {
                let tools = client.list_tools().await.unwrap().into_iter();
                let mut names: Vec<_> = tools.map(|tool| tool.name.to_string()).collect();
                names.sort_unstable();
                names
            };
            let seen = tools().await;
            assert_eq!(seen, ["admin_reset", "auth_status", "echo", "notes_list"]);
            call("notes_list", json!({})).await.unwrap();
            assert_eq!(logins().len(), 1, "{wire:?}: one login so far");
            call("notes_add", json!({"text": "milk"})).await.unwrap();
            let logins = logins();
            assert_eq!(logins.len(), 2, "{wire:?}: and one for the scope");
            let asked = logins.last().unwrap().param("scope").unwrap().to_owned();
            let mut asked: Vec<_> = asked.split(' ').collect();
            asked.sort_unstable();
            assert_eq!(asked, ["notes:read", "notes:write"], "{wire:?}");
            assert!(tools().await.contains(&"notes_add".to_owned()), "{wire:?}");
            client.close().await;
        }
    }
}

#[tokio::test]
async fn headers_that_lie_get_nowhere() {
    for believe_headers in [false, true] {
        let bench = start(believe_headers).await;
        let token = bench.scalekit.token().scopes(["notes:read"]).sign();
        let meta = json!({
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
            "io.modelcontextprotocol/clientCapabilities": {},
        });
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
            "name": "notes_add", "arguments": {"text": "x"}, "_meta": meta,
        }});
        let send = async |token: &str, method: &str, name: &str| {
            let request = reqwest::Client::new()
                .post(&bench.url)
                .bearer_auth(token)
                .header("accept", "application/json, text/event-stream")
                .header("mcp-protocol-version", "2026-07-28")
                .header("mcp-method", method)
                .header("mcp-name", name)
                .json(&body);
            let response = request.send().await.unwrap();
            (response.status().as_u16(), response.text().await.unwrap())
        };
        let write = bench.scalekit.token().scopes(["notes:read", "notes:write"]);
        let write = write.sign();
        let (status, text) = send(&write, "tools/call", "notes_add").await;
        assert_eq!(status, 200, "the control: {text}");
        assert!(text.contains(r#"\"notes\":[\"x\"]"#), "{text}");
        let (status, _) = send(&token, "tools/call", "notes_add").await;
        assert_eq!(status, 403);
        for (method, name) in [
            ("tools/call", "notes_list"),
            ("tools/list", ""),
            ("ping", "x"),
        ] {
            let (status, text) = send(&token, method, name).await;
            assert_eq!(status, 400, "{believe_headers} {method} {name}: {text}");
            assert!(text.contains("-32020"), "{text}");
        }
        let (_, text) = send(&write, "tools/call", "notes_add").await;
        assert!(
            text.contains(r#"\"notes\":[\"x\",\"x\"]"#),
            "none was added: {text}"
        );
    }
}
