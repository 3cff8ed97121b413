//! MCP requests to one process, and its event streams.

use reqwest::{Client, RequestBuilder, Response};
use serde_json::{Value, json};

/// Calls a tool; returns the status.
pub(crate) async fn call(url: &str, token: &str, tool: &str) -> u16 {
    let arguments = match tool {
        "deploy" => json!({ "project": "apollo", "environment": "staging" }),
        _ => json!({}),
    };
    let params = json!({
        "name": tool,
        "arguments": arguments,
        "_meta": {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientInfo": { "name": "test", "version": "1" },
            "io.modelcontextprotocol/clientCapabilities": {},
        },
    });
    let request = request(url, token, "2026-07-28", &message("tools/call", &params))
        .header("mcp-method", "tools/call")
        .header("mcp-name", tool);
    request.send().await.unwrap().status().as_u16()
}

fn message(method: &str, params: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params })
}

fn request(url: &str, token: &str, version: &str, body: &Value) -> RequestBuilder {
    Client::new()
        .post(url)
        .bearer_auth(token)
        .header("accept", "application/json, text/event-stream")
        .header("mcp-protocol-version", version)
        .json(body)
}

/// Opens the event stream of an MCP session, of the last protocol version that has it.
pub(crate) async fn open_stream(url: &str, token: &str) -> Response {
    const VERSION: &str = "2025-11-25";
    let params = json!({
        "protocolVersion": VERSION,
        "capabilities": {},
        "clientInfo": { "name": "test", "version": "1" },
    });
    let begun = request(url, token, VERSION, &message("initialize", &params));
    let begun = begun.send().await.unwrap();
    assert_eq!(begun.status(), 200);
    let session = begun.headers()["mcp-session-id"].clone();
    // To its end: the response comes with an event stream.
    begun.text().await.unwrap();
    let initialized = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
    let initialized = request(url, token, VERSION, &initialized).header("mcp-session-id", &session);
    assert_eq!(initialized.send().await.unwrap().status(), 202);
    let stream = Client::new()
        .get(url)
        .bearer_auth(token)
        .header("accept", "text/event-stream")
        .header("mcp-protocol-version", VERSION)
        .header("mcp-session-id", session);
    let stream = stream.send().await.unwrap();
    assert_eq!(stream.status(), 200);
    stream
}

/// Reads a stream to its end.
pub(crate) async fn read_to_the_end(mut stream: Response) {
    // A connection that is cut is an end, too.
    while let Ok(Some(_)) = stream.chunk().await {}
}
