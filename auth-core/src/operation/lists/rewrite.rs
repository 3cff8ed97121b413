//! One JSON text without the items that the caller may not use.

use super::edits::Edits;
use super::list::{LISTS, List};
use crate::operation::Operation;
use crate::operation::members::{Members, Unreadable};
use crate::support::json::{Event, Reader, Rules};

const RULES: Rules = Rules::STRICT.max_depth(Rules::DEEPEST).duplicates_allowed();

/// Whether the caller may use an item of a list.
pub(super) type Visible = dyn Fn(&Operation) -> bool + Send + Sync;

/// The JSON text without the items that are not visible; `None` if it contains no list.
pub(super) fn rewrite(json: &[u8], visible: &Visible) -> Result<Option<Vec<u8>>, Unreadable> {
    let reader = Reader::new(json, RULES)?;
    Rewriter {
        json,
        visible,
        reader,
        edits: Edits::default(),
    }
    .document()
}

struct Rewriter<'a> {
    json: &'a [u8],
    visible: &'a Visible,
    reader: Reader<'a>,
    edits: Edits,
}

impl Rewriter<'_> {
    /// A message, or a batch of them.
    fn document(mut self) -> Result<Option<Vec<u8>>, Unreadable> {
        match self.reader.next_required()? {
            Event::ObjectStart => self.message()?,
            Event::ArrayStart => loop {
                match self.reader.next_required()? {
                    Event::ArrayEnd => break,
                    Event::ObjectStart => self.message()?,
                    other => self.reader.skip(other)?,
                }
            },
            _ => {}
        }
        while self.reader.next_event()?.is_some() {}
        Ok(self.edits.applied_to(self.json))
    }

    /// The members of a message, after its opening brace.
    fn message(&mut self) -> Result<(), Unreadable> {
        while let Event::Name(name) = self.reader.next_required()? {
            // Lenient parsers ignore case and take either of two duplicates, so each is filtered.
            let is_result = name.is_ignoring_case("result");
            match self.reader.next_required()? {
                Event::ObjectStart if is_result => self.result()?,
                other => self.reader.skip(other)?,
            }
        }
        Ok(())
    }

    /// The members of a result, after its opening brace.
    fn result(&mut self) -> Result<(), Unreadable> {
        let begin = self.reader.position();
        let mut edits = Edits::default();
        let mut scopes = Vec::new();
        while let Event::Name(name) = self.reader.next_required()? {
            let list = LISTS.iter().find(|list| name.is_ignoring_case(list.member));
            let is_scope = name.is("cacheScope");
            let value = self.reader.next_required()?;
            let start = self.reader.start();
            match (list, value) {
                (Some(list), Event::ArrayStart) => {
                    let kept = self.items(list)?;
                    edits.replace(start..self.reader.position(), kept);
                }
                (_, value) => {
                    self.reader.skip(value)?;
                    if is_scope {
                        scopes.push(start..self.reader.position());
                    }
                }
            }
        }
        if edits.is_empty() {
            return Ok(());
        }
        // A filtered list differs between callers, so shared caches must not keep it
        // (MCP 2026-07-28, caching).
        if scopes.is_empty() {
            edits.replace(begin..begin, br#""cacheScope":"private","#.to_vec());
        }
        for scope in scopes {
            edits.replace(scope, br#""private""#.to_vec());
        }
        self.edits.append(edits);
        Ok(())
    }

    /// The array of a list with its visible items.
    fn items(&mut self, list: &List) -> Result<Vec<u8>, Unreadable> {
        let mut kept = vec![b'['];
        loop {
            let item = self.reader.next_required()?;
            let start = self.reader.start();
            let visible = match item {
                Event::ArrayEnd => break,
                Event::ObjectStart => self.is_visible(list)?,
                other => {
                    self.reader.skip(other)?;
                    false
                }
            };
            if visible {
                if kept.len() > 1 {
                    kept.push(b',');
                }
                let item = self.json.get(start..self.reader.position());
                kept.extend_from_slice(item.unwrap_or_default());
            }
        }
        kept.push(b']');
        Ok(kept)
    }

    /// Whether the caller may use an item, whose members are read here. An item without exactly one
    /// name is hidden.
    fn is_visible(&mut self, list: &List) -> Result<bool, Unreadable> {
        let mut members = Members::of([list.name]);
        let (mut name, mut ambiguous) = (None, false);
        while let Event::Name(member) = self.reader.next_required()? {
            let met = members.meet(member);
            let value = self.reader.next_required()?;
            match (met, value) {
                (Ok(Some(_)), Event::String(string)) => name = Some(string),
                (Ok(None), value) => self.reader.skip(value)?,
                (_, value) => {
                    ambiguous = true;
                    self.reader.skip(value)?;
                }
            }
        }
        Ok(!ambiguous
            && name.is_some_and(|name| {
                let operation = Operation::new(list.method);
                (self.visible)(&operation.with_primitive(list.primitive, name.decode()))
            }))
    }
}
