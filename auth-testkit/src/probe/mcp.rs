//! The requests of MCP that probes send, in both generations of the protocol.

use http::Method;
use serde_json::{Value, json};

use super::http::{Call, HttpReply};
use super::outcome::{CheckResult, failed, not_applicable};
use super::server::Server;
use crate::mcp::{METHOD_HEADER, NAME_HEADER, Protocol, VERSION_HEADER, VERSION_META};

impl Protocol {
    /// The first request of a client.
    pub(super) fn first(self, server: &Server) -> Call {
        match self {
            Self::Stateful => {
                let params = json!({
                    "protocolVersion": self.version(),
                    "capabilities": {},
                    "clientInfo": { "name": "mock-scalekit-probe", "version": "1" },
                });
                server.post(&message("initialize", &params).to_string())
            }
            Self::Stateless => self.request(server, "server/discover", json!({})),
        }
    }

    /// A request of any method, in no session.
    pub(super) fn request(self, server: &Server, method: &str, mut params: Value) -> Call {
        if self == Self::Stateful {
            return server
                .post(&message(method, &params).to_string())
                .header(VERSION_HEADER, self.version());
        }
        params["_meta"] = json!({
            (VERSION_META): self.version(),
            "io.modelcontextprotocol/clientInfo": { "name": "mock-scalekit-probe", "version": "1" },
            "io.modelcontextprotocol/clientCapabilities": {},
        });
        let call = server
            .post(&message(method, &params).to_string())
            .header(VERSION_HEADER, self.version())
            .header(METHOD_HEADER, method);
        match params["name"].as_str() {
            Some(name) => call.header(NAME_HEADER, name),
            None => call,
        }
    }
}

pub(super) fn message(method: &str, params: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params })
}

/// What has to be sent along so that requests belong together.
#[derive(Debug, Clone)]
pub(super) struct Session {
    protocol: Protocol,
    /// None: the server keeps no session, or the protocol has none.
    pub(super) id: Option<String>,
}

impl Session {
    /// No session: for a first request.
    pub(super) fn none(server: &Server) -> Self {
        Self {
            protocol: server.protocol,
            id: None,
        }
    }

    /// Begins one with this token, which is good.
    pub(super) async fn begin(server: &Server, token: &str) -> CheckResult<Self> {
        let protocol = server.protocol;
        if protocol == Protocol::Stateless {
            return Ok(Self::none(server));
        }
        let answer = server.send(&protocol.first(server).bearer(token)).await?;
        if !answer.is_success() {
            return failed(format!("initialize with a valid token: {}", answer.status));
        }
        let id = answer.value("mcp-session-id").map(str::to_owned);
        let session = Self { protocol, id };
        let ready = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
        let ready = session.with_headers(server.post(&ready.to_string()));
        server.send(&ready.bearer(token)).await?;
        Ok(session)
    }

    /// The id of a session that can be used by another.
    pub(super) fn need_id(&self) -> CheckResult<&str> {
        match &self.id {
            Some(id) => Ok(id),
            None => not_applicable("the server keeps no sessions"),
        }
    }

    pub(super) fn request(&self, server: &Server, method: &str, params: Value) -> Call {
        self.with_headers(self.protocol.request(server, method, params))
    }

    pub(super) fn call(&self, server: &Server, tool: &str, arguments: &Value) -> Call {
        let params = json!({ "name": tool, "arguments": arguments });
        self.request(server, "tools/call", params)
    }

    /// A request without a body: `GET` for the stream, `DELETE` for the end.
    pub(super) fn bare(&self, server: &Server, method: Method) -> Call {
        let mut call = server.post("").method(method);
        let json = call.headers.remove("content-type");
        debug_assert!(json.is_some(), "posts are JSON");
        self.with_headers(call)
            .header("accept", "text/event-stream")
            .header(VERSION_HEADER, self.protocol.version())
    }

    fn with_headers(&self, call: Call) -> Call {
        match &self.id {
            Some(id) => call
                .header("mcp-session-id", id)
                .header(VERSION_HEADER, self.protocol.version()),
            None => call,
        }
    }
}

/// A tool that a caller sees.
#[derive(Debug)]
pub(super) struct Listed {
    pub(super) name: String,
    /// Of its arguments.
    pub(super) schema: Value,
    /// Whether it says that it only reads, or destroys nothing.
    pub(super) is_harmless: bool,
}

pub(super) fn tools(answer: &HttpReply) -> Vec<Listed> {
    let message = answer.message().unwrap_or_default();
    let tools = message["result"]["tools"].as_array();
    let tools = tools.into_iter().flatten().filter_map(|tool| {
        let hints = &tool["annotations"];
        Some(Listed {
            name: tool["name"].as_str()?.to_owned(),
            schema: tool["inputSchema"].clone(),
            is_harmless: hints["readOnlyHint"] == true || hints["destructiveHint"] == false,
        })
    });
    tools.collect()
}

/// The text that a tool answered with; none when it was not called, or refused.
pub(super) fn text(answer: &HttpReply) -> Option<String> {
    let message = answer.message().filter(|_| answer.is_success())?;
    let result = message.get("result")?;
    if result["isError"] == true {
        return None;
    }
    let content = result["content"].as_array()?;
    let texts = content.iter().filter_map(|part| part["text"].as_str());
    Some(texts.collect())
}
