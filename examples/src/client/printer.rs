//! Results, for people or for programs.

use rmcp::model::{CallToolResult, Tool};
use serde::Serialize;
use serde_json::{Value, json};

use super::{claims, record::Record, redact, ui};

/// How results are printed.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Printer {
    Text,
    Json,
}

impl Printer {
    pub(crate) const fn new(json: bool) -> Self {
        match json {
            true => Self::Json,
            false => Self::Text,
        }
    }

    pub(crate) fn tools(self, offered: &[Tool]) {
        match self {
            Self::Text => ui::out(&ui::tools(offered)),
            Self::Json => print(offered),
        }
    }

    pub(crate) fn tool_result(self, tool: &str, result: &CallToolResult) {
        match self {
            Self::Text => ui::out(&ui::tool_result(tool, result)),
            Self::Json => print(result),
        }
    }

    pub(crate) fn record(self, record: &Record, show: fn(&Record) -> String) {
        match self {
            Self::Text => ui::out(&show(record)),
            Self::Json => print(&without_secrets(record)),
        }
    }

    pub(crate) fn records(self, records: &[Record], show: fn(&Record) -> String) {
        match self {
            Self::Text => records.iter().for_each(|record| ui::out(&show(record))),
            Self::Json => print(&records.iter().map(without_secrets).collect::<Vec<_>>()),
        }
    }
}

fn print(value: &(impl Serialize + ?Sized)) {
    match serde_json::to_string(value) {
        Ok(text) => ui::out(&text),
        Err(error) => ui::note(&format!("cannot print this as JSON: {error}")),
    }
}

/// Times are in Unix seconds. The claims were decoded and not verified.
fn without_secrets(record: &Record) -> Value {
    let tokens = record.tokens();
    let credentials = record.credentials.as_ref();
    let expires_at = tokens.as_ref().and_then(|tokens| {
        let received = credentials?.token_received_at?;
        Some(received.saturating_add(tokens.expires_in?))
    });
    let claims = tokens.as_ref().and_then(|tokens| {
        let mut claims = claims::decode(&tokens.access_token)?;
        claims.retain(|name, _| !redact::is_secret(name));
        Some(claims)
    });
    json!({
        "server": record.server,
        "issuer": credentials.and_then(|known| known.issuer.as_deref()),
        "client_id": credentials.map(|known| &known.client_id),
        "scopes": credentials.map(|known| &known.granted_scopes),
        "expires_at": expires_at,
        "refreshable": tokens.as_ref().is_some_and(|tokens| tokens.refresh_token.is_some()),
        "claims": claims,
    })
}
