//! The everything server behind the auth layer, with an issuer of its own, over real sockets.
#![allow(dead_code, reason = "no test uses all of it")]

use std::time::Duration;

use auth_core::PublicUrl;
use auth_scalekit::ScalekitProvider;
use auth_testkit::{MockScalekit, TestClock, TokenBuilder};
use examples::everything;
use examples::server::app::protected;
use examples::server::{Listening, serve};
use serde_json::{Value, json};

/// Longer than any answer takes.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A protocol version, as it is spoken.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Wire {
    /// 2025-11-25: a session, begun with `initialize`.
    Stateful,
    /// 2026-07-28: each request says for itself who asks.
    Stateless,
}

impl Wire {
    pub(crate) fn version(self) -> &'static str {
        match self {
            Self::Stateful => "2025-11-25",
            Self::Stateless => "2026-07-28",
        }
    }

    /// The request that a client can begin with: its method and parameters.
    pub(crate) fn opening(self) -> (&'static str, Value) {
        match self {
            Self::Stateful => (
                "initialize",
                json!({
                    "protocolVersion": self.version(),
                    "capabilities": {},
                    "clientInfo": {"name": "test", "version": "1"},
                }),
            ),
            Self::Stateless => ("server/discover", json!({})),
        }
    }
}

/// An issuer and a server that has served nobody.
pub(crate) struct Bench {
    pub(crate) scalekit: MockScalekit,
    pub(crate) clock: TestClock,
    pub(crate) url: String,
    pub(crate) http: reqwest::Client,
}

impl Bench {
    pub(crate) async fn start() -> Self {
        let any_port = PublicUrl::parse("http://127.0.0.1:0/mcp").unwrap();
        let listening = Listening::bind(&any_port, None).await.unwrap();
        let url = listening.url().to_owned();
        let clock = TestClock::new();
        let scalekit = MockScalekit::builder()
            .resource_url(&url)
            .scopes(["everything"])
            .clock(clock.clone())
            .start()
            .await;
        let provider =
            ScalekitProvider::builder(scalekit.environment_url(), scalekit.resource_id(), &url)
                .clock(clock.clone())
                .build()
                .unwrap();
        let app = protected(everything::site().unwrap(), provider).unwrap();
        tokio::spawn(serve(listening, app, std::future::pending()));
        let http = reqwest::Client::builder().no_proxy().timeout(TIMEOUT);
        Self {
            scalekit,
            clock,
            url,
            http: http.build().unwrap(),
        }
    }

    /// A token that everything is open to.
    pub(crate) fn token(&self) -> TokenBuilder {
        self.scalekit.token().scopes(["everything"])
    }

    /// A request, with all that its protocol version wants to have said.
    pub(crate) fn request(
        &self,
        wire: Wire,
        method: &str,
        mut params: Value,
    ) -> reqwest::RequestBuilder {
        let mut request = self
            .http
            .post(&self.url)
            .header("accept", "application/json, text/event-stream")
            .header("mcp-protocol-version", wire.version());
        if let Wire::Stateless = wire {
            request = request.header("mcp-method", method);
            for name in ["name", "uri", "taskId"] {
                if let Some(name) = params.get(name).and_then(Value::as_str) {
                    request = request.header("mcp-name", name);
                }
            }
            let meta = json!({
                "io.modelcontextprotocol/protocolVersion": wire.version(),
                "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
                "io.modelcontextprotocol/clientCapabilities": {
                    "elicitation": {},
                    "extensions": {"io.modelcontextprotocol/tasks": {}},
                },
            });
            let params = params.as_object_mut().unwrap();
            params.insert("_meta".into(), meta);
        }
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        request.json(&body)
    }
}
