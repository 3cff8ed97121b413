//! What users decide when they log in, and how many have.

use super::calls::Call;
use super::found::Count;
use super::reader::Reader;
use crate::diagnose::report::{Check, Finding, format};
use crate::diagnose::subject::Subject;
use crate::management::Resource;

pub(super) fn settings(subject: &Subject<'_>, resource: &Resource) -> Finding {
    let check = Check::ResourceConsentSettings;
    let required = subject.required_scopes;
    let names = || format::list(required.iter().map(|scope| scope.as_str()));
    if resource.intersect_scopes_user_permission {
        let lack = match required.is_empty() {
            true => String::new(),
            false => format!(", and is refused without {}", names()),
        };
        return check.warning(
            "within-permissions",
            format!("a user gets only scopes that are also permissions of the user{lack}"),
            "give each user a role with the permissions in the Scalekit dashboard (Authorization \
             > Roles), or turn off there that scopes of the MCP server are limited to permissions \
             of the user (MCP Servers)",
        );
    }
    match (
        resource.resource_scope_selection_allowed,
        required.is_empty(),
    ) {
        (true, false) => check.warning(
            "selection",
            format!("users can deselect scopes, also the required {}", names()),
            "turn off the selection of scopes for the MCP server in the Scalekit dashboard (MCP \
             Servers), or take those that not every call needs out of SCALEKIT_REQUIRED_SCOPES",
        ),
        (true, true) => check.note("users can deselect scopes"),
        (false, _) => check.ok("a user grants all scopes that a client asks for, or none"),
    }
}

pub(super) fn consents(reader: &Reader<'_>) -> Finding {
    let check = Check::ResourceConsents;
    match (reader.found.consents, reader.answer(Call::Consents)) {
        (Some(Count::Exactly(1)), _) => check.ok("1 consent of a user"),
        (Some(Count::Exactly(n)), _) => check.ok(format!("{n} consents of users")),
        (Some(Count::AtLeast(n)), _) => check.ok(format!("{n} consents of users or more")),
        (None, Err(problem)) => problem.skip(check),
        (None, Ok(())) => check.depends_on(Check::Management),
    }
}
