//! [`Discovery`]: from an issuer identifier to the location of its keys, by the issuer's metadata.
//!
//! The metadata is a document like the key set: fetched when the keys are, cached, renewed, and with the same
//! back-off after failures. An error in it makes tokens unverifiable (503), not invalid.

use std::sync::Arc;
use std::time::Duration;

use auth_core::support::Clock;
use bytes::Bytes;
use thiserror::Error;
use url::Url;

use crate::remote::{
    Answers, BadMetadata, BadUrl, FetchUrl, Fetcher, Freshness, Places, Renewal, Source,
    metadata_of,
};

/// The location of an issuer's keys, and the client that fetches its documents.
#[derive(Debug)]
pub(super) struct Discovery {
    pub(super) places: Places,
    pub(super) fetcher: Fetcher,
}

/// Why the metadata does not lead to the keys.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
enum NoKeys {
    #[error(transparent)]
    Metadata(#[from] BadMetadata),
    #[error(
        "the metadata has no jwks_uri: use JwtVerifier::builder with the URL of the keys instead"
    )]
    NotNamed,
    #[error("the metadata's jwks_uri {0}")]
    BadUrl(#[from] BadUrl),
    #[error("the metadata's jwks_uri names this machine, which the issuer is not on")]
    Loopback,
}

impl Discovery {
    /// The discovery of the keys of `issuer`; `private` allows private addresses.
    ///
    /// # Errors
    ///
    /// What is wrong with `issuer`, as a predicate that follows the name of the setting.
    pub(super) fn of(issuer: &str, private: bool, clock: Arc<dyn Clock>) -> Result<Self, String> {
        let vetted = FetchUrl::parse(issuer, private).map_err(|error| match error {
            BadUrl::NotAUrl => "is not a URL: give one such as https://id.example.com".into(),
            error => error.to_string(),
        })?;
        if issuer.contains('?') {
            return Err("must not have a query".into());
        }
        let nearby = private || vetted.is_loopback();
        let fetcher =
            Fetcher::new(nearby).map_err(|error| format!("cannot be fetched from: {error}"))?;
        let name = issuer.to_owned();
        let metadata = Source::new(
            &Answers::of(1),
            Places::Known(places(issuer)),
            fetcher.clone(),
            Freshness {
                // During an outage of the metadata the last known location stays in use. How long the
                // keys are used in an outage is bounded by their own source.
                stale: Duration::MAX,
                ..Freshness::default()
            },
            // The keys are renewed in the background, and each renewal needs the metadata.
            Renewal::OnDemand,
            clock,
            move |json: Bytes| keys_url(&json, &name, private, nearby),
        );
        Ok(Self {
            places: Places::Named {
                issuer: issuer.into(),
                url: Arc::new(metadata),
            },
            fetcher,
        })
    }
}

/// The possible locations of the metadata: [RFC 8414](https://www.rfc-editor.org/rfc/rfc8414#section-3) first, then
/// OpenID Connect Discovery, with the well-known path inserted and appended.
fn places(issuer: &str) -> Vec<String> {
    let trimmed = issuer.trim_end_matches('/');
    let path = Url::parse(trimmed).map_or_else(|_| String::new(), |url| url.path().into());
    let path = path.trim_end_matches('/');
    let origin = trimmed.strip_suffix(path).unwrap_or(trimmed);
    let mut places = vec![
        format!("{origin}/.well-known/oauth-authorization-server{path}"),
        format!("{origin}/.well-known/openid-configuration{path}"),
    ];
    if !path.is_empty() {
        places.push(format!("{trimmed}/.well-known/openid-configuration"));
    }
    places
}

