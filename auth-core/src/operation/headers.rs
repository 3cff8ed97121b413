//! The operation that the headers `Mcp-Method` and `Mcp-Name` of 2026-07-28 name.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::mcp_headers::McpHeaders;
use super::{Operation, OperationError, method};

/// The operation that the headers name; `None` if they name none, or belong to a revision that does not
/// define them.
pub(crate) fn operation(headers: &McpHeaders<'_>) -> Result<Option<Operation>, OperationError> {
    let Some(named) = headers.method.filter(|_| headers.is_without_sessions()) else {
        return Ok(None);
    };
    let operation = Operation::new(method::named(named));
    Ok(Some(match headers.name {
        Some(name) => operation.with_name(decoded(name).ok_or(OperationError::HeaderMismatch)?),
        None => operation,
    }))
}

/// Decodes a name, which is in Base64 if a header cannot contain it.
fn decoded(text: &str) -> Option<Cow<'_, str>> {
    let inside = text
        .strip_prefix("=?base64?")
        .and_then(|text| text.strip_suffix("?="));
    match inside {
        Some(base64) => {
            let name = String::from_utf8(STANDARD.decode(base64).ok()?).ok()?;
            Some(name.into())
        }
        None => Some(text.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderMap, HeaderName, HeaderValue};

    fn read(lines: &[(&'static str, &str)]) -> Result<Option<Operation>, OperationError> {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
            headers.append(HeaderName::from_static(name), value);
        }
        operation(&McpHeaders::read(&headers).unwrap())
    }

    #[test]
    fn headers_name_an_operation_since_2026_07_28() {
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
            (vec![version, name], Ok(None)),
            (
                vec![version, method],
                Ok(Some(Operation::new("tools/call"))),
            ),
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
                mismatch,
            ),
        ] {
            assert_eq!(read(&lines), expected, "{lines:?}");
        }
    }
}
