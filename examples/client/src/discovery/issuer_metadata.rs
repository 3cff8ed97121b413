//! Checks the metadata of an authorization server (RFC 8414).

use rmcp::transport::auth::AuthorizationMetadata;
use serde_json::{Map, Value};
use url::Url;

use super::document::strings;
use crate::{redact, web_url::vet_web};

/// Reads the document of an issuer.
///
/// # Errors
///
/// What is wrong with it. RFC 8414 section 3.3 forbids to use the document of another issuer.
pub(super) fn read(
    mut object: Map<String, Value>,
    issuer: &str,
) -> Result<AuthorizationMetadata, String> {
    match object.get("issuer") {
        Some(Value::String(named)) if is_same_issuer(named, issuer) => {}
        Some(Value::String(named)) => {
            return Err(format!(
                "it is that of another issuer: expected {}, received {}",
                redact::printable(issuer),
                redact::printable(named)
            ));
        }
        _ => {
            return Err(format!(
                "it lacks `issuer`, which has to be {}",
                redact::printable(issuer)
            ));
        }
    }
    let grants = strings(&object, "grant_types_supported");
    let without_code =
        !grants.is_empty() && !grants.iter().any(|grant| grant == "authorization_code");
    if without_code && !object.contains_key("authorization_endpoint") {
        // It needs none then (RFC 8414 section 2), but rmcp does; `MetadataExt::require_code_grant` refuses to use it.
        let token_endpoint = object.get("token_endpoint").cloned().unwrap_or_default();
        object.insert("authorization_endpoint".into(), token_endpoint);
    }
    for endpoint in ["token_endpoint", "authorization_endpoint"] {
        match object.get(endpoint).and_then(Value::as_str) {
            None => return Err(format!("it lacks `{endpoint}`")),
            Some(url) => vet_endpoint(url).map_err(|why| format!("`{endpoint}` {why}"))?,
        }
    }
    for endpoint in ["registration_endpoint", "revocation_endpoint"] {
        if let Some(url) = object.get(endpoint).and_then(Value::as_str) {
            vet_endpoint(url).map_err(|why| format!("`{endpoint}` {why}"))?;
        }
    }
    serde_json::from_value(Value::Object(object))
        .map_err(|error| format!("a member has another type than RFC 8414 gives it ({error})"))
}

fn vet_endpoint(url: &str) -> Result<(), String> {
    let url = Url::parse(url).map_err(|error| format!("is not a URL ({error})"))?;
    vet_web(&url)
}

/// Identical strings (RFC 8414 section 3.3), but for the slash that stands for no path: resource metadata is often
/// written without it, and both name the same origin (RFC 3986 section 6.2.3).
fn is_same_issuer(named: &str, expected: &str) -> bool {
    let is_origin =
        |text: &str| Url::parse(text).is_ok_and(|url| url.path() == "/" && url.query().is_none());
    named == expected
        || (is_origin(named)
            && is_origin(expected)
            && named.trim_end_matches('/') == expected.trim_end_matches('/'))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ISSUER: &str = "https://as.example/r/1";

    fn reason(change: impl FnOnce(&mut Map<String, Value>)) -> Option<String> {
        let mut object = Map::new();
        object.insert("issuer".into(), ISSUER.into());
        object.insert("token_endpoint".into(), "https://as.example/token".into());
        object.insert(
            "authorization_endpoint".into(),
            "https://as.example/authorize".into(),
        );
        change(&mut object);
        read(object, ISSUER).err()
    }

    #[test]
    fn a_document_is_used_only_when_it_is_that_of_the_issuer() {
        assert_eq!(reason(|_| ()), None, "the control");
        let rows: [(&str, Value, &str); 7] = [
            (
                "issuer",
                json!("https://other.example"),
                "that of another issuer",
            ),
            (
                "issuer",
                json!("https://as.example/r/1/"),
                "that of another issuer",
            ),
            ("issuer", Value::Null, "lacks `issuer`"),
            ("token_endpoint", Value::Null, "lacks `token_endpoint`"),
            (
                "token_endpoint",
                json!("http://as.example/token"),
                "`token_endpoint` uses plain http",
            ),
            (
                "authorization_endpoint",
                json!(7),
                "lacks `authorization_endpoint`",
            ),
            (
                "registration_endpoint",
                json!("ftp://as.example/"),
                "`registration_endpoint` has the scheme",
            ),
        ];
        for (member, value, says) in rows {
            let found = reason(|object| {
                object.insert(member.into(), value.clone());
            });
            assert!(
                found.as_ref().is_some_and(|found| found.contains(says)),
                "{member} {found:?}"
            );
        }
        let machines = |grants: Value| {
            reason(|object| {
                object.remove("authorization_endpoint");
                object.insert("grant_types_supported".into(), grants);
            })
        };
        assert_eq!(machines(json!(["client_credentials"])), None);
        assert!(machines(json!(["authorization_code"])).is_some());
        let listed = reason(|object| {
            object.insert("scopes_supported".into(), json!("read"));
        });
        assert!(listed.is_some_and(|why| why.contains("another type")));
    }

    #[test]
    fn issuers_are_compared_byte_for_byte_but_for_the_empty_path() {
        for (named, expected, same) in [
            ("https://as.example/", "https://as.example", true),
            ("https://as.example", "https://as.example/", true),
            ("https://as.example/r/", "https://as.example/r", false),
            ("https://AS.example", "https://as.example", false),
            ("https://as.example:443", "https://as.example", false),
            ("https://as.example//", "https://as.example", false),
        ] {
            assert_eq!(is_same_issuer(named, expected), same, "{named} {expected}");
        }
    }
}