/// The `jwks_uri` of metadata that is about `issuer`. It must pass the rules of a configured URL, and must not
/// name this machine unless the issuer is there, too.
fn keys_url(json: &[u8], issuer: &str, private: bool, nearby: bool) -> Result<FetchUrl, NoKeys> {
    let metadata = metadata_of(json, &[issuer])?;
    let url = metadata.get("jwks_uri").and_then(|value| value.as_str());
    let url = FetchUrl::parse(url.ok_or(NoKeys::NotNamed)?, private)?;
    if url.is_loopback() && !nearby {
        return Err(NoKeys::Loopback);
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_in_their_order() {
        assert_eq!(
            places("https://id.example.com"),
            [
                "https://id.example.com/.well-known/oauth-authorization-server",
                "https://id.example.com/.well-known/openid-configuration",
            ]
        );
        assert_eq!(
            places("https://id.example.com/"),
            places("https://id.example.com"),
            "a slash at the end counts in the comparison alone"
        );
        assert_eq!(
            places("https://id.example.com/a/b"),
            [
                "https://id.example.com/.well-known/oauth-authorization-server/a/b",
                "https://id.example.com/.well-known/openid-configuration/a/b",
                "https://id.example.com/a/b/.well-known/openid-configuration",
            ]
        );
    }

    #[test]
    fn a_discovered_url_passes_the_rules_of_a_configured_one() {
        const ISSUER: &str = "https://id.example.com";
        let found = |url: &str, private, nearby| {
            let json = format!(r#"{{"issuer":"{ISSUER}","jwks_uri":"{url}"}}"#);
            let found = keys_url(json.as_bytes(), ISSUER, private, nearby);
            found.map(|url| url.as_str().to_owned())
        };
        let public = |url: &str| found(url, false, false);
        for url in [
            "https://id.example.com/keys",
            "https://keys.example.net/a?b",
        ] {
            assert_eq!(public(url), Ok(url.to_owned()), "the control");
        }
        for (url, fault) in [
            ("http://id.example.com/keys", BadUrl::Insecure),
            ("ftp://id.example.com/keys", BadUrl::Insecure),
            ("file:///etc/passwd", BadUrl::NotAUrl),
            ("/keys", BadUrl::NotAUrl),
            ("", BadUrl::NotAUrl),
            ("https://me:pw@id.example.com/keys", BadUrl::Userinfo),
            ("https://id.example.com/keys#x", BadUrl::Fragment),
            ("https://10.0.0.1/keys", BadUrl::Private),
            ("https://169.254.169.254/keys", BadUrl::Private),
            ("https://[::ffff:192.168.0.1]/keys", BadUrl::Private),
        ] {
            assert_eq!(public(url), Err(NoKeys::BadUrl(fault)), "{url}");
        }
        for url in [
            "http://127.0.0.1:8500/keys",
            "https://localhost/keys",
            "http://[::1]/keys",
        ] {
            assert_eq!(public(url), Err(NoKeys::Loopback), "{url}");
            assert!(found(url, false, true).is_ok(), "{url}: the issuer is here");
            assert!(found(url, true, true).is_ok(), "{url}: private is allowed");
        }
        assert!(found("https://10.0.0.1/keys", true, true).is_ok());
    }

    #[test]
    fn metadata_that_does_not_say_where_the_keys_are() {
        let fault = |json: &str| {
            let url = keys_url(json.as_bytes(), "https://id.example.com", false, false);
            url.unwrap_err().to_string()
        };
        for (json, text) in [
            (r#"{"issuer":"https://id.example.com"}"#, "has no jwks_uri"),
            (
                r#"{"issuer":"https://id.example.com","jwks_uri":["https://id.example.com/keys"]}"#,
                "has no jwks_uri",
            ),
            (
                r#"{"issuer":"https://id.example.com/","jwks_uri":"https://id.example.com/keys"}"#,
                "is about issuer \"https://id.example.com/\"",
            ),
            (
                r#"{"jwks_uri":"https://id.example.com/keys"}"#,
                "names no issuer",
            ),
            ("[]", "is not a JSON object with each member once"),
            ("", "is not a JSON object with each member once"),
        ] {
            assert!(fault(json).contains(text), "{json}: {}", fault(json));
        }
    }
}
