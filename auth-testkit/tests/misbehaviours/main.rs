//! What a misbehaving issuer or MCP server does wrong over real HTTP, and that it does the rest right: each row beside
//! the same request to one that does not misbehave.

// A test reports a wrong assumption by panicking, in shared functions too.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice
)]

#[path = "../support/mod.rs"]
mod support;

mod authorization;
mod catalogue;
mod challenges;
mod clients;
mod issuer_metadata;
mod lifecycle;
mod refreshes;
mod registration;
mod resource_metadata;
mod token_responses;

use auth_testkit::MockScalekit;
use auth_testkit::settings::Misbehaviour;
use reqwest::RequestBuilder;
use serde_json::{Value, json};

use support::http;

/// An issuer with its MCP server; none: the control, which does nothing wrong.
async fn served(misbehaviour: Option<Misbehaviour>) -> MockScalekit {
    let mut builder = MockScalekit::builder().mcp_server();
    if let Some(misbehaviour) = misbehaviour {
        builder = builder.misbehave(misbehaviour);
    }
    builder.start().await
}

/// The control with one member changed, or left out.
fn changed(mut control: Value, member: &str, value: Option<Value>) -> Value {
    match value {
        Some(value) => control[member] = value,
        None => {
            let removed = control.as_object_mut().unwrap().remove(member);
            assert!(removed.is_some(), "the control has no {member}");
        }
    }
    control
}

/// A message to the MCP server.
fn post(scalekit: &MockScalekit, token: &str, method: &str, params: &Value) -> RequestBuilder {
    let body = json!({ "jsonrpc": "2.0", "id": 7, "method": method, "params": params });
    let url = scalekit.mcp_url().unwrap();
    http().post(url).bearer_auth(token).json(&body)
}

/// The message as 2026-07-28 has it.
fn post_stateless(scalekit: &MockScalekit, token: &str, method: &str) -> RequestBuilder {
    let version = "2026-07-28";
    let meta = json!({ "io.modelcontextprotocol/protocolVersion": version });
    post(scalekit, token, method, &json!({ "_meta": meta }))
        .header("mcp-protocol-version", version)
        .header("mcp-method", method)
}

fn call(scalekit: &MockScalekit, token: &str, tool: &str) -> RequestBuilder {
    let params = json!({ "name": tool, "arguments": { "text": "a" } });
    post(scalekit, token, "tools/call", &params)
}
