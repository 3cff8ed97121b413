//! JSON objects from the servers of a login.

use auth_core::support::json::{self, Rules};
use serde_json::{Map, Value};

/// Reads a body that has to be an object. A duplicate member has no meaning that is safe to guess, so it is an error; a
/// byte order mark is skipped (RFC 8259 section 8.1).
///
/// # Errors
///
/// What the body is instead, to be put after "is".
pub(crate) fn read(body: &[u8]) -> Result<Map<String, Value>, String> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    match json::value(body, Rules::STRICT) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err("no JSON object".to_owned()),
        Err(error) => Err(format!("no JSON: {error}")),
    }
}

/// A string member that is not empty.
pub(crate) fn text(object: &Map<String, Value>, member: &str) -> Option<String> {
    let value = object.get(member)?.as_str()?;
    (!value.is_empty()).then(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_objects_are_read_and_each_member_once() {
        let mark = "\u{feff}{\"a\":\"b\"}";
        for body in ["{\"a\":\"b\"}", mark] {
            let found = read(body.as_bytes()).map(|object| text(&object, "a"));
            assert_eq!(found, Ok(Some("b".to_owned())), "{body}");
        }
        for body in ["[]", "\"a\"", "", "{", "{\"a\":1,\"a\":2}", "a=b"] {
            assert!(read(body.as_bytes()).is_err(), "{body}");
        }
        for value in ["\"\"", "1", "null", "[\"b\"]"] {
            let body = format!("{{\"a\":{value}}}");
            let found = read(body.as_bytes()).map(|object| text(&object, "a"));
            assert_eq!(found, Ok(None), "{body}");
        }
    }
}
