//! Configured URLs.

use url::{Host, Url};

use crate::provider::{PublicUrl, UrlError};

/// A configured URL: it is accepted as it is, or the error suggests a URL that is.
pub fn public_url(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    for parse in [PublicUrl::parse, PublicUrl::parse_origin] {
        let parsed = parse(&text);
        assert_eq!(parsed, parse(&text), "is not deterministic");
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

/// Checks that an accepted URL can be part of a challenge, and that every parser reads it alike.
pub(super) fn check_url(url: &PublicUrl) {
    let text = url.as_str();
    // The other printable ASCII characters are in no URL, RFC 3986 appendix A.
    let allowed = |byte: u8| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte);
    assert!(text.bytes().all(allowed), "{text}");
    assert_eq!(format!("{}{}", url.origin(), url.path()), text);
    assert!(url.path().is_empty() || url.path().starts_with('/'));
    let parsed = Url::parse(text).expect("an accepted URL is a URL");
    assert_eq!(
        parsed.as_str().trim_end_matches('/'),
        text,
        "it is normalized"
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
    let document = Url::parse(&metadata_url(url)).expect("the document's URL is a URL");
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
