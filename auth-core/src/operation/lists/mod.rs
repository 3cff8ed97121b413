//! Lists of tools, prompts, resources, templates and skills without what the caller may not use.
//!
//! An answer is either one JSON text or an event stream. Each JSON text is read, and what must not be
//! seen is cut out of it; all other bytes stay as they are. A text that cannot be read in exactly one
//! way could show a list to another reader, so it is not sent: one JSON text becomes a JSON-RPC
//! error, an event of a stream is left out.

use std::ops::Range;

use bytes::{Bytes, BytesMut};

use crate::operation::members::{Members, Unreadable};
use crate::operation::primitive::Primitive;
use crate::operation::{Operation, RequestId};
use crate::support::json::{Event, Reader, Rules};

/// The longest JSON text that is filtered.
const MAX_BYTES: usize = 4 * 1024 * 1024;

const RULES: Rules = Rules::STRICT.max_depth(Rules::DEEPEST).duplicates_allowed();

/// A list that is filtered.
struct List {
    /// The member of the result.
    member: &'static str,
    /// The member that names an item.
    name: &'static str,
    /// How an item is used.
    method: &'static str,
    primitive: Primitive,
}

const LISTS: [List; 5] = [
    List {
        member: "tools",
        name: "name",
        method: "tools/call",
        primitive: Primitive::Tool,
    },
    List {
        member: "prompts",
        name: "name",
        method: "prompts/get",
        primitive: Primitive::Prompt,
    },
    List {
        member: "resources",
        name: "uri",
        method: "resources/read",
        primitive: Primitive::Resource,
    },
    // By the rules that cover the whole template: one that can expand to something else too is
    // still of use.
    List {
        member: "resourceTemplates",
        name: "uriTemplate",
        method: "resources/read",
        primitive: Primitive::Resource,
    },
    List {
        member: "skills",
        name: "uri",
        method: "skills/get",
        primitive: Primitive::Skill,
    },
];

/// Whether the answers of this method hold a list.
pub(crate) fn has_list(method: &str) -> bool {
    method.ends_with("/list") || method == "resources/directory/read"
}

/// Whether the answer to this operation holds a list.
pub(crate) fn is_list(operation: &Operation) -> bool {
    has_list(&operation.method)
}

/// Whether the caller may use this.
type Visible = dyn Fn(&Operation) -> bool + Send + Sync;
/// Reports that a text was withheld.
type Withheld = dyn Fn() + Send + Sync;

/// Filters one answer.
pub(crate) struct ListFilter {
    visible: Box<Visible>,
    withheld: Box<Withheld>,
    kind: Kind,
    held: BytesMut,
    /// How far the bytes that are held have been searched for the end of an event.
    searched: Searched,
    /// Whether nothing more of the answer can be judged.
    given_up: bool,
    /// Whether there is nothing more to come.
    over: bool,
}

/// What an answer is.
pub(crate) enum Kind {
    /// An event stream.
    Stream,
    /// One JSON text, the answer to the request with this id.
    Json(Option<RequestId>),
}

/// A place in an event stream.
#[derive(Clone, Copy, Default)]
struct Searched {
    at: usize,
    line: usize,
}

impl ListFilter {
    pub(crate) fn new(
        kind: Kind,
        visible: impl Fn(&Operation) -> bool + Send + Sync + 'static,
        withheld: impl Fn() + Send + Sync + 'static,
    ) -> Self {
        Self {
            visible: Box::new(visible),
            withheld: Box::new(withheld),
            kind,
            held: BytesMut::new(),
            searched: Searched::default(),
            given_up: false,
            over: false,
        }
    }

    /// For an answer that cannot be read, such as a compressed one: nothing of it is sent.
    pub(crate) fn closed(self) -> Self {
        Self {
            given_up: true,
            ..self
        }
    }

    /// Whether there is nothing more to come.
    pub(crate) fn is_over(&self) -> bool {
        self.over
    }

