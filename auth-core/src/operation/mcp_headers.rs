//! [`McpHeaders`]: the headers that the layer or the inner service reads and that must not be
//! duplicated.
//!
//! Two readers of a duplicated header can see different values, but session, method and revision must
//! be the same for the layer and for the inner service. So these headers are read here, on every
//! request that needs a caller, and a duplicate is refused
//! ([RFC 9110 section 5.3](https://www.rfc-editor.org/rfc/rfc9110#section-5.3)).

use http::{HeaderMap, HeaderName, HeaderValue};
use thiserror::Error;

pub(crate) const SESSION_ID: HeaderName = HeaderName::from_static("mcp-session-id");
pub(crate) const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
#[cfg(feature = "cors")]
pub(crate) const PROTOCOL_VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");
#[cfg(feature = "cors")]
pub(crate) const METHOD: HeaderName = HeaderName::from_static("mcp-method");
#[cfg(feature = "cors")]
pub(crate) const NAME: HeaderName = HeaderName::from_static("mcp-name");
/// The prefix of the headers that repeat arguments of a tool, since 2026-07-28.
#[cfg(feature = "cors")]
pub(crate) const PARAMETER_PREFIX: &str = "mcp-param-";
/// An id of the request, set by an outer layer or the client.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
#[cfg(feature = "cors")]
pub(crate) const DPOP: HeaderName = HeaderName::from_static("dpop");

/// The first revision without sessions, in which a server must compare `Mcp-Method` and `Mcp-Name`
/// with the body.
const FIRST_WITHOUT_SESSIONS: &str = "2026-07-28";

/// The values of these headers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct McpHeaders<'a> {
    pub(crate) method: Option<&'a str>,
    pub(crate) name: Option<&'a str>,
    protocol_version: Option<&'a str>,
    has_session_id: bool,
    has_last_event_id: bool,
}

/// The headers that determine the session of a request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct SessionHeaders {
    /// Whether the request is of a revision without sessions.
    pub(crate) without_sessions: bool,
    pub(crate) has_session_id: bool,
    pub(crate) has_last_event_id: bool,
}

/// A header that can be read in more than one way: it is duplicated, or names something and contains
/// characters other than visible ASCII.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the header {header} is duplicated or contains characters other than visible ASCII")]
pub struct AmbiguousHeader {
    header: &'static str,
}

impl AmbiguousHeader {
    /// The name of the header, in lower case.
    #[must_use]
    pub fn header(&self) -> &'static str {
        self.header
    }
}

impl<'a> McpHeaders<'a> {
    /// Reads all of them in one pass, which is cheaper than one lookup each.
    pub(crate) fn read(headers: &'a HeaderMap) -> Result<Self, AmbiguousHeader> {
        let mut lines = Lines::default();
        for (name, value) in headers {
            let name = name.as_str();
            // The lengths differ, and few other headers have one of them.
            let (line, known) = match name.len() {
                4 => (&mut lines.dpop, "dpop"),
                8 => (&mut lines.name, "mcp-name"),
                10 => (&mut lines.method, "mcp-method"),
                13 => (&mut lines.last_event_id, "last-event-id"),
                14 => (&mut lines.session_id, "mcp-session-id"),
                20 => (&mut lines.protocol_version, "mcp-protocol-version"),
                _ => continue,
            };
            if name == known && line.replace(value).is_some() {
                return Err(AmbiguousHeader { header: known });
            }
        }
        // The session id must be visible ASCII as well. The inner service reads the other two.
        text(lines.session_id, "mcp-session-id")?;
        Ok(Self {
            method: text(lines.method, "mcp-method")?,
            name: text(lines.name, "mcp-name")?,
            protocol_version: text(lines.protocol_version, "mcp-protocol-version")?,
            has_session_id: lines.session_id.is_some(),
            has_last_event_id: lines.last_event_id.is_some(),
        })
    }

    /// The headers that determine the session.
    pub(crate) fn session(&self) -> SessionHeaders {
        SessionHeaders {
            without_sessions: self.is_without_sessions(),
            has_session_id: self.has_session_id,
            has_last_event_id: self.has_last_event_id,
        }
    }

