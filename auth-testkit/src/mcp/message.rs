//! JSON-RPC 2.0 messages, one to a body: MCP has had no batches since 2025-06-18.

use auth_core::support::json::{self, Rules};
use http::StatusCode;
use serde_json::{Value, json};

use crate::oauth::reply::{self, Reply};

/// A request, a notification, or a response of the client.
#[derive(Debug)]
pub(super) struct Message {
    /// A string or a number; none: no answer is expected.
    pub(super) id: Option<Value>,
    /// Empty in a response.
    pub(super) method: String,
    pub(super) params: Value,
}

/// The `error` of a response.
#[derive(Debug)]
pub(super) struct RpcError {
    code: i32,
    message: &'static str,
    data: Option<Value>,
}

impl Message {
    /// # Errors
    ///
    /// `-32700` when the body is not JSON, `-32600` when it is not a message.
    pub(super) fn read(body: &[u8]) -> Result<Self, RpcError> {
        let parsed = json::value(body, Rules::STRICT);
        let mut body = parsed.map_err(|_| RpcError::new(-32700, "the body is not JSON"))?;
        let not_a_message = || RpcError::new(-32600, "the body is not one JSON-RPC 2.0 message");
        if body["jsonrpc"] != "2.0" {
            return Err(not_a_message());
        }
        let is_response = body.get("result").is_some() || body.get("error").is_some();
        let id = match body["id"].take() {
            Value::Null => None,
            id @ (Value::String(_) | Value::Number(_)) => Some(id),
            _ => return Err(not_a_message()),
        };
        match body["method"].take() {
            Value::String(method) if !is_response => Ok(Self {
                id,
                method,
                params: body["params"].take(),
            }),
            Value::Null if is_response => Ok(Self {
                id: None,
                method: String::new(),
                params: Value::Null,
            }),
            _ => Err(not_a_message()),
        }
    }

    /// The tool that `tools/call` names.
    pub(super) fn tool(&self) -> Option<&str> {
        let is_call = self.method == "tools/call";
        self.params["name"].as_str().filter(|_| is_call)
    }
}

impl RpcError {
    pub(super) fn new(code: i32, message: &'static str) -> Self {
        Self {
            code,
            message,
            data: None,
        }
    }

    pub(super) fn method_not_found() -> Self {
        Self::new(-32601, "method not found")
    }

    pub(super) fn is_method_not_found(&self) -> bool {
        self.code == -32601
    }

    pub(super) fn with_data(mut self, data: Value) -> Self {
        self.data = Some(data);
        self
    }
}

pub(super) fn result(id: &Value, result: &Value) -> Reply {
    let body = json!({ "jsonrpc": "2.0", "id": id, "result": result });
    reply::json(StatusCode::OK, &body)
}

/// An error; without an id when the request's is not known, as the schema of MCP allows no null.
pub(super) fn refusal(status: StatusCode, id: Option<&Value>, error: &RpcError) -> Reply {
    let mut body = json!({
        "jsonrpc": "2.0",
        "error": { "code": error.code, "message": error.message },
    });
    if let Some(id) = id {
        body["id"] = id.clone();
    }
    if let Some(data) = &error.data {
        body["error"]["data"] = data.clone();
    }
    reply::json(status, &body)
}
