//! Results, for people or for programs.

use rmcp::model::{CallToolResult, Tool};
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    terminal,
    token_report::{self, Secrets},
};
use crate::{jwt, login::LoggedOut, redact, store::Record};

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
            Self::Text => terminal::out(&terminal::tools(offered)),
            Self::Json => print(offered),
        }
    }

    pub(crate) fn tool_result(self, tool: &str, result: &CallToolResult) {
        match self {
            Self::Text => terminal::out(&terminal::tool_result(tool, result)),
            Self::Json => print(result),
        }
    }

    pub(crate) fn list(self, records: &[Record]) {
        self.records(records, token_report::summary, Secrets::Hidden);
    }

    pub(crate) fn details(self, records: &[Record], secrets: Secrets) {
        self.records(
            records,
            |record| token_report::details(record, secrets),
            secrets,
        );
    }

    fn records(self, records: &[Record], show: impl Fn(&Record) -> String, secrets: Secrets) {
        match self {
            Self::Text => records
                .iter()
                .for_each(|record| terminal::out(&show(record))),
            Self::Json => {
                let shown = records.iter().map(|record| object(record, secrets));
                print(&shown.collect::<Vec<_>>());
            }
        }
    }

    pub(crate) fn logged_in(self, record: &Record) {
        match self {
            Self::Text => terminal::out(&token_report::summary(record)),
            Self::Json => print(&object(record, Secrets::Hidden)),
        }
    }

    pub(crate) fn logged_out(self, ended: &[LoggedOut]) {
        // For people it is all on stderr.
        if let Self::Json = self {
            let shown = ended.iter().map(|each| match each {
                LoggedOut::Revoked { issuer } => json!({ "issuer": issuer, "revoked": true }),
                LoggedOut::Forgotten { issuer, reason } => {
                    json!({ "issuer": issuer, "revoked": false, "reason": reason })
                }
            });
            print(&shown.collect::<Vec<_>>());
        }
    }
}

fn print(value: &(impl Serialize + ?Sized)) {
    match serde_json::to_string(value) {
        Ok(text) => terminal::out(&text),
        Err(error) => terminal::note(&format!("cannot print this as JSON: {error}")),
    }
}

/// Times are in Unix seconds. The claims were decoded and not verified.
fn object(record: &Record, secrets: Secrets) -> Value {
    let found = record.tokens();
    let credentials = record.credentials.as_ref();
    let expires_at = found.as_ref().and_then(|tokens| {
        let received = credentials?.token_received_at?;
        Some(received.saturating_add(tokens.expires_in?))
    });
    let claims = found.as_ref().and_then(|tokens| {
        let mut claims = jwt::unverified_claims(&tokens.access_token)?;
        claims.retain(|name, _| !redact::is_secret(name));
        Some(claims)
    });
    let mut object = json!({
        "server": record.server,
        "issuer": record.issuer,
        "client_id": credentials.map(|known| &known.client_id),
        "scopes": credentials.map(|known| &known.granted_scopes),
        "expires_at": expires_at,
        "refreshable": found.as_ref().is_some_and(|tokens| tokens.refresh_token.is_some()),
        "claims": claims,
    });
    if let (Secrets::Revealed, Some(members)) = (secrets, object.as_object_mut()) {
        let revealed = token_report::revealed(record).into_iter();
        members.extend(revealed.map(|(name, secret)| (name.to_owned(), secret.into())));
    }
    object
}
