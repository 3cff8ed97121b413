//! What the terminal shows: results on stdout, the progress on stderr.

use std::io::{self, Write as _};

use rmcp::model::{CallToolResult, Tool};

use crate::{
    error::ClientError,
    events::{Exchange, Granted, Identity, Progress},
    redact,
};

/// Prints a result. A closed pipe must not cause a panic.
pub fn out(text: &str) {
    let _ = writeln!(io::stdout().lock(), "{text}");
}

/// Prints a message on stderr.
pub fn note(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Prints an error on stderr: a sentence, or with `json` its parts as one object.
pub fn error(error: &ClientError, json: bool) {
    match json {
        false => note(&format!("error: {error}")),
        true => note(&serde_json::json!({ "error": error.report() }).to_string()),
    }
}

/// The line for an event of the login; none for exchanges without `trace`.
#[must_use]
pub fn step(event: &Progress, trace: bool) -> Option<String> {
    Some(match event {
        Progress::StoredTokens { issuer } => {
            format!(
                "tokens     stored ones, issued by {}",
                redact::printable(issuer.as_deref().unwrap_or("an unnamed issuer"))
            )
        }
        Progress::Challenge(challenge) if challenge.is_empty() => {
            "challenge  none: the server only answered that it needs a login".into()
        }
        Progress::Challenge(challenge) => format!("challenge  {challenge}"),
        Progress::Discovery(found) => format!(
            "discovery  issuer {}",
            found
                .issuer
                .as_deref()
                .unwrap_or("without a name, at its old endpoints")
        ),
        Progress::Registration {
            kind,
            client_id,
            redirect_uri,
        } => {
            let kind = match kind {
                Identity::Registered => "registered as",
                Identity::Reused => "registered earlier as",
                Identity::Preregistered => "given as",
                Identity::MetadataDocument => "described at",
            };
            match redirect_uri {
                Some(uri) => format!("client     {kind} {client_id}, answers go to {uri}"),
                None => format!("client     {kind} {client_id}, no person is asked"),
            }
        }
        Progress::Authorization(authorize) if !authorize.by_hand() => {
            format!("approve    {authorize:?}")
        }
        Progress::Authorization(authorize) => format!(
            "approve    open this URL to log in:\n\n  {}\n",
            authorize.url()
        ),
        Progress::BrowserFailed(reason) => {
            format!("browser    did not open ({reason}); copy the URL above into one")
        }
        Progress::Callback { granted: true } => "callback   the login was granted".into(),
        Progress::Callback { granted: false } => "callback   the login was refused".into(),
        Progress::TokenExchange(granted) => format!("tokens     issued: {}", describe(granted)),
        Progress::Refreshed(granted) => format!("tokens     refreshed: {}", describe(granted)),
        Progress::RefreshRefused(error) => format!("tokens     refresh refused: {error}"),
        Progress::LoginAgain(reason) => format!("again      {reason}"),
        Progress::Connected { protocol, server } => {
            format!("connected  {server}, protocol {protocol}")
        }
        Progress::NotKept(reason) => format!("tokens     end with this program: {reason}"),
        Progress::SetAside { path, reason } => format!(
            "tokens     unreadable file kept as {} ({reason})",
            path.display()
        ),
        Progress::Exchange(exchange) if trace => exchange_lines(exchange),
        Progress::Exchange(_) => return None,
    })
}

fn describe(granted: &Granted) -> String {
    let scope = granted.scope.as_deref().map_or_else(
        || "scopes as asked".into(),
        |scope| format!("scopes {}", redact::printable(scope)),
    );
    let life = granted.expires_in.map_or_else(
        || "no expiry named".into(),
        |seconds| format!("valid {seconds} s"),
    );
    let refresh = if granted.refresh_token {
        "can be refreshed"
    } else {
        "cannot be refreshed"
    };
    format!("{scope}, {life}, {refresh}")
}

/// An HTTP exchange, with a line for each part.
#[must_use]
pub fn exchange_lines(exchange: &Exchange) -> String {
    let mut lines = vec![format!("  > {} {}", exchange.method, exchange.url)];
    lines.extend(
        exchange
            .sent
            .iter()
            .map(|(name, value)| format!("  >   {name} = {value}")),
    );
    lines.push(match &exchange.status {
        Ok(status) => format!("  < {status} ({:?})", exchange.step),
        Err(reason) => format!("  < no answer: {reason}"),
    });
    lines.extend(
        exchange
            .headers
            .iter()
            .map(|(name, value)| format!("  <   {name}: {value}")),
    );
    lines.extend(
        exchange
            .received
            .iter()
            .map(|(name, value)| format!("  <   {name} = {value}")),
    );
    lines.join("\n")
}

/// The tools of a server.
#[must_use]
pub fn tools(tools: &[Tool]) -> String {
    if tools.is_empty() {
        return "no tools".into();
    }
    let mut lines = vec!["tools".to_owned()];
    lines.extend(tools.iter().map(|tool| {
        let about = tool.description.as_deref().unwrap_or_default();
        format!(
            "  {:<20} {}",
            redact::printable(&tool.name),
            redact::printable(about)
        )
        .trim_end()
        .to_owned()
    }));
    lines.join("\n")
}

/// The result of a tool, indented under its name.
#[must_use]
pub fn tool_result(name: &str, result: &CallToolResult) -> String {
    let mut text: Vec<String> = result
        .content
        .iter()
        .map(|content| {
            content.as_text().map_or_else(
                || "(content that is not text)".to_owned(),
                |text| pretty(&text.text),
            )
        })
        .collect();
    if text.is_empty()
        && let Some(structured) = &result.structured_content
    {
        text.push(pretty(&structured.to_string()));
    }
    let body = redact::printable_lines(&text.join("\n")).replace('\n', "\n  ");
    format!("{}\n  {body}", redact::printable(name))
}

/// JSON with line breaks; other text unchanged.
fn pretty(text: &str) -> String {
    serde_json::from_str::<serde_json::Value>(text)
        .ok()
        .filter(|value| value.is_object() || value.is_array())
        .and_then(|value| serde_json::to_string_pretty(&value).ok())
        .unwrap_or_else(|| text.to_owned())
}
