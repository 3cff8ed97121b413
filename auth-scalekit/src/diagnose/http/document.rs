//! [`Document`]: a JSON document of a server, and its members.

use serde_json::{Map, Value};

/// The members of a JSON object.
pub(crate) type Document = Map<String, Value>;

/// A member that is a string.
pub(crate) fn text<'a>(document: &'a Document, name: &str) -> Option<&'a str> {
    document.get(name)?.as_str()
}

/// The strings of an array member; empty when it is not an array.
pub(crate) fn texts<'a>(document: &'a Document, name: &str) -> impl Iterator<Item = &'a str> {
    let members = document.get(name).and_then(Value::as_array);
    members.into_iter().flatten().filter_map(Value::as_str)
}
