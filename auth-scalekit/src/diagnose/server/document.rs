//! The contents of the server's protected resource metadata.

use super::names::{RESTART, differ_in_loopback_name, same_name};
use crate::diagnose::http::{Document, text, texts};
use crate::diagnose::report::{Check, Finding, format};
use crate::diagnose::subject::Subject;

/// `resource` equals the URL that clients call, byte for byte
/// ([RFC 9728 section 3.3](https://www.rfc-editor.org/rfc/rfc9728#section-3.3)).
pub(super) fn resource(subject: &Subject<'_>, document: &Document) -> Finding {
    let check = Check::ServerResource;
    let expected = subject.mcp_url.as_str();
    match text(document, "resource") {
        Some(resource) if resource == expected => {
            check.ok(format!("the server calls itself {expected}"))
        }
        Some(resource) => {
            let code = if differ_in_loopback_name(resource, expected) {
                "loopback-name"
            } else if resource.trim_end_matches('/') == expected {
                "trailing-slash"
            } else {
                "another-resource"
            };
            let what = format!(
                "the metadata names the resource {}, but clients use {expected}",
                format::quoted(resource)
            );
            check.failure(code, what, same_name(resource, subject))
        }
        None => check.failure("missing", "the metadata has no resource", RESTART),
    }
}

pub(super) fn authorization_servers(subject: &Subject<'_>, document: &Document) -> Finding {
    let check = Check::ServerAuthorizationServers;
    let expected = subject.authorization_server;
    let named = || texts(document, "authorization_servers");
    if named().any(|server| server == expected) {
        return check.ok(format!("clients are sent to {expected}"));
    }
    let what = format!(
        "clients are sent to {}, not to {expected}",
        format::list(named())
    );
    if named().any(|server| server == subject.environment.as_str()) {
        return check.warning(
            "environment",
            what,
            format!("{RESTART}: tokens of the environment itself may lack the resource id in aud"),
        );
    }
    let fix =
        format!("{RESTART}: it runs with another SCALEKIT_ENVIRONMENT_URL or SCALEKIT_RESOURCE_ID");
    check.failure("another-issuer", what, fix)
}