    /// Takes the next bytes of the answer; returns what can be sent by now, which may be empty.
    pub(crate) fn next(&mut self, bytes: &[u8]) -> Bytes {
        if self.over || bytes.is_empty() {
            return Bytes::new();
        }
        if self.given_up {
            return self.give_up();
        }
        self.held.extend_from_slice(bytes);
        let mut out = BytesMut::new();
        if matches!(self.kind, Kind::Stream) {
            while let Some(length) = self.searched.event_end(&self.held) {
                self.searched = Searched::default();
                let event = self.held.split_to(length);
                match self.event(&event) {
                    Ok(event) => out.extend_from_slice(&event),
                    Err(Unreadable) => (self.withheld)(),
                }
            }
        }
        if self.held.len() > MAX_BYTES {
            out.extend_from_slice(&self.give_up());
        }
        out.freeze()
    }

    /// What is left at the end.
    pub(crate) fn rest(&mut self) -> Bytes {
        if self.over {
            return Bytes::new();
        }
        let held = self.held.split().freeze();
        // An event without its end is none; clients drop it, and so do we. No bytes are no list.
        if matches!(self.kind, Kind::Stream) || held.is_empty() {
            return Bytes::new();
        }
        match self.rewritten(&held) {
            Ok(None) => held,
            Ok(Some(filtered)) => filtered.into(),
            Err(Unreadable) => self.give_up(),
        }
    }

    /// Withholds all that was not sent yet.
    fn give_up(&mut self) -> Bytes {
        self.over = true;
        self.held.clear();
        (self.withheld)();
        match &self.kind {
            Kind::Stream => Bytes::new(),
            Kind::Json(id) => error_response(id.as_ref()),
        }
    }

    /// One event with its blank line.
    fn event(&self, event: &[u8]) -> Result<Bytes, Unreadable> {
        let text = std::str::from_utf8(event).map_err(|_| Unreadable)?;
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
        let json = json.join("\n");
        // An event that only has an id, and comments that keep the connection open, say nothing.
        if json.trim().is_empty() {
            return Ok(Bytes::copy_from_slice(event));
        }
        let Some(json) = self.rewritten(json.as_bytes())? else {
            return Ok(Bytes::copy_from_slice(event));
        };
        let mut out = BytesMut::new();
        for line in lines().filter(|line| !data(line) && !line.is_empty()) {
            out.extend_from_slice(line.as_bytes());
            out.extend_from_slice(b"\n");
        }
        for line in json.split(|byte| *byte == b'\n') {
            out.extend_from_slice(b"data: ");
            out.extend_from_slice(line);
            out.extend_from_slice(b"\n");
        }
        out.extend_from_slice(b"\n");
        Ok(out.freeze())
    }

    /// The JSON text without what must not be seen; `None` for one that has no list.
    fn rewritten(&self, json: &[u8]) -> Result<Option<Vec<u8>>, Unreadable> {
        let mut edits = Edits::default();
        let mut reader = Reader::new(json, RULES)?;
        match reader.next_required()? {
            Event::ObjectStart => self.message(&mut reader, json, &mut edits)?,
            Event::ArrayStart => loop {
                match reader.next_required()? {
                    Event::ArrayEnd => break,
                    Event::ObjectStart => self.message(&mut reader, json, &mut edits)?,
                    other => reader.skip(other)?,
                }
            },
            _ => {}
        }
        while reader.next_event()?.is_some() {}
        Ok(edits.applied_to(json))
    }

    /// The members of a message, behind its opening brace.
    fn message(
        &self,
        reader: &mut Reader<'_>,
        json: &[u8],
        edits: &mut Edits,
    ) -> Result<(), Unreadable> {
        while let Event::Name(name) = reader.next_required()? {
            // In any case, as lenient readers take it, and each of several.
            let is_result = name.is_ignoring_case("result");
            match reader.next_required()? {
                Event::ObjectStart if is_result => self.result(reader, json, edits)?,
                other => reader.skip(other)?,
            }
        }
        Ok(())
    }

