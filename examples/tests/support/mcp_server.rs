//! A tutorial's server with a mock Scalekit, on a real socket, and requests to it.
#![allow(dead_code, reason = "each test binary uses a part of it")]

use std::sync::{Arc, Mutex};

use auth_core::audit::{AuthEvent, audit_fn};
use auth_core::error::ConfigErrors;
use auth_core::layer::AuthLayerBuilder;
use auth_core::provider::PublicUrl;
use auth_scalekit::ScalekitProvider;
use auth_testkit::{MockScalekit, MockScalekitBuilder, TestClock};
use axum::Router;
use examples::server::{Listening, serve};
use serde_json::{Value, json};

/// A running server, its issuer, and what it recorded.
pub(crate) struct McpServer {
    pub(crate) scalekit: MockScalekit,
    pub(crate) url: String,
    pub(crate) clock: TestClock,
    events: Arc<Mutex<Vec<AuthEvent>>>,
}

/// What a test changes in the layer: its clock, and where its events go.
pub(crate) type Change = Box<dyn FnOnce(AuthLayerBuilder) -> AuthLayerBuilder>;

/// The answer to a request.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) challenge: String,
    pub(crate) retry_after: Option<String>,
    pub(crate) body: Value,
}

impl McpServer {
    /// Starts what `app` makes of a provider that requires `notes:read`.
    pub(crate) async fn start(
        mock: impl FnOnce(MockScalekitBuilder) -> MockScalekitBuilder,
        app: impl FnOnce(ScalekitProvider, TestClock, Change) -> Result<Router, ConfigErrors>,
    ) -> Self {
        let any_port = PublicUrl::parse("http://127.0.0.1:0/mcp").unwrap();
        let listening = Listening::bind(&any_port, None).await.unwrap();
        let (url, clock) = (listening.url().to_owned(), TestClock::new());
        let scalekit = MockScalekit::builder()
            .resource_url(&url)
            .scopes(["notes:read", "notes:write", "projects:deploy"])
            .clock(clock.clone());
        let scalekit = mock(scalekit).start().await;
        let provider =
            ScalekitProvider::builder(scalekit.environment_url(), scalekit.resource_id(), &url)
                .required_scopes(["notes:read"])
                .clock(clock.clone())
                .build()
                .unwrap();
        let events = Arc::new(Mutex::new(Vec::new()));
        let (sink, layer_clock) = (Arc::clone(&events), clock.clone());
        let change: Change = Box::new(move |layer| {
            let audit = audit_fn(move |event| sink.lock().unwrap().push(event.clone()));
            layer.clock(layer_clock).audit(audit)
        });
        let app = app(provider, clock.clone(), change);
        tokio::spawn(serve(listening, app.unwrap(), std::future::pending()));
        Self {
            scalekit,
            url,
            clock,
            events,
        }
    }

    pub(crate) async fn call(&self, token: &str, tool: &str, arguments: Value) -> Answer {
        let params = json!({ "name": tool, "arguments": arguments });
        self.send(token, "tools/call", params).await
    }

    pub(crate) async fn send(&self, token: &str, method: &str, mut params: Value) -> Answer {
        let name = params["name"].as_str().map(str::to_owned);
        params["_meta"] = json!({
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientInfo": { "name": "test", "version": "1" },
            "io.modelcontextprotocol/clientCapabilities": {},
        });
        let mut request = reqwest::Client::new()
            .post(&self.url)
            .bearer_auth(token)
            .header("accept", "application/json, text/event-stream")
            .header("mcp-protocol-version", "2026-07-28")
            .header("mcp-method", method)
            .json(&json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }));
        if let Some(name) = name {
            request = request.header("mcp-name", name);
        }
        let response = request.send().await.unwrap();
        let challenge = response.headers().get("www-authenticate");
        let challenge = challenge.map_or("", |it| it.to_str().unwrap()).to_owned();
        let retry_after = response.headers().get("retry-after");
        let retry_after = retry_after.map(|it| it.to_str().unwrap().to_owned());
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        // One message, alone or as the data of an event.
        let json = text.lines().find_map(|line| line.strip_prefix("data: "));
        let json = json.filter(|data| data.starts_with('{')).unwrap_or(&text);
        Answer {
            status,
            challenge,
            retry_after,
            body: serde_json::from_str(json).unwrap_or_else(|error| panic!("{error}: {text}")),
        }
    }

    pub(crate) fn last_event(&self) -> AuthEvent {
        self.events.lock().unwrap().last().unwrap().clone()
    }

    /// The policies that decided the last request.
    pub(crate) fn policies(&self) -> Vec<String> {
        let policies = self.last_event().policies;
        policies.into_iter().map(String::from).collect()
    }
}

impl Answer {
    /// The scopes that the client is asked to obtain.
    pub(crate) fn step_up(&self) -> Option<&str> {
        let challenge = self.challenge.split_once("error=\"insufficient_scope\"")?.0;
        let scopes = challenge.split_once("scope=\"")?.1;
        Some(scopes.split_once('"')?.0)
    }
}
