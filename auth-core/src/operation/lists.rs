//! Lists of tools, prompts and resources without what the caller may not use.
//!
//! An answer is either one JSON text or an event stream. Each JSON text is parsed, its lists are
//! filtered, and it is written again; what has no list goes through byte for byte. An answer that
//! cannot be judged, since it is too long, ends there: an answer cut short shows nobody too much.

use bytes::{Bytes, BytesMut};
use serde_json::Value;

use super::Operation;

/// The longest JSON text that is filtered.
const MAX_BYTES: usize = 4 * 1024 * 1024;

/// The lists that are filtered: the member of the result, what names an item, and the method by
/// which it is used. Templates of resources name nothing yet.
const LISTS: [(&str, &str, &str); 3] = [
    ("tools", "name", "tools/call"),
    ("prompts", "name", "prompts/get"),
    ("resources", "uri", "resources/read"),
];

/// The methods whose answers hold these lists.
pub(crate) fn is_list(operation: &Operation) -> bool {
    matches!(
        operation.method.as_ref(),
        "tools/list" | "prompts/list" | "resources/list" | "resources/directory/read"
    )
}

/// Whether the caller may use this.
type Visible = dyn Fn(&Operation) -> bool + Send + Sync;

/// Filters one answer.
pub(crate) struct ListFilter {
    visible: Box<Visible>,
    /// Whether it is an event stream, and not one JSON text.
    stream: bool,
    held: BytesMut,
    /// How far the bytes that are held have been searched for the end of an event.
    searched: Searched,
    given_up: bool,
}

/// A place in an event stream.
#[derive(Clone, Copy, Default)]
struct Searched {
    at: usize,
    line: usize,
}

impl ListFilter {
    pub(crate) fn new(
        stream: bool,
        visible: impl Fn(&Operation) -> bool + Send + Sync + 'static,
    ) -> Self {
        Self {
            visible: Box::new(visible),
            stream,
            held: BytesMut::new(),
            searched: Searched::default(),
            given_up: false,
        }
    }

    /// For an answer that nobody can read, such as a compressed one: nothing of it goes out.
    pub(crate) fn closed(self) -> Self {
        Self {
            given_up: true,
            ..self
        }
    }

    /// Whether there is nothing more to come.
    pub(crate) fn has_given_up(&self) -> bool {
        self.given_up
    }

    /// Takes the next bytes of the answer; gives back what can go out by now, which may be empty.
    pub(crate) fn next(&mut self, bytes: &[u8]) -> Bytes {
        if self.given_up {
            return Bytes::new();
        }
        self.held.extend_from_slice(bytes);
        let mut out = BytesMut::new();
        if self.stream {
            while let Some(length) = self.searched.event_end(&self.held) {
                self.searched = Searched::default();
                let event = self.held.split_to(length);
                out.extend_from_slice(&self.event(&event));
            }
        }
        if self.held.len() > MAX_BYTES {
            tracing::warn!("an answer is too long to be filtered, and is cut short");
            self.given_up = true;
            self.held.clear();
        }
        out.freeze()
    }

    /// What is left at the end.
    pub(crate) fn rest(&mut self) -> Bytes {
        let held = self.held.split().freeze();
        if self.stream {
            // An event without its end is none; clients drop it, and so do we.
            return Bytes::new();
        }
        self.rewritten(&held).map_or(held, Bytes::from)
    }

    /// One event with its blank line.
    fn event(&self, event: &[u8]) -> Bytes {
        let unchanged = || Bytes::copy_from_slice(event);
        let Ok(text) = std::str::from_utf8(event) else {
            return unchanged();
        };
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        // Every ending of a line is one, as clients see it; the empty texts between CR and LF are
        // no lines of an event.
        let lines = || text.split(['\r', '\n']);
        let data = |line: &&str| line.starts_with("data:");
        let value = |line: &str| {
            let value = line.strip_prefix("data:").unwrap_or_default();
            value.strip_prefix(' ').unwrap_or(value).to_owned()
        };
        let json: Vec<_> = lines().filter(data).map(value).collect();
        let Some(json) = self.rewritten(json.join("\n").as_bytes()) else {
            return unchanged();
        };
        let mut out = BytesMut::new();
        for line in lines().filter(|line| !data(line) && !line.is_empty()) {
            out.extend_from_slice(line.as_bytes());
            out.extend_from_slice(b"\n");
        }
        out.extend_from_slice(b"data: ");
        out.extend_from_slice(&json);
        out.extend_from_slice(b"\n\n");
        out.freeze()
    }

    /// The JSON text without what must not be seen; `None` for one that has no list.
    fn rewritten(&self, json: &[u8]) -> Option<Vec<u8>> {
        let mut message: Value = serde_json::from_slice(json).ok()?;
        let found = match &mut message {
            Value::Array(batch) => {
                // All of them, whatever the first one is.
                let found: Vec<_> = batch.iter_mut().map(|one| self.filter(one)).collect();
                found.contains(&true)
            }
            one => self.filter(one),
        };
        found.then(|| serde_json::to_vec(&message).unwrap_or_default())
    }

    /// Whether the message has a list, which is then filtered.
    fn filter(&self, message: &mut Value) -> bool {
        let Some(result) = message.get_mut("result").and_then(Value::as_object_mut) else {
            return false;
        };
        let mut found = false;
        for (member, name, method) in LISTS {
            let Some(items) = result.get_mut(member).and_then(Value::as_array_mut) else {
                continue;
            };
            items.retain(|item| {
                let name = item.get(name).and_then(Value::as_str);
                name.is_some_and(|name| (self.visible)(&Operation::new(method).about(name)))
            });
            found = true;
        }
        if found {
            // What one caller sees is no longer for everyone (MCP 2026-07-28, caching).
            result.insert("cacheScope".into(), "private".into());
        }
        found
    }
}

