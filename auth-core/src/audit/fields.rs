//! The fields of an event, as the log and the audit file write them: each name once.
//!
//! The names are those of OpenTelemetry where it has one ([MCP], [HTTP] and [general] attributes);
//! the others begin with `auth.`.
//!
//! [MCP]: https://opentelemetry.io/docs/specs/semconv/gen-ai/mcp/
//! [HTTP]: https://opentelemetry.io/docs/specs/semconv/registry/attributes/http/
//! [general]: https://opentelemetry.io/docs/specs/semconv/registry/attributes/

use super::AuthEvent;
use crate::operation::{Operation, Primitive};

/// Calls a macro with all fields: a name, and a function of this module that returns its value for
/// an event, if it has one. The value is something that both serde and `tracing` can write.
///
/// To add a field, write its function and one line here, and document it in `JsonLines` and `log`.
macro_rules! audit_fields {
    ($then:ident!($($arguments:tt)*)) => {
        $then! {
            ($($arguments)*)
            "auth.decision" => decision,
            "error.type" => error_type,
            "auth.resource" => resource,
            "http.request.method" => request_method,
            "url.path" => url_path,
            "auth.rejected" => rejected,
            "auth.issuer" => issuer,
            "user.id" => user_id,
            "auth.client_id" => client_id,
            "auth.organization" => organization,
            "mcp.method.name" => mcp_methods,
            "gen_ai.tool.name" => tool_names,
            "gen_ai.prompt.name" => prompt_names,
            "mcp.resource.uri" => resource_uris,
            "auth.batch.size" => batch_size,
            "auth.token.id_hash" => token_id_hash,
            "http.request.header.x-request-id" => request_id,
            "auth.decision.duration" => duration,
            "auth.decision.late" => late,
        }
    };
}
pub(super) use audit_fields;

pub(super) fn decision(event: &AuthEvent) -> Option<&'static str> {
    Some(event.decision.as_str())
}

pub(super) fn error_type(event: &AuthEvent) -> Option<&'static str> {
    event.decision.error_type()
}

pub(super) fn resource(event: &AuthEvent) -> Option<&str> {
    Some(&event.resource)
}

pub(super) fn request_method(event: &AuthEvent) -> Option<&str> {
    Some(event.method.as_str())
}

pub(super) fn url_path(event: &AuthEvent) -> Option<&str> {
    Some(event.path.as_str())
}

pub(super) fn rejected(event: &AuthEvent) -> Option<&str> {
    event.decision.rejected().map(|rejected| rejected.as_str())
}

pub(super) fn issuer(event: &AuthEvent) -> Option<&str> {
    event.token.as_ref().map(|token| token.issuer())
}

pub(super) fn user_id(event: &AuthEvent) -> Option<&str> {
    event.token.as_ref().map(|token| token.subject())
}

pub(super) fn client_id(event: &AuthEvent) -> Option<&str> {
    event.token.as_ref()?.client_id()
}

pub(super) fn organization(event: &AuthEvent) -> Option<&str> {
    event.token.as_ref()?.organization()
}

pub(super) fn mcp_methods(event: &AuthEvent) -> Option<String> {
    joined(event, |operation| Some(operation.method()))
}

pub(super) fn tool_names(event: &AuthEvent) -> Option<String> {
    names(event, |primitive| primitive == Primitive::Tool)
}

pub(super) fn prompt_names(event: &AuthEvent) -> Option<String> {
    names(event, |primitive| primitive == Primitive::Prompt)
}

pub(super) fn resource_uris(event: &AuthEvent) -> Option<String> {
    names(event, Primitive::is_named_by_uri)
}

/// For a batch alone. Without it, a comma in a name belongs to the name.
pub(super) fn batch_size(event: &AuthEvent) -> Option<u64> {
    let size = event.operations.len();
    (size > 1).then(|| u64::try_from(size).unwrap_or(u64::MAX))
}

pub(super) fn token_id_hash(event: &AuthEvent) -> Option<String> {
    event.token_id_hash()
}

pub(super) fn request_id(event: &AuthEvent) -> Option<&str> {
    event.request_id.as_deref()
}

/// In seconds, as OpenTelemetry has all durations.
pub(super) fn duration(event: &AuthEvent) -> Option<f64> {
    Some(event.latency.as_secs_f64())
}

pub(super) fn late(event: &AuthEvent) -> Option<bool> {
    event.late.then_some(true)
}

fn names(event: &AuthEvent, is_wanted: impl Fn(Primitive) -> bool) -> Option<String> {
    joined(event, |operation| {
        let name = operation.name()?;
        operation
            .primitive()
            .is_some_and(&is_wanted)
            .then_some(name)
    })
}

/// Those of all operations, separated by commas; `None` when there are none.
fn joined<'a>(
    event: &'a AuthEvent,
    part: impl Fn(&'a Operation) -> Option<&'a str>,
) -> Option<String> {
    let parts: Vec<_> = event.operations.iter().filter_map(part).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}
