//! The URL of an introspection endpoint: unlike an identifier it is only called, so that it may
//! end with a slash or have a query, as some issuers' do.

use auth_core::PublicUrl;
use url::Url;

/// Vets the URL: https, or http for loopback, and no user name, password or fragment.
pub(super) fn parse(text: &str) -> Result<Url, String> {
    if text.trim().is_empty() {
        return Err(format!("is empty: give a URL such as {EXAMPLE}"));
    }
    // The text is not repeated: a URL for calls may hold a key.
    let url = Url::parse(text)
        .map_err(|error| format!("is not a URL ({error}): give one such as {EXAMPLE}"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(
            "must not hold a user name or a password: use client_authentication instead".into(),
        );
    }
    if url.fragment().is_some() {
        return Err("must not have a fragment: take out the part from # on".into());
    }
    if !matches!(url.scheme(), "https" | "http") {
        return Err(format!("must use https: give a URL such as {EXAMPLE}"));
    }
    // The same rules about http and loopback as for every other URL.
    PublicUrl::parse(&url.origin().ascii_serialization()).map_err(|error| error.to_string())?;
    Ok(url)
}

const EXAMPLE: &str = "https://id.example.com/oauth2/introspect";

/// The URL as logs and errors may show it: without its query.
pub(super) fn shown(url: &Url) -> String {
    format!("{}{}", url.origin().ascii_serialization(), url.path())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_called() {
        for text in [
            EXAMPLE,
            "https://id.example.com/o/introspect/",
            "https://id.example.com/introspect?tenant=1",
            "http://127.0.0.1:8080/introspect",
            "http://localhost/introspect",
            "http://[::1]:8080/introspect",
        ] {
            assert_eq!(parse(text).unwrap().as_str(), text);
        }
        for (text, problem) in [
            (" ", "is empty"),
            ("id.example.com/introspect", "is not a URL"),
            ("http://id.example.com/introspect", "must use https"),
            ("ftp://localhost/introspect", "must use https"),
            ("data:,marker", "must use https"),
            (
                "https://marker:marker@id.example.com/",
                "must not hold a user name",
            ),
            (
                "https://id.example.com/introspect#marker",
                "must not have a fragment",
            ),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.starts_with(problem), "{text}: {error}");
            assert!(!error.contains("marker"), "{error}");
        }
    }

    #[test]
    fn a_query_is_not_shown() {
        let url = parse("https://id.example.com/introspect?key=marker").unwrap();
        assert_eq!(shown(&url), "https://id.example.com/introspect");
    }
}
