//! Checks the protected resource metadata of an MCP server (RFC 9728).

use serde_json::{Map, Value};
use url::{Position, Url};

use super::document::strings;
use crate::{error::ClientError, redact};

/// The members that a client reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ResourceMetadata {
    /// The identifier of the resource, unchanged.
    pub(super) resource: String,
    /// The issuers, in the order of the document; at least one.
    pub(super) authorization_servers: Vec<String>,
    pub(super) scopes_supported: Vec<String>,
}

/// Whether the object is meant as this document. At a place that was only guessed, any other may be.
pub(super) fn is_meant(object: &Map<String, Value>) -> bool {
    object.contains_key("resource") || object.contains_key("authorization_servers")
}

/// Reads the document at `url`, which has to be that of one of these resources.
///
/// # Errors
///
/// [`ClientError::ResourceMetadata`] with what is wrong. RFC 9728 section 3.3 forbids to use the document then.
pub(super) fn read(
    object: &Map<String, Value>,
    url: &Url,
    resources: &[&Url],
) -> Result<ResourceMetadata, ClientError> {
    let wrong = |reason: String, other: Option<String>| ClientError::ResourceMetadata {
        url: redact::url_without_query(url),
        reason,
        resource: other,
    };
    let resource = match object.get("resource") {
        Some(Value::String(resource)) => resource,
        Some(_) => return Err(wrong("`resource` is not a string".into(), None)),
        None => return Err(wrong("it lacks `resource`".into(), None)),
    };
    if !resources
        .iter()
        .any(|expected| identifies(resource, expected))
    {
        let shown = redact::printable(resource);
        let other = Url::parse(resource).ok().map(|other| redact::url(&other));
        // A user name and a fragment are not shown: without them it may be the URL that was given.
        let other =
            other.filter(|other| resources.iter().all(|known| *other != redact::url(known)));
        return Err(wrong(
            format!("its `resource` is {shown}, which is not the URL of this server"),
            other,
        ));
    }
    let authorization_servers = strings(object, "authorization_servers");
    if authorization_servers.is_empty() {
        return Err(wrong("it names no authorization server".into(), None));
    }
    Ok(ResourceMetadata {
        resource: resource.clone(),
        authorization_servers,
        scopes_supported: strings(object, "scopes_supported"),
    })
}

/// Whether a resource identifier is that of a URL: the same string, but for what RFC 3986 section 6.2.3 makes equal in
/// every URL of http: the case of scheme and host, the default port, and the slash that stands for no path.
fn identifies(resource: &str, url: &Url) -> bool {
    let Ok(parsed) = Url::parse(resource) else {
        return false;
    };
    // A parser resolves dots and drops line breaks, so what follows the host is compared as it was written.
    let written = resource
        .split_once("://")
        .and_then(|(_, rest)| rest.find(['/', '?', '#']).and_then(|at| rest.get(at..)))
        .unwrap_or("/");
    parsed == *url && written == &url[Position::BeforePath..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_is_that_of_one_url_alone() {
        let rows = [
            ("https://a.example/mcp", "https://a.example/mcp", true),
            ("https://a.example/mcp", "HTTPS://A.Example/mcp", true),
            ("https://a.example/mcp", "https://a.example:443/mcp", true),
            ("https://a.example", "https://a.example", true),
            ("https://a.example", "https://a.example/", true),
            (
                "https://a.example/mcp?t=1",
                "https://a.example/mcp?t=1",
                true,
            ),
            ("https://a.example/mcp", "https://a.example/mcp?t=1", false),
            ("https://a.example/mcp?t=1", "https://a.example/mcp", false),
            ("https://a.example/mcp", "https://a.example/mcp?", false),
            ("https://a.example/mcp", "https://a.example/mcp/", false),
            ("https://a.example/mcp/", "https://a.example/mcp", false),
            ("https://a.example/mcp", "https://a.example", false),
            ("https://a.example/t/mcp", "https://a.example/t", false),
            ("https://a.example/mcp", "https://a.example/MCP", false),
            ("https://a.example/mcp", "https://a.example/x/../mcp", false),
            ("https://a.example/mcp", "https://a.example/m\ncp", false),
            ("https://a.example/mcp", "https://a.example/%6dcp", false),
            ("https://a.example/mcp", "https://me@a.example/mcp", false),
            ("https://a.example/mcp", "https://a.example/mcp#x", false),
            ("https://a.example/mcp", "https://b.example/mcp", false),
            ("https://a.example/mcp", "http://a.example/mcp", false),
            ("https://a.example/mcp", "https://a.example:8443/mcp", false),
            ("https://a.example/mcp", "/mcp", false),
            ("https://a.example/mcp", "", false),
        ];
        for (url, resource, same) in rows {
            let found = Url::parse(url).map(|url| identifies(resource, &url));
            assert_eq!(found, Ok(same), "{url} {resource}");
        }
    }
}
