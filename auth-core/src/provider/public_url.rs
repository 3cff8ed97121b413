//! [`PublicUrl`]: a configured URL that is validated once, and then compared by the bytes that were
//! configured.
//!
//! `url::Url` only validates: it would add a slash, drop a default port and resolve dots, and a
//! client that compares identifiers code point by code point (RFC 9728 section 3.3, RFC 8414
//! section 3.3) would then refuse the result.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;
use url::{Host, Url};

use crate::support::is_loopback_host;

/// An https URL (http for loopback) without userinfo, query, fragment and trailing slash, in its
/// normal form.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PublicUrl {
    text: Box<str>,
    /// Where the path begins in `text`; the length of `text` if there is no path.
    path_start: usize,
    loopback: bool,
}

/// Why a string is not a [`PublicUrl`], and what to write instead. Every suggested URL is accepted
/// by the function that returned it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum UrlError {
    /// Empty, or white space only.
    #[error("is empty: give a URL such as {example}")]
    Empty {
        /// An example of an accepted URL.
        example: &'static str,
    },
    /// Not an absolute URL, most often because the scheme is missing.
    #[error("is not a URL ({reason}): {}", instead_of(.text, .instead.as_deref(), .example))]
    NotAUrl {
        /// What was configured.
        text: String,
        /// What the URL parser reports.
        reason: String,
        /// The URL that was probably meant.
        instead: Option<String>,
        /// An example of an accepted URL.
        example: &'static str,
    },
    /// A scheme other than https, on a host that is not loopback.
    #[error("must use https, http is for localhost, 127.0.0.1 and [::1] only: got {text:?}")]
    Insecure {
        /// What was configured.
        text: String,
    },
    /// A user name or a password. The string is not repeated, since it may contain a secret.
    #[error("must not contain a user name or password: remove the part up to the @")]
    Userinfo,
    /// A character that URLs (RFC 3986 section 2) or host names cannot contain. A quote would end
    /// up in the challenge.
    #[error("must not contain the character {character:?}")]
    Character {
        /// The first such character.
        character: char,
    },
    /// A query.
    #[error("must not have a query: remove {query:?}")]
    Query {
        /// The query with its question mark.
        query: String,
    },
    /// A fragment.
    #[error("must not have a fragment: remove {fragment:?}")]
    Fragment {
        /// The fragment with its number sign.
        fragment: String,
    },
    /// A path, where only an origin is allowed.
    #[error("must not have a path: write {origin:?}")]
    Path {
        /// The same URL without the path.
        origin: String,
    },
    /// A trailing slash: identifiers are compared byte by byte, so one form has to be chosen.
    #[error("must not end with a slash: write {without:?}")]
    TrailingSlash {
        /// The same URL without the slash.
        without: String,
    },
    /// A segment of the path that routers read as a pattern.
    #[error("must not have a path segment that routers read as a pattern: rename {segment:?}")]
    RouterPattern {
        /// The first such segment.
        segment: String,
    },
    /// Upper-case host, default port, dot segments, white space and similar.
    #[error("must be in its normal form: write {normal:?} for {text:?}")]
    NotNormal {
        /// What was configured.
        text: String,
        /// The normal form.
        normal: String,
    },
}