    /// The members of a result, behind its opening brace.
    fn result(
        &self,
        reader: &mut Reader<'_>,
        json: &[u8],
        edits: &mut Edits,
    ) -> Result<(), Unreadable> {
        let begin = reader.position();
        let mut own = Edits::default();
        let mut scopes = Vec::new();
        while let Event::Name(name) = reader.next_required()? {
            let list = LISTS.iter().find(|list| name.is_ignoring_case(list.member));
            let is_scope = name.is("cacheScope");
            let value = reader.next_required()?;
            let start = reader.start();
            match (list, value) {
                (Some(list), Event::ArrayStart) => {
                    let kept = self.items(list, reader, json)?;
                    own.replace(start..reader.position(), kept);
                }
                (_, value) => {
                    reader.skip(value)?;
                    if is_scope {
                        scopes.push(start..reader.position());
                    }
                }
            }
        }
        if own.0.is_empty() {
            return Ok(());
        }
        // What one caller sees is no longer for everyone (MCP 2026-07-28, caching).
        if scopes.is_empty() {
            own.replace(begin..begin, br#""cacheScope":"private","#.to_vec());
        }
        for scope in scopes {
            own.replace(scope, br#""private""#.to_vec());
        }
        edits.0.append(&mut own.0);
        Ok(())
    }

    /// The array of a list with the items that the caller may use.
    fn items(
        &self,
        list: &List,
        reader: &mut Reader<'_>,
        json: &[u8],
    ) -> Result<Vec<u8>, Unreadable> {
        let mut kept = vec![b'['];
        loop {
            let item = reader.next_required()?;
            let start = reader.start();
            let visible = match item {
                Event::ArrayEnd => break,
                Event::ObjectStart => self.is_visible(list, reader)?,
                other => {
                    reader.skip(other)?;
                    false
                }
            };
            if visible {
                if kept.len() > 1 {
                    kept.push(b',');
                }
                kept.extend_from_slice(json.get(start..reader.position()).unwrap_or_default());
            }
        }
        kept.push(b']');
        Ok(kept)
    }

    /// Whether the caller may use an item, whose members are read; one that cannot be told by one
    /// name is not to be used.
    fn is_visible(&self, list: &List, reader: &mut Reader<'_>) -> Result<bool, Unreadable> {
        let mut members = Members::of([list.name]);
        let (mut name, mut unclear) = (None, false);
        while let Event::Name(member) = reader.next_required()? {
            let met = members.meet(member);
            let value = reader.next_required()?;
            match (met, value) {
                (Ok(Some(_)), Event::String(text)) => name = Some(text),
                (Ok(None), value) => reader.skip(value)?,
                (_, value) => {
                    unclear = true;
                    reader.skip(value)?;
                }
            }
        }
        Ok(!unclear
            && name.is_some_and(|name| {
                let operation = Operation::new(list.method);
                (self.visible)(&operation.about_primitive(list.primitive, name.decode()))
            }))
    }
}

/// Parts of a text that are replaced.
#[derive(Default)]
struct Edits(Vec<(Range<usize>, Vec<u8>)>);

impl Edits {
    fn replace(&mut self, part: Range<usize>, by: Vec<u8>) {
        self.0.push((part, by));
    }

    /// The text with its replacements; `None` when there are none.
    fn applied_to(mut self, text: &[u8]) -> Option<Vec<u8>> {
        if self.0.is_empty() {
            return None;
        }
        self.0.sort_by_key(|(part, _)| part.start);
        let mut out = Vec::with_capacity(text.len());
        let mut at = 0;
        for (part, by) in self.0 {
            out.extend_from_slice(text.get(at..part.start).unwrap_or_default());
            out.extend_from_slice(&by);
            at = part.end;
        }
        out.extend_from_slice(text.get(at..).unwrap_or_default());
        Some(out)
    }
}

/// The JSON-RPC error in place of a list.
fn error_response(id: Option<&RequestId>) -> Bytes {
    let id = id.map_or_else(String::new, |id| format!(r#""id":{},"#, id.as_json()));
    let error = r#""error":{"code":-32603,"message":"The server's list cannot be read"}"#;
    format!(r#"{{"jsonrpc":"2.0",{id}{error}}}"#).into()
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
    use serde_json::{Value, json};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// The limit as users know it.
    const LIMIT: usize = 4_194_304;

    const ERROR: &str = r#"{"jsonrpc":"2.0","id":7,"error":{"code":-32603,"message":"The server's list cannot be read"}}"#;

    fn filter(stream: bool) -> ListFilter {
        counted(stream).0
    }

    /// A filter, and how often it has withheld something.
    fn counted(stream: bool) -> (ListFilter, Arc<AtomicUsize>) {
        let kind = if stream {
            Kind::Stream
        } else {
            Kind::Json(RequestId::of(b"7"))
        };
        let withheld = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&withheld);
        let filter = ListFilter::new(
            kind,
            |operation| {
                let name = operation.name.as_deref().unwrap_or_default();
                !name.contains("secret")
            },
            move || {
                count.fetch_add(1, Ordering::SeqCst);
            },
        );
        (filter, withheld)
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
            (
                "resourceTemplates",
                "uriTemplate",
                json!({"uriTemplate": "x{y}"}),
            ),
            ("skills", "uri", json!({"uri": "x"})),
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
        let kept_in_lines =
            "{\"result\":\ndata: {\"cacheScope\":\"private\",\"tools\":[{\"name\":\"x\"}]}}";
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
                format!("data: {kept_in_lines}\n\n"),
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
    fn what_has_no_list_is_sent_byte_for_byte() {
        for text in [
            "",
            r#"{ "result" : {"tools":{}} }"#,
            r#"{"error":{"tools":[]}}"#,
            r#"{"result":{"content":[{"name":"secret"}]}}"#,
            r#"{"result":{"n":1.10,"m":123456789012345678901234567890}}"#,
            "[ ]",
            "[1]",
            "7",
        ] {
            let (filter, withheld) = counted(false);
            assert_eq!(
                through(filter, text.as_bytes(), 3),
                text.as_bytes(),
                "{text}"
            );
            assert_eq!(withheld.load(Ordering::SeqCst), 0, "{text}");
        }
        for event in [
            "data: {\"id\":1}\n\n",
            ": ping\n\n",
            "id: 1\n\n",
            "id: 1\ndata:\n\n",
            "id: 1\ndata: \n\n",
            "retry: 10\r\n\r\n",
        ] {
            let (filter, withheld) = counted(true);
            assert_eq!(
                through(filter, event.as_bytes(), 3),
                event.as_bytes(),
                "{event}"
            );
            assert_eq!(withheld.load(Ordering::SeqCst), 0, "{event}");
        }
    }

    #[test]
    fn the_rest_of_a_list_stays_as_it_was_written() {
        let text = r#"{"id":1, "result": {"tools": [ {"name":"secret"}, {"name":"x", "n":1.10}],"ttlMs": 1e3}}"#;
        let expected = r#"{"id":1, "result": {"cacheScope":"private","tools": [{"name":"x", "n":1.10}],"ttlMs": 1e3}}"#;
        let out = through(filter(false), text.as_bytes(), 99);
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn what_another_reader_could_take_for_a_list_is_filtered_too() {
        for (list, expected) in [
            (
                r#"{"Tools":[{"name":"secret"}]}"#,
                r#"{"cacheScope":"private","Tools":[]}"#,
            ),
            (
                r#"{"tools":[{"name":"x"}],"tools":[{"name":"secret"}]}"#,
                r#"{"cacheScope":"private","tools":[{"name":"x"}],"tools":[]}"#,
            ),
            (
                r#"{"tools":[{"name":"x","name":"secret"},{"name":"x","NAME":"secret"}]}"#,
                r#"{"cacheScope":"private","tools":[]}"#,
            ),
            (
                r#"{"cacheScope":"public","tools":[],"cacheScope":"public"}"#,
                r#"{"cacheScope":"private","tools":[],"cacheScope":"private"}"#,
            ),
            (
                r#"{"t\u006fols":[{"n\u0061me":"s\u0065cret"},{"name":"x"}]}"#,
                r#"{"cacheScope":"private","t\u006fols":[{"name":"x"}]}"#,
            ),
        ] {
            let whole = |result: &str| format!(r#"{{"RESULT":{{}},"result":{result}}}"#);
            let out = through(filter(false), whole(list).as_bytes(), 99);
            assert_eq!(String::from_utf8(out).unwrap(), whole(expected), "{list}");
        }
    }

    #[test]
    fn a_list_that_cannot_be_judged_is_not_sent() {
        let list =
            |odd: &str| format!(r#"{{"result":{{"tools":[{{"name":"secret"}}],"x":{odd}}}}}"#);
        let control = through(filter(false), list("1").as_bytes(), 9);
        assert!(!control.is_empty() && !control.windows(6).any(|part| part == b"secret"));
        let deep = format!("{}{}", "[".repeat(130), "]".repeat(130));
        let mut bytes: Vec<_> = [
            r#""\ud800""#,
            r#""\udc00\ud800""#,
            "1e400",
            "-1e999",
            &"9".repeat(400),
            &deep,
            r#"{"$serde_json::private::RawValue":"1"}"#,
            r#"{"$serde_json::private::Number":"1"}"#,
            "01",
            "nul",
            "'x'",
            "1}}x",
            "[1,]",
        ]
        .into_iter()
        .map(|odd| list(odd).into_bytes())
        .collect();
        bytes.push(format!("\u{feff}{}", list("1")).into_bytes());
        bytes.push(list("\"\u{1}\"").into_bytes());
        bytes.push([list("\"").as_bytes(), b"\xff\"}}"].concat());
        bytes.push(b"{".to_vec());
        bytes.push(b"not json".to_vec());
        for odd in bytes {
            let shown = String::from_utf8_lossy(&odd).into_owned();
            for size in [1, 9, odd.len()] {
                let (filter, withheld) = counted(false);
                let out = through(filter, &odd, size);
                assert_eq!(String::from_utf8(out).unwrap(), ERROR, "{shown}");
                assert_eq!(withheld.load(Ordering::SeqCst), 1, "{shown}");
                if odd.contains(&b'\n') {
                    continue;
                }
                // In a stream the other events go on.
                let (filter, withheld) = counted(true);
                let stream = [b"data: {}\n\ndata: ", &odd[..], b"\n\ndata: 1\n\n"].concat();
                let out = through(filter, &stream, size);
                let expected = "data: {}\n\ndata: 1\n\n";
                assert_eq!(String::from_utf8(out).unwrap(), expected, "{shown}");
                assert_eq!(withheld.load(Ordering::SeqCst), 1, "{shown}");
            }
        }
    }

    #[test]
    fn an_error_without_a_known_id_has_none() {
        let filter = ListFilter::new(Kind::Json(None), |_| true, || {});
        let expected = ERROR.replace("\"id\":7,", "");
        assert_eq!(through(filter, b"{", 1), expected.as_bytes());
    }

    #[test]
    fn nothing_of_what_cannot_be_read_is_sent() {
        let (json, stream) = (r#"{"result":{"tools":[]}}"#, "data: 1\n\n");
        assert!(!through(filter(false), json.as_bytes(), 2).is_empty());
        assert!(!through(filter(true), stream.as_bytes(), 2).is_empty());
        // It is closed whatever comes: what looks readable may be something else to its reader.
        for bytes in ["gzip", json, stream] {
            let bytes = bytes.as_bytes();
            let error = ERROR.as_bytes();
            assert_eq!(through(filter(false).closed(), bytes, 2), error);
            assert_eq!(through(filter(true).closed(), bytes, 2), b"");
        }
        assert_eq!(
            through(filter(false).closed(), b"", 2),
            b"",
            "nothing is no list"
        );
    }

    #[test]
    fn what_is_too_long_is_not_sent() {
        for (stream, expected) in [(false, ERROR), (true, "")] {
            let mut filter = filter(stream);
            let part = vec![b' '; LIMIT];
            assert!(filter.next(&part).is_empty());
            assert!(!filter.is_over());
            assert_eq!(filter.next(b" "), expected);
            assert!(filter.is_over());
            assert!(filter.next(b" ").is_empty());
            assert!(filter.rest().is_empty());
        }
    }
}
