//! Configured URLs.

use url::{Host, Url};

use crate::provider::{PublicUrl, UrlError};

/// A URL as it is configured.
pub fn public_url(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    for parse in [PublicUrl::parse, PublicUrl::parse_origin] {
        let parsed = parse(&text);
        assert_eq!(parsed, parse(&text), "another answer");
        match parsed {
            Ok(url) => {
                assert_eq!(url.as_str(), text);
                check_url(&url);
            }
            Err(error) => {
                assert!(!error.to_string().is_empty());
                if let Some(instead) = suggested(&error) {
                    assert!(parse(instead).is_ok(), "{text:?}: {error}");
                }
            }
        }
    }
}

/// The URL that an error suggests.
fn suggested(error: &UrlError) -> Option<&str> {
    match error {
        UrlError::NotAUrl { instead, .. } => instead.as_deref(),
        UrlError::Path { origin: url }
        | UrlError::TrailingSlash { without: url }
        | UrlError::NotNormal { normal: url, .. } => Some(url),
        _ => None,
    }
}

/// A vetted URL can stand in a challenge, and is the same URL to everybody.
pub(super) fn check_url(url: &PublicUrl) {
    let text = url.as_str();
    // What is left of printable ASCII is in no URL, RFC 3986 appendix A.
    let allowed = |byte: u8| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte);
    assert!(text.bytes().all(allowed), "{text}");
    assert_eq!(format!("{}{}", url.origin(), url.path()), text);
    assert!(url.path().is_empty() || url.path().starts_with('/'));
    let parsed = Url::parse(text).expect("a vetted URL is a URL");
    assert_eq!(
        parsed.as_str().trim_end_matches('/'),
        text,
        "it has one form"
    );
    assert_eq!(parsed.username(), "");
    assert_eq!(
        (parsed.password(), parsed.query(), parsed.fragment()),
        (None, None, None)
    );
    let loopback = match parsed.host().expect("a host") {
        Host::Domain(name) => name == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.to_canonical().is_loopback(),
    };
    assert_eq!(url.is_loopback(), loopback);
    assert!(parsed.scheme() == "https" || loopback && parsed.scheme() == "http");
    let document = Url::parse(&metadata_url(url)).expect("the document's URL is one");
    assert_eq!(document.origin(), parsed.origin());
    assert_eq!(
        url.well_known_url("oauth-protected-resource"),
        document.as_str()
    );
}

pub(super) fn metadata_url(url: &PublicUrl) -> String {
    format!(
        "{}/.well-known/oauth-protected-resource{}",
        url.origin(),
        url.path()
    )
}
