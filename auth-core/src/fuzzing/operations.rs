//! Request bodies, and lists in response bodies.

use serde_json::Value;

use crate::operation;
use crate::operation::{ListFilter, Operation, ResponseKind};
use crate::support::json;
use crate::support::json::Rules;

/// The body of a request: its operations are determined, or it is refused.
pub fn message(data: &[u8]) {
    let permissive = Rules::STRICT.max_depth(Rules::DEEPEST).duplicates_allowed();
    let operations = operation::operations_of(data);
    assert_eq!(
        operations,
        operation::operations_of(data),
        "is not deterministic"
    );
    let Ok(operations) = operations else {
        return;
    };
    assert_eq!(
        json::check(data, permissive),
        Ok(()),
        "accepted, but not JSON"
    );
    for operation in operations {
        assert!(operation.method().len() <= 128);
        assert_eq!(operation.name().is_some(), operation.primitive().is_some());
        let shown = operation.to_string();
        assert!(!shown.contains(['\n', '\r', '\0']), "{shown}");
    }
}

/// The body of a response: the output does not depend on the chunks, and lists no hidden item.
pub fn list(data: &[u8]) {
    for stream in [false, true] {
        let through = |size: usize| {
            let kind = if stream {
                ResponseKind::Stream
            } else {
                ResponseKind::Json(None)
            };
            let visible = |operation: &Operation| {
                let name = operation.name().unwrap_or_default();
                !name.contains("secret")
            };
            let mut filter = ListFilter::new(kind, visible, || {});
            let mut out = Vec::new();
            for chunk in data.chunks(size) {
                out.extend_from_slice(&filter.next(chunk));
            }
            out.extend_from_slice(&filter.finish());
            out
        };
        let out = through(data.len().max(1));
        assert_eq!(out, through(7), "the output depends on the chunks");
        if !stream {
            let sent = serde_json::from_slice::<Value>(&out).unwrap_or_default();
            assert!(!lists_a_secret(&sent), "{}", out.escape_ascii());
        }
    }
}

/// Whether a list contains an item with a secret name.
fn lists_a_secret(sent: &Value) -> bool {
    let messages = sent
        .as_array()
        .map_or(std::slice::from_ref(sent), Vec::as_slice);
    let lists = [
        ("tools", "name"),
        ("prompts", "name"),
        ("resources", "uri"),
        ("resourceTemplates", "uriTemplate"),
        ("skills", "uri"),
    ];
    messages.iter().any(|message| {
        lists.iter().any(|(list, name)| {
            let items = message["result"][list].as_array();
            items.is_some_and(|items| {
                let mut names = items.iter().filter_map(|item| item[name].as_str());
                names.any(|name| name.contains("secret"))
            })
        })
    })
}
