//! The scopes that are enabled for the MCP server, compared with those that this server requires and advertises.

use crate::diagnose::report::{Check, Finding, format};
use crate::diagnose::subject::Subject;
use crate::management::Resource;

const ENABLE: &str =
    "enable each for the MCP server in the Scalekit dashboard (MCP Servers > Scopes)";

pub(super) fn check(subject: &Subject<'_>, resource: &Resource) -> Finding {
    let check = Check::ResourceScopes;
    let is_enabled = |name: &str| {
        let mut scopes = resource.scopes.iter();
        scopes.any(|scope| scope.enabled && scope.name == name)
    };
    let is_known = |name: &str| resource.scopes.iter().any(|scope| scope.name == name);
    let enabled = resource.scopes.iter().filter(|scope| scope.enabled);
    let enabled = format::list(enabled.map(|scope| scope.name.as_str()));
    let lacking = |scopes: &'_ auth_core::token::Scopes| -> Vec<String> {
        let scopes = scopes.iter().map(|scope| scope.as_str());
        scopes
            .filter(|scope| !is_enabled(scope))
            .map(Into::into)
            .collect()
    };
    let names = |scopes: &[String]| format::list(scopes.iter().map(String::as_str));
    let missing = lacking(subject.required_scopes);
    if !missing.is_empty() {
        let unknown: Vec<_> = missing
            .iter()
            .filter(|name| !is_known(name))
            .cloned()
            .collect();
        let create = match unknown.is_empty() {
            true => String::new(),
            false => format!(
                "create {} as a permission (Authorization > Permissions), then ",
                names(&unknown)
            ),
        };
        return check.failure(
            "not-enabled",
            format!(
                "the required {} can never be granted, since it is not enabled for the MCP \
                 server; enabled: {enabled}",
                names(&missing)
            ),
            format!("{create}{ENABLE}, or take it out of SCALEKIT_REQUIRED_SCOPES"),
        );
    }
    let missing = lacking(subject.advertised_scopes);
    if !missing.is_empty() {
        return check.warning(
            "advertised",
            format!(
                "this server advertises {}, which clients ask for and do not get, since it is not \
                 enabled; enabled: {enabled}",
                names(&missing)
            ),
            format!("{ENABLE}, or take it out of scopes_supported of ScalekitBuilder"),
        );
    }
    check.ok(format!("enabled: {enabled}"))
}
