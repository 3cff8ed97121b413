//! The two tools, and the scopes that they need: `echo` what every request needs, and `write` one scope more, so that
//! a client has to ask for it when it calls the tool.

use serde_json::{Value, json};

use super::message::{Message, RpcError};
use crate::settings::Settings;

const ECHO: &str = "echo";
const WRITE: &str = "write";

/// The scopes that a message needs.
pub(super) fn scopes_of<'a>(settings: &'a Settings, message: &Message) -> Vec<&'a str> {
    let mut scopes = base_scopes(settings);
    if message.tool() == Some(WRITE) {
        scopes.extend(settings.scopes.get(1).map(String::as_str));
    }
    scopes
}

/// The scopes that every request needs: the first one of the resource.
pub(super) fn base_scopes(settings: &Settings) -> Vec<&str> {
    settings
        .scopes
        .first()
        .map(String::as_str)
        .into_iter()
        .collect()
}

/// The result of `tools/list`.
pub(super) fn list() -> Value {
    let schema = json!({
        "type": "object",
        "properties": { "text": { "type": "string" } },
        "required": ["text"],
    });
    json!({ "tools": [
        {
            "name": ECHO,
            "description": "Returns its text. Needs the scope that every request needs",
            "inputSchema": schema,
            "annotations": { "readOnlyHint": true },
        },
        {
            "name": WRITE,
            "description": "Returns how many characters it was sent. Needs the second scope of the resource, too",
            "inputSchema": schema,
            "annotations": { "readOnlyHint": false, "destructiveHint": false },
        },
    ] })
}

/// The result of `tools/call`.
///
/// # Errors
///
/// `-32602` when there is no such tool, or its text is missing.
pub(super) fn call(params: &Value) -> Result<Value, RpcError> {
    let missing = || RpcError::new(-32602, "the argument text is missing, or no string");
    let text = || params["arguments"]["text"].as_str().ok_or_else(missing);
    let answer = match params["name"].as_str() {
        Some(ECHO) => text()?.to_owned(),
        Some(WRITE) => format!("{} characters", text()?.chars().count()),
        _ => {
            return Err(RpcError::new(
                -32602,
                "there is no such tool; there are echo and write",
            ));
        }
    };
    Ok(json!({ "content": [{ "type": "text", "text": answer }], "isError": false }))
}
