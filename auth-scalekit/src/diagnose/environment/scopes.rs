//! The required scopes compared with those that the authorization server offers.

use crate::diagnose::http::{Document, texts};
use crate::diagnose::report::{Check, Finding, format};
use crate::diagnose::subject::Subject;

/// `scopes_supported` of [RFC 8414 section 2](https://www.rfc-editor.org/rfc/rfc8414#section-2)
/// must contain the required scopes.
pub(crate) fn check(subject: &Subject<'_>, document: &Document) -> Finding {
    let required = subject.required_scopes;
    if required.is_empty() {
        return Check::Scopes.ok("no scope is required of every caller");
    }
    let listed = || texts(document, "scopes_supported");
    let missing: Vec<_> = required
        .iter()
        .map(|scope| scope.as_str())
        .filter(|scope| !listed().any(|listed| listed == *scope))
        .collect();
    if missing.is_empty() {
        return Check::Scopes.ok(format!("the required scopes are offered: {required}"));
    }
    Check::Scopes.warning(
        "not-offered",
        format!(
            "the authorization server does not offer the required {}; it offers {}",
            format::list(missing),
            format::list(listed())
        ),
        "create each as a permission (Authorization > Permissions) and enable it for the MCP server in \
         the Scalekit dashboard, or take it out of SCALEKIT_REQUIRED_SCOPES",
    )
}
