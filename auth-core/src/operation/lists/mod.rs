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
mod tests;
