//! The metadata document that Scalekit proposes for the MCP server, compared with that of this server.

use auth_core::support::json::{self, RawJson};

use crate::diagnose::report::{Check, Finding, format};
use crate::diagnose::subject::Subject;
use crate::management::Resource;

/// The longest string that is compared, in bytes.
const MAX_TEXT: usize = 2048;

pub(super) fn check(subject: &Subject<'_>, resource: &Resource) -> Finding {
    let check = Check::ResourceMetadata;
    let Some(document) = &resource.protected_metadata else {
        return check.skipped(
            "missing",
            "not checked: the API shows no metadata document of the MCP server",
        );
    };
    let members = json::members(document.as_str(), ["resource", "authorization_servers"]);
    let [name, servers] = members.unwrap_or_default();
    let name = name.and_then(text);
    let servers: Vec<_> = servers
        .and_then(RawJson::items)
        .into_iter()
        .flatten()
        .filter_map(text)
        .collect();
    let (ours, server) = (subject.mcp_url.as_str(), subject.authorization_server);
    let names_us = name.as_deref().is_some_and(|name| name == ours);
    let names_server = servers.iter().any(|known| known == server);
    if names_us && names_server {
        return check.ok(
            "the document that Scalekit proposes names this server and its authorization server",
        );
    }
    if !names_server {
        let theirs = format::list(servers.iter().map(String::as_str));
        return check.warning(
            "another-issuer",
            format!(
                "Scalekit's document sends clients to {theirs}, that of this server to {server}"
            ),
            format!(
                "set SCALEKIT_ENVIRONMENT_URL to the URL that is the beginning of {theirs}: the \
                 environment may have a custom domain (Scalekit dashboard, Developers > \
                 Settings)"
            ),
        );
    }
    check.warning(
        "another-resource",
        format!(
            "Scalekit's document is about the resource {}, that of this server about {ours}",
            format::quoted(name.as_deref().unwrap_or_default())
        ),
        format!(
            "set the Server URL of the MCP server in the Scalekit dashboard (MCP Servers) to \
             {ours}"
        ),
    )
}

fn text(value: RawJson<'_>) -> Option<String> {
    Some(value.string()?.at_most(MAX_TEXT)?.into_owned())
}
