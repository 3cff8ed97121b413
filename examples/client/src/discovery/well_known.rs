//! Where documents are published.

use url::Url;

/// The URLs of the protected resource metadata of an MCP server, in the order of MCP's "Protected Resource Metadata
/// Discovery Requirements": for its path, then at the root. A query stays behind the path (RFC 9728 section 3.1).
pub(super) fn resource_metadata(server: &Url) -> Vec<Url> {
    let path = server.path().trim_matches('/');
    let inserted = match path {
        "" => "/.well-known/oauth-protected-resource".to_owned(),
        path => format!("/.well-known/oauth-protected-resource/{path}"),
    };
    let first = at(server, &inserted, server.query());
    let root = at(server, "/.well-known/oauth-protected-resource", None);
    match first == root {
        true => vec![root],
        false => vec![first, root],
    }
}

/// The URLs of the metadata of an issuer, in the order of MCP's "Authorization Server Metadata Discovery": inserted by
/// RFC 8414 section 3.1, inserted for OpenID Connect, appended by OpenID Connect Discovery section 4.
pub(super) fn issuer_metadata(issuer: &Url) -> Vec<Url> {
    let oauth = "/.well-known/oauth-authorization-server";
    let openid = "/.well-known/openid-configuration";
    match issuer.path().trim_matches('/') {
        "" => vec![at(issuer, oauth, None), at(issuer, openid, None)],
        path => vec![
            at(issuer, &format!("{oauth}/{path}"), None),
            at(issuer, &format!("{openid}/{path}"), None),
            at(issuer, &format!("/{path}{openid}"), None),
        ],
    }
}

/// A path at the origin of a URL.
pub(super) fn at(url: &Url, path: &str, query: Option<&str>) -> Url {
    let mut there = url.clone();
    there.set_fragment(None);
    there.set_query(query);
    there.set_path(path);
    there
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strings(found: &[Url]) -> Vec<&str> {
        found.iter().map(Url::as_str).collect()
    }

    #[test]
    fn documents_are_looked_for_in_the_order_of_mcp() {
        let rows: [(&str, &[&str]); 4] = [
            (
                "https://a.example",
                &["https://a.example/.well-known/oauth-protected-resource"],
            ),
            (
                "https://a.example:8443/mcp",
                &[
                    "https://a.example:8443/.well-known/oauth-protected-resource/mcp",
                    "https://a.example:8443/.well-known/oauth-protected-resource",
                ],
            ),
            (
                "https://a.example/t/mcp/",
                &[
                    "https://a.example/.well-known/oauth-protected-resource/t/mcp",
                    "https://a.example/.well-known/oauth-protected-resource",
                ],
            ),
            (
                "https://a.example/mcp?tenant=a",
                &[
                    "https://a.example/.well-known/oauth-protected-resource/mcp?tenant=a",
                    "https://a.example/.well-known/oauth-protected-resource",
                ],
            ),
        ];
        for (server, urls) in rows {
            let found = Url::parse(server).map(|server| resource_metadata(&server));
            assert_eq!(
                found.as_deref().map(strings).as_deref(),
                Ok(urls),
                "{server}"
            );
        }
        let rows: [(&str, &[&str]); 2] = [
            (
                "https://a.example",
                &[
                    "https://a.example/.well-known/oauth-authorization-server",
                    "https://a.example/.well-known/openid-configuration",
                ],
            ),
            (
                "https://a.example/r/1",
                &[
                    "https://a.example/.well-known/oauth-authorization-server/r/1",
                    "https://a.example/.well-known/openid-configuration/r/1",
                    "https://a.example/r/1/.well-known/openid-configuration",
                ],
            ),
        ];
        for (issuer, urls) in rows {
            let found = Url::parse(issuer).map(|issuer| issuer_metadata(&issuer));
            assert_eq!(
                found.as_deref().map(strings).as_deref(),
                Ok(urls),
                "{issuer}"
            );
        }
    }
}