impl PublicUrl {
    /// Validates a configured URL.
    ///
    /// # Errors
    ///
    /// [`UrlError`], which names the mistake and the URL to write instead.
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        vet(Kind::Resource, text)
    }

    /// Validates a configured URL that must have no path: scheme, host and port only.
    ///
    /// # Errors
    ///
    /// [`UrlError`], which names the mistake and the URL to write instead.
    pub fn parse_origin(text: &str) -> Result<Self, UrlError> {
        vet(Kind::Origin, text)
    }

    /// The URL exactly as it was configured.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Scheme, host and port: `https://mcp.example.com:8443`.
    #[must_use]
    pub fn origin(&self) -> &str {
        self.text.split_at(self.path_start).0
    }

    /// The path: `/mcp`, or the empty string.
    #[must_use]
    pub fn path(&self) -> &str {
        self.text.split_at(self.path_start).1
    }

    /// Whether the host is this machine: [`is_loopback_host`].
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        self.loopback
    }

    /// The path of a well-known document about this URL: `suffix` is inserted between the host and
    /// the path (RFC 8615, RFC 8414 section 3.1, RFC 9728 section 3.1).
    #[must_use]
    pub fn well_known_path(&self, suffix: &str) -> String {
        format!("/.well-known/{suffix}{}", self.path())
    }

    /// The URL of such a document.
    #[must_use]
    pub fn well_known_url(&self, suffix: &str) -> String {
        format!("{}{}", self.origin(), self.well_known_path(suffix))
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}

impl Serialize for PublicUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for PublicUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// `unreserved`, `sub-delims` and the remaining delimiters (RFC 3986 section 2).
fn is_url_character(character: char) -> bool {
    character.is_ascii_alphanumeric() || "-._~!$&'()*+,;=:@/%[]".contains(character)
}

/// The characters of DNS names.
fn is_name_character(character: char) -> bool {
    character.is_ascii_alphanumeric() || "-._".contains(character)
}

/// What a URL is for, which determines whether it has a path and what to suggest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A resource, usually with a path.
    Resource,
    /// An origin, which has no path.
    Origin,
}

impl Kind {
    fn example(self) -> &'static str {
        match self {
            Self::Resource => "https://mcp.example.com/mcp",
            Self::Origin => "https://app.example.com",
        }
    }
}

fn vet(kind: Kind, text: &str) -> Result<PublicUrl, UrlError> {
    let example = kind.example();
    if text.trim().is_empty() {
        return Err(UrlError::Empty { example });
    }
    // Checked first, so that no later message repeats a password.
    if authority(text).contains('@') {
        return Err(UrlError::Userinfo);
    }
    let not_a_url = |reason: &str| UrlError::NotAUrl {
        text: text.into(),
        reason: reason.into(),
        instead: with_scheme(kind, text),
        example,
    };
    let url = Url::parse(text).map_err(|error| not_a_url(&error.to_string()))?;
    let Some(host) = url.host() else {
        return Err(not_a_url("it has no host"));
    };
    let loopback = url.host_str().is_some_and(is_loopback_host);
    match url.scheme() {
        "https" => {}
        "http" if loopback => {}
        _ => return Err(UrlError::Insecure { text: text.into() }),
    }
    if let Some(at) = text.find('#') {
        let fragment = text.split_at(at).1.into();
        return Err(UrlError::Fragment { fragment });
    }
    if let Some(at) = text.find('?') {
        let query = text.split_at(at).1.into();
        return Err(UrlError::Query { query });
    }
    // The normal form of an empty path is a slash; here the empty path stays empty.
    let normal = match kind {
        Kind::Resource => url.as_str().trim_end_matches('/').to_owned(),
        Kind::Origin => url.origin().ascii_serialization(),
    };
    let path_length = url.path().trim_end_matches('/').len();
    let not_normal = || match kind {
        Kind::Origin if path_length > 0 => UrlError::Path {
            origin: normal.clone(),
        },
        _ if text.ends_with('/') => UrlError::TrailingSlash {
            without: normal.clone(),
        },
        _ => UrlError::NotNormal {
            text: text.into(),
            normal: normal.clone(),
        },
    };
    // A normal form that is refused is not suggested.
    if text != normal && vet(kind, &normal).is_ok() {
        return Err(not_normal());
    }
    if let Some(character) = text.chars().find(|character| !is_url_character(*character)) {
        return Err(UrlError::Character { character });
    }
    // axum, actix, matchit and others: `:id`, `*rest`, `{id}` (whose braces no URL has).
    let mut segments = url.path().split('/');
    if let Some(segment) =
        segments.find(|segment| segment.starts_with(':') || segment.contains('*'))
    {
        return Err(UrlError::RouterPattern {
            segment: segment.into(),
        });
    }
    if let Host::Domain(name) = &host
        && let Some(character) = name
            .chars()
            .find(|character| !is_name_character(*character))
    {
        return Err(UrlError::Character { character });
    }
    if text != normal {
        return Err(not_normal());
    }
    Ok(PublicUrl {
        text: text.into(),
        path_start: text.len().saturating_sub(path_length),
        loopback,
    })
}

