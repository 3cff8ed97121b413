//! The operation as the headers of 2026-07-28 name it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName};

use super::{Operation, OperationError, method};

const VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");
const METHOD: HeaderName = HeaderName::from_static("mcp-method");
const NAME: HeaderName = HeaderName::from_static("mcp-name");

/// The first revision in which a server must compare these headers with the body.
const FIRST: &str = "2026-07-28";

/// The operation that the headers name; `None` when they do not, or when the revision does not
/// give them a meaning.
pub(super) fn operation(headers: &HeaderMap) -> Result<Option<Operation>, OperationError> {
    if !text(headers, &VERSION)?.is_some_and(gives_meaning) {
        return Ok(None);
    }
    let Some(named) = text(headers, &METHOD)? else {
        return Ok(None);
    };
    let mut operation = Operation::new(method::named(named));
    if let Some(name) = text(headers, &NAME)? {
        operation.name = Some(decoded(name).ok_or(OperationError::HeaderMismatch)?);
    }
    Ok(Some(operation))
}

/// Whether the request is of a revision that has no sessions any more: the same ones.
pub(crate) fn is_without_sessions(headers: &HeaderMap) -> bool {
    matches!(text(headers, &VERSION), Ok(Some(version)) if gives_meaning(version))
}

/// Whether the revision is a date, and none from before these headers.
fn gives_meaning(version: &str) -> bool {
    let is_date = version.len() == FIRST.len()
        && version
            .bytes()
            .zip(FIRST.bytes())
            .all(|(byte, model)| match model {
                b'-' => byte == b'-',
                _ => byte.is_ascii_digit(),
            });
    is_date && version >= FIRST
}

/// The one line of a header. Several could be read in several ways.
fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, OperationError> {
    let mut lines = headers.get_all(name).iter();
    let Some(line) = lines.next() else {
        return Ok(None);
    };
    match (lines.next(), line.to_str()) {
        (None, Ok(text)) => Ok(Some(text)),
        _ => Err(OperationError::HeaderMismatch),
    }
}

/// A name as it stands, or in Base64 where a header could not carry it.
fn decoded(text: &str) -> Option<String> {
    let inside = text
        .strip_prefix("=?base64?")
        .and_then(|text| text.strip_suffix("?="));
    match inside {
        Some(base64) => String::from_utf8(STANDARD.decode(base64).ok()?).ok(),
        None => Some(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn read(lines: &[(&'static str, &str)]) -> Result<Option<Operation>, OperationError> {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
            headers.append(HeaderName::from_static(name), value);
        }
        operation(&headers)
    }

    #[test]
    fn what_headers_name() {
        let version = ("mcp-protocol-version", "2026-07-28");
        let method = ("mcp-method", "tools/call");
        let name = ("mcp-name", "add");
        let add = Ok(Some(Operation::tool("add")));
        let mismatch = Err(OperationError::HeaderMismatch);
        assert_eq!(read(&[version, method, name]), add, "the control");
        for (lines, expected) in [
            (vec![method, name], Ok(None)),
            (
                vec![("mcp-protocol-version", "2025-11-25"), method, name],
                Ok(None),
            ),
            (
                vec![("mcp-protocol-version", "2027-01-01"), method, name],
                add.clone(),
            ),
            (
                vec![("mcp-protocol-version", "9999"), method, name],
                Ok(None),
            ),
            (
                vec![("mcp-protocol-version", "2026-07-28x"), method, name],
                Ok(None),
            ),
            (
                vec![("mcp-protocol-version", "x026-07-28"), method, name],
                Ok(None),
            ),
            (
                vec![("mcp-protocol-version", "2026.07.28"), method, name],
                Ok(None),
            ),
            (vec![version, version, method, name], mismatch.clone()),
            (vec![version, name], Ok(None)),
            (
                vec![version, method],
                Ok(Some(Operation::new("tools/call"))),
            ),
            (vec![version, method, method, name], mismatch.clone()),
            (vec![version, method, name, name], mismatch.clone()),
            (vec![version, method, ("mcp-name", "=?base64?YWRk?=")], add),
            (
                vec![version, method, ("mcp-name", "=?base64?w6k=?=")],
                Ok(Some(Operation::tool("é"))),
            ),
            (
                vec![version, method, ("mcp-name", "=?base64?w6k?=")],
                mismatch.clone(),
            ),
            (
                vec![version, method, ("mcp-name", "=?base64?/w==?=")],
                mismatch.clone(),
            ),
            (vec![version, method, ("mcp-name", "é")], mismatch),
        ] {
            assert_eq!(read(&lines), expected, "{lines:?}");
        }
    }
}