    /// Whether the request uses a revision without sessions, in which headers name the operation.
    pub(crate) fn is_without_sessions(&self) -> bool {
        self.protocol_version.is_some_and(|version| {
            let is_date = version.len() == FIRST_WITHOUT_SESSIONS.len()
                && version
                    .bytes()
                    .zip(FIRST_WITHOUT_SESSIONS.bytes())
                    .all(|(byte, model)| match model {
                        b'-' => byte == b'-',
                        _ => byte.is_ascii_digit(),
                    });
            is_date && version >= FIRST_WITHOUT_SESSIONS
        })
    }
}

/// The header lines that were met.
#[derive(Default)]
struct Lines<'a> {
    dpop: Option<&'a HeaderValue>,
    name: Option<&'a HeaderValue>,
    method: Option<&'a HeaderValue>,
    last_event_id: Option<&'a HeaderValue>,
    session_id: Option<&'a HeaderValue>,
    protocol_version: Option<&'a HeaderValue>,
}

fn text<'a>(
    line: Option<&'a HeaderValue>,
    header: &'static str,
) -> Result<Option<&'a str>, AmbiguousHeader> {
    let text = line.map(HeaderValue::to_str).transpose();
    text.map_err(|_| AmbiguousHeader { header })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [&str; 6] = [
        "mcp-session-id",
        "last-event-id",
        "mcp-protocol-version",
        "mcp-method",
        "mcp-name",
        "dpop",
    ];

    fn headers(lines: &[(&'static str, &[u8])]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            let value = HeaderValue::from_bytes(value).unwrap();
            headers.append(HeaderName::from_static(name), value);
        }
        headers
    }

    #[test]
    fn duplicates_are_refused() {
        let once: Vec<_> = ALL.iter().map(|name| (*name, &b"a"[..])).collect();
        let map = headers(&once);
        let read = McpHeaders::read(&map).unwrap();
        assert_eq!([read.method, read.name], [Some("a"); 2]);
        let session = SessionHeaders {
            without_sessions: false,
            has_session_id: true,
            has_last_event_id: true,
        };
        assert_eq!(read.session(), session);
        for header in ALL {
            for second in [&b"a"[..], b"b", b""] {
                let mut twice = once.clone();
                twice.push((header, second));
                let twice = headers(&twice);
                let ambiguous = McpHeaders::read(&twice).unwrap_err();
                assert_eq!(ambiguous, AmbiguousHeader { header });
                assert_eq!(ambiguous.header(), header);
            }
            let odd = headers(&[(header, b"\xc3\xa9")]);
            let read = McpHeaders::read(&odd).map(|_| ());
            let names_something = !matches!(header, "last-event-id" | "dpop");
            let expected = names_something.then_some(AmbiguousHeader { header });
            assert_eq!(read.err(), expected);
        }
        assert_eq!(
            McpHeaders::read(&HeaderMap::new()),
            Ok(McpHeaders::default())
        );
        // Other headers may be repeated.
        let other = headers(&[("accept", b"a"), ("accept", b"b")]);
        assert_eq!(McpHeaders::read(&other), Ok(McpHeaders::default()));
    }

    #[test]
    fn revisions_since_2026_07_28_have_no_sessions() {
        for (version, expected) in [
            ("2026-07-28", true),
            ("2026-07-29", true),
            ("2027-01-01", true),
            ("2026-07-27", false),
            ("2025-11-25", false),
            ("9999", false),
            ("2026-07-28x", false),
            ("x026-07-28", false),
            ("2026.07.28", false),
            ("2026-07-28, 2026-07-28", false),
            ("", false),
        ] {
            let map = headers(&[("mcp-protocol-version", version.as_bytes())]);
            let read = McpHeaders::read(&map).unwrap();
            assert_eq!(read.is_without_sessions(), expected, "{version}");
        }
        assert!(!McpHeaders::default().is_without_sessions());
    }
}