/// The URL that was meant by one without a scheme, if it would be accepted.
fn with_scheme(kind: Kind, text: &str) -> Option<String> {
    let text = text.trim().trim_start_matches('/');
    let name = text.split(['/', ':', '?', '#']).next()?;
    // A string that is something else, such as a secret, is not repeated as a URL.
    if !name.contains('.') && name != "localhost" {
        return None;
    }
    let https = format!("https://{text}");
    let loopback = is_loopback_host(Url::parse(&https).ok()?.host_str()?);
    let meant = if loopback {
        format!("http://{text}")
    } else {
        https
    };
    match vet(kind, &meant) {
        Ok(_) => Some(meant),
        Err(
            UrlError::Path { origin: normal }
            | UrlError::TrailingSlash { without: normal }
            | UrlError::NotNormal { normal, .. },
        ) => vet(kind, &normal).is_ok().then_some(normal),
        Err(_) => None,
    }
}

/// The suggestion for a string that is not a URL.
fn instead_of(text: &str, instead: Option<&str>, example: &str) -> String {
    match instead {
        Some(instead) => format!("write {instead:?}"),
        None => format!("give one such as {example}, got {text:?}"),
    }
}

/// What is between the scheme and the first `/`, `?` or `#`, found without the parser, which reads
/// `https:me@host` as `https://me@host`, and does not report the empty name in `https://@host`.
fn authority(text: &str) -> &str {
    let after = text.split_once(':').map_or(text, |(_, after)| after);
    let after = after.trim_start_matches(['/', '\\']);
    after.split(['/', '?', '#', '\\']).next().unwrap_or(after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepted_urls_are_unchanged() {
        for (text, origin, path) in [
            ("https://mcp.example.com", "https://mcp.example.com", ""),
            (
                "https://mcp.example.com/mcp",
                "https://mcp.example.com",
                "/mcp",
            ),
            (
                "https://mcp.example.com:8443/a/b",
                "https://mcp.example.com:8443",
                "/a/b",
            ),
            ("http://localhost:8000/mcp", "http://localhost:8000", "/mcp"),
            ("https://a.example/t:1/mcp", "https://a.example", "/t:1/mcp"),
            ("http://127.0.0.1:3000", "http://127.0.0.1:3000", ""),
            ("http://[::1]:3000/mcp", "http://[::1]:3000", "/mcp"),
        ] {
            let url = PublicUrl::parse(text).unwrap();
            assert_eq!(
                (url.as_str(), url.origin(), url.path()),
                (text, origin, path)
            );
            assert_eq!(url.to_string(), text);
            assert_eq!(format!("{url:?}"), format!("{text:?}"));
        }
    }

    #[test]
    fn refused_urls_get_a_suggestion() {
        for (text, message) in [
            (
                "",
                "is empty: give a URL such as https://mcp.example.com/mcp",
            ),
            (
                " ",
                "is empty: give a URL such as https://mcp.example.com/mcp",
            ),
            (
                "mcp",
                "is not a URL (relative URL without a base): give one such as https://mcp.example.com/mcp, got \"mcp\"",
            ),
            (
                "mcp.example.com",
                "is not a URL (relative URL without a base): write \"https://mcp.example.com\"",
            ),
            ("https:///mcp?", "must not have a query: remove \"?\""),
            (
                "http://mcp.example.com/mcp",
                "must use https, http is for localhost, 127.0.0.1 and [::1] only: got \"http://mcp.example.com/mcp\"",
            ),
            (
                "ftp://localhost/mcp",
                "must use https, http is for localhost, 127.0.0.1 and [::1] only: got \"ftp://localhost/mcp\"",
            ),
            (
                "https://me:marker@mcp.example.com",
                "must not contain a user name or password: remove the part up to the @",
            ),
            (
                "https:me:marker@mcp.example.com",
                "must not contain a user name or password: remove the part up to the @",
            ),
            (
                "https://@mcp.example.com",
                "must not contain a user name or password: remove the part up to the @",
            ),
            (
                "https://me:marker@mcp.example.com:999999",
                "must not contain a user name or password: remove the part up to the @",
            ),
            (
                "https://mcp.example.com\"",
                "must not contain the character '\"'",
            ),
            (
                "https://mcp.example.com,x=y/mcp",
                "must not contain the character ','",
            ),
            (
                "https://mcp.example.com/a|b",
                "must not contain the character '|'",
            ),
            (
                "https://mcp.example.com/:id/mcp",
                "must not have a path segment that routers read as a pattern: rename \":id\"",
            ),
            (
                "https://mcp.example.com/mcp/:",
                "must not have a path segment that routers read as a pattern: rename \":\"",
            ),
            (
                "https://mcp.example.com/*/mcp",
                "must not have a path segment that routers read as a pattern: rename \"*\"",
            ),
            (
                "http://localhost:18050/a/*rest",
                "must not have a path segment that routers read as a pattern: rename \"*rest\"",
            ),
            (
                "https://mcp.example.com/m*p",
                "must not have a path segment that routers read as a pattern: rename \"m*p\"",
            ),
            (
                "https://mcp.example.com/{id}/mcp",
                "must be in its normal form: write \"https://mcp.example.com/%7Bid%7D/mcp\" for \"https://mcp.example.com/{id}/mcp\"",
            ),
            (
                "https://mcp.example.com/mcp?a=b",
                "must not have a query: remove \"?a=b\"",
            ),
            (
                "https://mcp.example.com/mcp#x",
                "must not have a fragment: remove \"#x\"",
            ),
            (
                "https://mcp.example.com/mcp/",
                "must not end with a slash: write \"https://mcp.example.com/mcp\"",
            ),
            (
                "https://mcp.example.com/",
                "must not end with a slash: write \"https://mcp.example.com\"",
            ),
            (
                "https://MCP.example.com:443/a/../mcp",
                "must be in its normal form: write \"https://mcp.example.com/mcp\" for \"https://MCP.example.com:443/a/../mcp\"",
            ),
            (
                "http://2130706433/mcp",
                "must be in its normal form: write \"http://127.0.0.1/mcp\" for \"http://2130706433/mcp\"",
            ),
        ] {
            assert_eq!(
                PublicUrl::parse(text).unwrap_err().to_string(),
                message,
                "{text}"
            );
        }
    }

    /// The URL that a message suggests.
    fn suggested(message: &str) -> Option<&str> {
        let (_, after) = message.split_once("write \"")?;
        after.split_once('"').map(|(url, _)| url)
    }

    #[test]
    fn a_url_without_a_scheme_gets_a_suggestion_that_is_accepted() {
        for (text, resource, origin) in [
            (
                "acme.example.com",
                Some("https://acme.example.com"),
                Some("https://acme.example.com"),
            ),
            (
                "acme.example.com/mcp",
                Some("https://acme.example.com/mcp"),
                Some("https://acme.example.com"),
            ),
            (
                "//acme.example.com/",
                Some("https://acme.example.com"),
                Some("https://acme.example.com"),
            ),
            (
                " ACME.example.com:443/mcp/ ",
                Some("https://acme.example.com/mcp"),
                Some("https://acme.example.com"),
            ),
            (
                "acme.example.com:8443",
                Some("https://acme.example.com:8443"),
                Some("https://acme.example.com:8443"),
            ),
            (
                "localhost:8000/mcp",
                Some("http://localhost:8000/mcp"),
                Some("http://localhost:8000"),
            ),
            (
                "127.0.0.1:8000",
                Some("http://127.0.0.1:8000"),
                Some("http://127.0.0.1:8000"),
            ),
            ("acme.example.com/mcp?x=1", None, None),
            ("acme_secret", None, None),
            ("a|b.example.com", None, None),
        ] {
            for (expected, error) in [
                (resource, PublicUrl::parse(text).unwrap_err()),
                (origin, PublicUrl::parse_origin(text).unwrap_err()),
            ] {
                let message = error.to_string();
                assert!(message.starts_with("is not a URL ("), "{text}: {message}");
                assert_eq!(suggested(&message), expected, "{text}: {message}");
            }
        }
    }

    #[test]
    fn suggestions_are_accepted() {
        type Parse = fn(&str) -> Result<PublicUrl, UrlError>;
        let kinds: [(Parse, &str); 2] = [
            (PublicUrl::parse, "https://mcp.example.com/mcp"),
            (PublicUrl::parse_origin, "https://app.example.com"),
        ];
        for (parse, example) in kinds {
            assert!(parse(example).is_ok(), "the example");
            for text in [
                "",
                "nonsense",
                "acme.example.com/a/b",
                "https://acme.example.com/",
                "https://acme.example.com//",
                "https://acme.example.com/a/",
                "https://acme.example.com/a/../b/",
                "https://acme.example.com/a|b/",
                "HTTPS://ACME.example.com:443/a",
                "https:acme.example.com/a",
                "https://a,b.example.com/a/",
                "https://a,b.example.com/",
                "https://\u{fc}.example.com/a",
                "https://acme.example.com./a/.",
                "http://0x7f000001/a",
            ] {
                let message = parse(text).unwrap_err().to_string();
                if let Some(url) = suggested(&message) {
                    assert!(parse(url).is_ok(), "{text}: {message}");
                } else {
                    let names_example = message.contains(example);
                    let names_character = message.starts_with("must not contain the character");
                    assert!(names_example || names_character, "{text}: {message}");
                }
            }
        }
    }

    #[test]
    fn an_origin_has_no_path() {
        let origin = PublicUrl::parse_origin("https://mcp.example.com:8443").unwrap();
        assert_eq!(origin.origin(), origin.as_str());
        for (text, message) in [
            (
                "https://mcp.example.com/mcp",
                "must not have a path: write \"https://mcp.example.com\"",
            ),
            (
                "https://mcp.example.com/mcp/",
                "must not have a path: write \"https://mcp.example.com\"",
            ),
            (
                "https://MCP.example.com/mcp",
                "must not have a path: write \"https://mcp.example.com\"",
            ),
            (
                "https://mcp.example.com/",
                "must not end with a slash: write \"https://mcp.example.com\"",
            ),
            (
                "https://MCP.example.com",
                "must be in its normal form: write \"https://mcp.example.com\" for \"https://MCP.example.com\"",
            ),
        ] {
            let error = PublicUrl::parse_origin(text).unwrap_err();
            assert_eq!(error.to_string(), message, "{text}");
        }
    }

    #[test]
    fn well_known_paths_are_inserted_before_the_path() {
        for (text, url) in [
            (
                "https://mcp.example.com",
                "https://mcp.example.com/.well-known/x",
            ),
            (
                "https://mcp.example.com/mcp",
                "https://mcp.example.com/.well-known/x/mcp",
            ),
            (
                "https://mcp.example.com:8443/public/mcp",
                "https://mcp.example.com:8443/.well-known/x/public/mcp",
            ),
            (
                "http://127.0.0.1:3000/mcp",
                "http://127.0.0.1:3000/.well-known/x/mcp",
            ),
        ] {
            assert_eq!(PublicUrl::parse(text).unwrap().well_known_url("x"), url);
        }
    }
}
