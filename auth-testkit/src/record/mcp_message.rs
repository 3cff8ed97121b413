//! What is kept of a message to the MCP server, beside its method: enough to see in which version a client speaks and
//! which tool it calls, and no arguments.

use auth_core::support::json::{self, Rules};
use http::Request;
use serde_json::Value;

use crate::mcp::VERSION_HEADER;

/// A longer value is not kept: it comes from the client.
const MAX_LENGTH: usize = 100;

/// The parameters `tool` (of `tools/call`) and `protocol_version`: what `initialize` offers, else the header
/// `MCP-Protocol-Version`.
pub(super) fn parameters(request: &Request<Vec<u8>>) -> Vec<(String, Option<String>)> {
    let message = json::value(request.body(), Rules::STRICT).unwrap_or_default();
    let params = &message["params"];
    let header = request.headers().get(VERSION_HEADER);
    let header = header.and_then(|value| value.to_str().ok());
    let tool = params["name"]
        .as_str()
        .filter(|_| message["method"] == "tools/call");
    let version = match &message["method"] {
        Value::String(method) if method == "initialize" => params["protocolVersion"].as_str(),
        _ => header,
    };
    let found = [("tool", tool), ("protocol_version", version)].into_iter();
    let found = found.filter_map(|(name, value)| Some((name.to_owned(), value?)));
    found
        .map(|(name, value)| (name, (value.len() <= MAX_LENGTH).then(|| value.to_owned())))
        .collect()
}
