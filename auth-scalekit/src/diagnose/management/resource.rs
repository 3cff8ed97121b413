//! The MCP server in Scalekit: whether it exists, and its URL.

use super::answer::{Problem, reason};
use super::calls::Call;
use super::reader::Reader;
use crate::diagnose::environment::FIND_RESOURCE;
use crate::diagnose::report::{Check, Finding, format};
use crate::diagnose::server::differ_in_loopback_name;
use crate::diagnose::subject::Subject;
use crate::management::{ManagementErrorKind, Resource, ResourceType};

pub(super) fn check(subject: &Subject<'_>, reader: &Reader<'_>) -> Finding {
    let (check, id) = (Check::Resource, subject.resource_id);
    if let Some(resource) = &reader.found.resource {
        return of_type(id, resource.resource_type.as_ref());
    }
    match reader.answer(Call::Resource) {
        Err(Problem::Failed(error)) => match error.kind() {
            ManagementErrorKind::NotFound => check.failure(
                "unknown-resource",
                format!("{} does not know the resource id {id}", subject.environment),
                FIND_RESOURCE,
            ),
            ManagementErrorKind::Unreadable => check.warning(
                "bad-answer",
                format!(
                    "the answer of the API about {id} cannot be used: {}",
                    reason(error)
                ),
                "check that no proxy between this machine and SCALEKIT_ENVIRONMENT_URL changes \
                 replies",
            ),
            _ => Problem::Failed(error.clone()).skip(check),
        },
        Err(problem) => problem.skip(check),
        Ok(()) => Problem::NotMade.skip(check),
    }
}

fn of_type(id: &str, resource_type: Option<&ResourceType>) -> Finding {
    match resource_type {
        Some(ResourceType::McpServer) => Check::Resource.ok(format!("{id} is an MCP server")),
        Some(other) => Check::Resource.failure(
            "not-an-mcp-server",
            format!(
                "{id} is not an MCP server, but of the type {}",
                format::quoted(other.as_str())
            ),
            "copy the id of an MCP server from the Scalekit dashboard (MCP Servers) to \
             SCALEKIT_RESOURCE_ID, or create one there",
        ),
        None => Check::Resource.note(format!("the API does not state the type of {id}")),
    }
}

/// The Server URL of the dashboard is the one by which clients call this server, byte for byte.
pub(super) fn url(subject: &Subject<'_>, resource: &Resource) -> Finding {
    let (check, ours) = (Check::ResourceUrl, subject.mcp_url.as_str());
    let theirs = resource.resource_uri.as_deref().unwrap_or_default();
    if theirs == ours {
        return check.ok(format!("the Server URL is {ours}"));
    }
    let set_there = format!(
        "set the Server URL of the MCP server in the Scalekit dashboard (MCP Servers) to {ours}"
    );
    if theirs.is_empty() {
        let what = "the MCP server has no Server URL, so tokens name it by its id alone";
        return check.warning("no-url", what, set_there);
    }
    let code = if theirs.trim_end_matches('/') == ours.trim_end_matches('/') {
        "trailing-slash"
    } else if differ_in_loopback_name(theirs, ours) {
        "loopback-name"
    } else {
        "another-url"
    };
    let difference = match code {
        "trailing-slash" => "they differ in a slash at the end",
        "loopback-name" => "they are two names of this machine",
        _ => "they are different",
    };
    let what = format!(
        "the Server URL is {}, but SCALEKIT_MCP_URL is {ours}: {difference}",
        format::quoted(theirs)
    );
    let fix = format!(
        "{set_there}, byte for byte, or set SCALEKIT_MCP_URL to the URL by which clients call \
         this server"
    );
    check.failure(code, what, fix)
}
