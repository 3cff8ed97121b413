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
use crate::wire::Refusal;

/// Calls a macro with all fields: a name, and a function of this module that returns its value for
/// an event, if it has one. The value is something that both serde and `tracing` can write.
///
/// To add a field, write its function and one line here, and its row in the documentation of
/// `audit`, in the same order.
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
            "mcp.method.name" => mcp_method,
            "gen_ai.tool.name" => tool_name,
            "gen_ai.prompt.name" => prompt_name,
            "mcp.resource.uri" => resource_uri,
            "auth.batch" => batch,
            "auth.policies" => policies,
            "auth.dry_run" => dry_run,
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

pub(super) fn mcp_method(event: &AuthEvent) -> Option<String> {
    single(event).map(|operation| escaped(operation.method()))
}

pub(super) fn tool_name(event: &AuthEvent) -> Option<String> {
    name(event, |primitive| primitive == Primitive::Tool)
}

pub(super) fn prompt_name(event: &AuthEvent) -> Option<String> {
    name(event, |primitive| primitive == Primitive::Prompt)
}

pub(super) fn resource_uri(event: &AuthEvent) -> Option<String> {
    name(event, Primitive::is_named_by_uri)
}

/// The operations of a batch, each with its method and its quoted name: a list of names alone could
/// be read in several ways, and the sender chooses the names.
pub(super) fn batch(event: &AuthEvent) -> Option<String> {
    let operations = event.operations.iter().map(ToString::to_string);
    (event.operations.len() > 1).then(|| operations.collect::<Vec<_>>().join(", "))
}

/// The names come from configuration.
pub(super) fn policies(event: &AuthEvent) -> Option<String> {
    (!event.policies.is_empty()).then(|| event.policies.join(", "))
}

pub(super) fn dry_run(event: &AuthEvent) -> Option<&'static str> {
    event.dry_run.as_ref().map(Refusal::as_str)
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

/// The operation of a request that is not a batch.
fn single(event: &AuthEvent) -> Option<&Operation> {
    match event.operations.as_slice() {
        [operation] => Some(operation),
        _ => None,
    }
}

fn name(event: &AuthEvent, is_wanted: impl Fn(Primitive) -> bool) -> Option<String> {
    let operation = single(event)?;
    let is_wanted = operation.primitive().is_some_and(is_wanted);
    operation.name().filter(|_| is_wanted).map(escaped)
}

/// Without characters that change how a line is shown: control characters, and those that reverse
/// the direction of writing.
fn escaped(part: &str) -> String {
    part.escape_debug().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::tests::admitted;

    #[test]
    fn what_the_sender_chose_is_escaped_and_unambiguous() {
        let named = |names: &[&str]| AuthEvent {
            operations: names.iter().map(Operation::tool).collect(),
            ..admitted()
        };
        for (names, tool, in_batch) in [
            (&["add"][..], Some("add"), None),
            (&["a, b"], Some("a, b"), None),
            (&["\u{202e}\u{9b}\n"], Some("\\u{202e}\\u{9b}\\n"), None),
            (
                &["x", "y, z"],
                None,
                Some(r#"tools/call "x", tools/call "y, z""#),
            ),
            (
                &["x, y", "z"],
                None,
                Some(r#"tools/call "x, y", tools/call "z""#),
            ),
            (
                &["a\"", "\u{202e}"],
                None,
                Some(r#"tools/call "a\"", tools/call "\u{202e}""#),
            ),
        ] {
            let event = named(names);
            assert_eq!(tool_name(&event).as_deref(), tool, "{names:?}");
            assert_eq!(batch(&event).as_deref(), in_batch, "{names:?}");
            let method = tool.map(|_| "tools/call");
            assert_eq!(mcp_method(&event).as_deref(), method, "{names:?}");
        }
    }
}
