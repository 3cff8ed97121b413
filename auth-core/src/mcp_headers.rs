//! The headers that the layer or the inner service reads and that may be there once only.
//!
//! Two readers of a duplicated header can see different values: what is one session, one method or
//! one revision for the layer must be the same for the service behind it. So they are read here, in
//! one place, on every request that needs a caller, and a second line is refused
//! ([RFC 9110 section 5.3](https://www.rfc-editor.org/rfc/rfc9110#section-5.3)).

use http::{HeaderMap, HeaderName, HeaderValue};
use thiserror::Error;

pub(crate) const SESSION_ID: HeaderName = HeaderName::from_static("mcp-session-id");
pub(crate) const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
pub(crate) const PROTOCOL_VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");
pub(crate) const METHOD: HeaderName = HeaderName::from_static("mcp-method");
pub(crate) const NAME: HeaderName = HeaderName::from_static("mcp-name");
/// The beginning of the headers that repeat arguments of a tool, since 2026-07-28.
#[cfg(feature = "cors")]
pub(crate) const PARAMETER_PREFIX: &str = "mcp-param-";
/// What an outer layer, or the client, calls the request.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
pub(crate) const DPOP: HeaderName = HeaderName::from_static("dpop");

/// The first revision without sessions, in which a server must compare `Mcp-Method` and `Mcp-Name`
/// with the body.
const FIRST_WITHOUT_SESSIONS: &str = "2026-07-28";

/// The one line of each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct McpHeaders<'a> {
    pub(crate) session_id: Option<&'a str>,
    pub(crate) method: Option<&'a str>,
    pub(crate) name: Option<&'a str>,
    protocol_version: Option<&'a str>,
}

/// A header that cannot be read in exactly one way: it has two lines, or characters other than
/// visible ASCII where it names something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the header {header} is duplicated or holds other characters than visible ASCII")]
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
    /// Reads them all.
    pub(crate) fn read(headers: &'a HeaderMap) -> Result<Self, AmbiguousHeader> {
        // Looked at for the inner service, which decides by them. Any server may choose the ids of
        // its events as it likes.
        once(headers, &LAST_EVENT_ID, "last-event-id")?;
        once(headers, &DPOP, "dpop")?;
        Ok(Self {
            session_id: one(headers, &SESSION_ID, "mcp-session-id")?,
            method: one(headers, &METHOD, "mcp-method")?,
            name: one(headers, &NAME, "mcp-name")?,
            protocol_version: one(headers, &PROTOCOL_VERSION, "mcp-protocol-version")?,
        })
    }

    /// Whether the request is of a revision without sessions, where the headers name the operation.
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

/// The one line of a header.
fn one<'a>(
    headers: &'a HeaderMap,
    name: &HeaderName,
    header: &'static str,
) -> Result<Option<&'a str>, AmbiguousHeader> {
    let line = once(headers, name, header)?;
    let text = line.map(HeaderValue::to_str).transpose();
    text.map_err(|_| AmbiguousHeader { header })
}

fn once<'a>(
    headers: &'a HeaderMap,
    name: &HeaderName,
    header: &'static str,
) -> Result<Option<&'a HeaderValue>, AmbiguousHeader> {
    // Most requests have few of these headers, and a look-up is cheaper than an iterator.
    let Some(line) = headers.get(name) else {
        return Ok(None);
    };
    match headers.get_all(name).iter().nth(1) {
        None => Ok(Some(line)),
        Some(_) => Err(AmbiguousHeader { header }),
    }
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
    fn each_may_be_there_once() {
        let once: Vec<_> = ALL.iter().map(|name| (*name, &b"a"[..])).collect();
        let map = headers(&once);
        let read = McpHeaders::read(&map).unwrap();
        assert_eq!([read.session_id, read.method, read.name], [Some("a"); 3]);
        for header in ALL {
            for second in [&b"a"[..], b"b", b""] {
                let mut twice = once.clone();
                twice.push((header, second));
                let twice = headers(&twice);
                assert_eq!(McpHeaders::read(&twice), Err(AmbiguousHeader { header }));
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
        // Others may be repeated.
        let other = headers(&[("accept", b"a"), ("accept", b"b")]);
        assert_eq!(McpHeaders::read(&other), Ok(McpHeaders::default()));
    }

    #[test]
    fn revisions_without_sessions_are_dates_from_one_on() {
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