impl Searched {
    /// How long the first event is, with the blank line that ends it. Each byte is looked at once.
    fn event_end(&mut self, bytes: &[u8]) -> Option<usize> {
        while let Some(byte) = bytes.get(self.at) {
            let end = match (byte, bytes.get(self.at + 1)) {
                (b'\n', _) => 1,
                (b'\r', Some(b'\n')) => 2,
                (b'\r', Some(_)) => 1,
                // Its second half may still come.
                (b'\r', None) => return None,
                _ => {
                    self.at += 1;
                    continue;
                }
            };
            let blank = self.at == self.line;
            self.at += end;
            self.line = self.at;
            if blank {
                return Some(self.at);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn filter(stream: bool) -> ListFilter {
        ListFilter::new(stream, |operation| {
            !operation
                .name
                .as_deref()
                .unwrap_or_default()
                .contains("secret")
        })
    }

    /// What comes out, if it goes in in pieces of this size.
    fn through(mut filter: ListFilter, bytes: &[u8], size: usize) -> Vec<u8> {
        let mut out = Vec::new();
        for piece in bytes.chunks(size) {
            out.extend_from_slice(&filter.next(piece));
        }
        out.extend_from_slice(&filter.rest());
        out
    }

    #[test]
    fn lists_lose_what_must_not_be_seen() {
        for (member, name, other) in [
            ("tools", "name", json!({"name": "x"})),
            ("prompts", "name", json!({"name": "x"})),
            ("resources", "uri", json!({"uri": "x"})),
        ] {
            let secret = json!({name: "a secret", "more": [1]});
            let nameless = json!({"title": "no name, no rule"});
            let list = json!({"id": 1, "result": {member: [secret, other, nameless], "ttlMs": 5, "cacheScope": "public"}});
            let expected =
                json!({"id": 1, "result": {member: [other], "ttlMs": 5, "cacheScope": "private"}});
            let text = list.to_string();
            for size in [1, 7, text.len()] {
                let out = through(filter(false), text.as_bytes(), size);
                assert_eq!(
                    serde_json::from_slice::<Value>(&out).unwrap(),
                    expected,
                    "{member}"
                );
            }
            let batch = json!([{"id": 2, "result": {}}, list]).to_string();
            let out = through(filter(false), batch.as_bytes(), 99);
            let expected = json!([{"id": 2, "result": {}}, expected]);
            assert_eq!(serde_json::from_slice::<Value>(&out).unwrap(), expected);
        }
    }

    #[test]
    fn events_are_filtered_one_by_one() {
        let list = r#"{"result":{"tools":[{"name":"secret"},{"name":"x"}]}}"#;
        let kept = r#"{"result":{"cacheScope":"private","tools":[{"name":"x"}]}}"#;
        for (stream, expected) in [
            (format!("data: {list}\n\n"), format!("data: {kept}\n\n")),
            (
                format!(": hello\n\nid: 1\nevent: message\ndata: {list}\n\ndata: {{}}\n\n"),
                format!(": hello\n\nid: 1\nevent: message\ndata: {kept}\n\ndata: {{}}\n\n"),
            ),
            (
                format!("id: 1\r\ndata:{list}\r\n\r\n"),
                format!("id: 1\ndata: {kept}\n\n"),
            ),
            // One text in two lines.
            (
                format!("data: {list}\n\n").replace(":{", ":\ndata: {"),
                format!("data: {kept}\n\n"),
            ),
            (
                format!("id: 1\rdata: {list}\r\r:\n\n"),
                format!("id: 1\ndata: {kept}\n\n:\n\n"),
            ),
            (format!("data: {list}\n\r\n"), format!("data: {kept}\n\n")),
            (
                format!("\u{feff}data: {list}\n\n"),
                format!("data: {kept}\n\n"),
            ),
            // Without its end it is no event.
            (
                format!("data: {{}}\n\ndata: {list}\n"),
                "data: {}\n\n".into(),
            ),
        ] {
            for size in [1, 5, stream.len()] {
                let out = through(filter(true), stream.as_bytes(), size);
                assert_eq!(String::from_utf8(out).unwrap(), expected, "{stream}");
            }
        }
    }

    #[test]
    fn what_has_no_list_goes_through_byte_for_byte() {
        for text in [
            "",
            "{",
            "not json",
            r#"{ "result" : {"tools":{}} }"#,
            r#"{"error":{"tools":[]}}"#,
            r#"{"result":{"content":[{"name":"secret"}]}}"#,
            "[ ]",
            "[1]",
            "\u{feff}{}",
        ] {
            assert_eq!(
                through(filter(false), text.as_bytes(), 3),
                text.as_bytes(),
                "{text}"
            );
        }
        let odd = b"data: \xff\n\n";
        assert_eq!(through(filter(true), odd, 3), odd);
    }

    #[test]
    fn nothing_of_what_cannot_be_read_goes_out() {
        assert_eq!(through(filter(false).closed(), b"gzip", 2), b"");
    }

    #[test]
    fn what_is_too_long_is_cut_short() {
        for stream in [false, true] {
            let mut filter = filter(stream);
            let part = vec![b' '; MAX_BYTES];
            assert!(filter.next(&part).is_empty());
            assert!(!filter.has_given_up());
            assert!(filter.next(b" ").is_empty());
            assert!(filter.has_given_up());
            assert!(filter.rest().is_empty());
        }
    }
}
