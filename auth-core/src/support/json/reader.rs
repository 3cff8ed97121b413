//! [`Reader`]: reads a JSON text, event by event.

use super::error::JsonError;
use super::names::Names;
use super::number;
use super::rules::Rules;
use super::string;
use super::string::{JsonStr, escape};

/// The beginning of the member names that `serde_json` reserves for itself.
const RESERVED: &str = "$serde_json::private::";

/// A token of a JSON text.
#[derive(Debug, Clone, Copy)]
pub enum Event<'a> {
    /// `{`
    ObjectStart,
    /// `}`
    ObjectEnd,
    /// `[`
    ArrayStart,
    /// `]`
    ArrayEnd,
    /// The name of a member; its value comes next.
    Name(JsonStr<'a>),
    /// A string value.
    String(JsonStr<'a>),
    /// A number, as written; it fits a double.
    Number(&'a str),
    /// `true` or `false`
    Bool(bool),
    /// `null`
    Null,
}

/// Reads one JSON text event by event, without recursion.
///
/// After an error every further call returns an error: no part of a refused text may be used.
#[derive(Debug)]
pub struct Reader<'a> {
    text: &'a str,
    at: usize,
    /// The offset at which the last event begins.
    start: usize,
    rules: Rules,
    /// One bit for each open level, the innermost lowest: 1 for an object.
    levels: u128,
    depth: usize,
    expects: Expects,
    names: Names,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expects {
    Value,
    ValueOrArrayEnd,
    Name,
    NameOrObjectEnd,
    CommaOrEnd,
    End,
    /// An error was returned.
    Failed,
}

impl<'a> Reader<'a> {
    /// A reader at the beginning of a text.
    ///
    /// # Errors
    ///
    /// [`JsonError::NotUtf8`].
    pub fn new(json: &'a [u8], rules: Rules) -> Result<Self, JsonError> {
        let text = std::str::from_utf8(json).map_err(|_| JsonError::NotUtf8)?;
        Ok(Self::of_str(text, rules))
    }

    /// A reader at the beginning of a text.
    #[must_use]
    pub fn of_str(text: &'a str, rules: Rules) -> Self {
        Self {
            text,
            at: 0,
            start: 0,
            rules,
            levels: 0,
            depth: 0,
            expects: Expects::Value,
            names: Names::default(),
        }
    }

    /// The next event; `None` at the end of the text.
    ///
    /// # Errors
    ///
    /// [`JsonError`] when the text does not follow the rules.
    pub fn next_event(&mut self) -> Result<Option<Event<'a>>, JsonError> {
        let event = self.read();
        if event.is_err() {
            self.expects = Expects::Failed;
        }
        event
    }

    fn read(&mut self) -> Result<Option<Event<'a>>, JsonError> {
        loop {
            self.skip_space();
            self.start = self.at;
            let Some(byte) = self.peek() else {
                return match self.expects {
                    Expects::End => Ok(None),
                    _ => Err(self.syntax()),
                };
            };
            match (self.expects, byte) {
                (Expects::CommaOrEnd, b',') => {
                    self.at += 1;
                    self.expects = if self.in_object() {
                        Expects::Name
                    } else {
                        Expects::Value
                    };
                }
                (Expects::CommaOrEnd | Expects::NameOrObjectEnd, b'}') if self.in_object() => {
                    self.close()?;
                    return Ok(Some(Event::ObjectEnd));
                }
                (Expects::CommaOrEnd | Expects::ValueOrArrayEnd, b']') if !self.in_object() => {
                    self.close()?;
                    return Ok(Some(Event::ArrayEnd));
                }
                (Expects::Name | Expects::NameOrObjectEnd, b'"') => return self.name().map(Some),
                (Expects::Value | Expects::ValueOrArrayEnd, _) => {
                    return self.value(byte).map(Some);
                }
                _ => return Err(self.syntax()),
            }
        }
    }

    /// The next event, at a place where the text cannot end.
    ///
    /// # Errors
    ///
    /// As [`next_event`](Self::next_event); [`JsonError::Syntax`] at the end.
    pub fn next_required(&mut self) -> Result<Event<'a>, JsonError> {
        match self.next_event()? {
            Some(event) => Ok(event),
            None => Err(self.syntax()),
        }
    }

    /// Skips the rest of the value that begins with `event`, the last event that was read.
    ///
    /// # Errors
    ///
    /// As [`next_event`](Self::next_event).
    pub fn skip(&mut self, event: Event<'a>) -> Result<(), JsonError> {
        if !matches!(event, Event::ObjectStart | Event::ArrayStart) {
            return Ok(());
        }
        let outside = self.depth.saturating_sub(1);
        while self.depth > outside {
            self.next_required()?;
        }
        Ok(())
    }

    /// The offset of the first byte of the last event.
    #[must_use]
    pub fn start(&self) -> usize {
        self.start
    }

    /// The offset after the last event; for a name, after its colon.
    #[must_use]
    pub fn position(&self) -> usize {
        self.at
    }

    fn value(&mut self, byte: u8) -> Result<Event<'a>, JsonError> {
        let event = match byte {
            b'{' => return self.open(true),
            b'[' => return self.open(false),
            b'"' => Event::String(self.string()?),
            b't' => self.word("true", Event::Bool(true))?,
            b'f' => self.word("false", Event::Bool(false))?,
            b'n' => self.word("null", Event::Null)?,
            _ => Event::Number(self.number()?),
        };
        self.value_ended();
        Ok(event)
    }

    fn value_ended(&mut self) {
        self.expects = if self.depth == 0 {
            Expects::End
        } else {
            Expects::CommaOrEnd
        };
    }

    fn open(&mut self, object: bool) -> Result<Event<'a>, JsonError> {
        if self.depth >= self.rules.max_depth {
            let limit = self.rules.max_depth;
            return Err(JsonError::TooDeep { limit });
        }
        self.at += 1;
        self.depth += 1;
        self.levels = (self.levels << 1) | u128::from(object);
        if object {
            self.names.open().map_err(|_| self.syntax())?;
            self.expects = Expects::NameOrObjectEnd;
            Ok(Event::ObjectStart)
        } else {
            self.expects = Expects::ValueOrArrayEnd;
            Ok(Event::ArrayStart)
        }
    }

    fn close(&mut self) -> Result<(), JsonError> {
        if self.in_object() && !self.names.close(self.text) {
            return Err(JsonError::DuplicateMember);
        }
        self.at += 1;
        self.levels >>= 1;
        self.depth = self.depth.saturating_sub(1);
        self.value_ended();
        Ok(())
    }

    fn in_object(&self) -> bool {
        self.levels & 1 == 1
    }

    fn name(&mut self) -> Result<Event<'a>, JsonError> {
        let start = self.at + 1;
        let name = self.string()?;
        if name.starts_with(RESERVED) {
            return Err(JsonError::ReservedMember);
        }
        if !self.rules.allow_duplicates {
            let added = self.names.add(start, self.text.len());
            added.map_err(|_| self.syntax())?;
        }
        self.skip_space();
        if self.peek() != Some(b':') {
            return Err(self.syntax());
        }
        self.at += 1;
        self.expects = Expects::Value;
        Ok(Event::Name(name))
    }

    /// Reads a string with its quotes.
    fn string(&mut self) -> Result<JsonStr<'a>, JsonError> {
        let begin = self.at + 1;
        let mut at = begin;
        let mut escaped = false;
        let bytes = self.text.as_bytes();
        loop {
            at += string::plain_length(bytes.get(at..).unwrap_or_default());
            match bytes.get(at) {
                Some(b'"') => break,
                Some(b'\\') => {
                    escaped = true;
                    at += 1;
                    at += self.escape_length(at).ok_or(JsonError::Syntax { at })?;
                }
                _ => return Err(JsonError::Syntax { at }),
            }
        }
        let raw = self.text.get(begin..at).unwrap_or_default();
        self.at = at + 1;
        Ok(JsonStr::new(raw, escaped))
    }

    /// The length of an escape after its backslash.
    fn escape_length(&self, at: usize) -> Option<usize> {
        let text = self.text.get(at..)?;
        let mut rest = text.chars();
        escape(&mut rest)?;
        Some(text.len() - rest.as_str().len())
    }

    fn number(&mut self) -> Result<&'a str, JsonError> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let length = number::length(rest.as_bytes()).ok_or_else(|| self.syntax())?;
        let number = rest.get(..length).unwrap_or_default();
        self.at += length;
        if number::fits(number) {
            Ok(number)
        } else {
            Err(JsonError::NumberOutOfRange { at: self.at })
        }
    }

    fn word(&mut self, word: &str, event: Event<'a>) -> Result<Event<'a>, JsonError> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        if !rest.starts_with(word) {
            return Err(self.syntax());
        }
        self.at += word.len();
        Ok(event)
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn syntax(&self) -> JsonError {
        JsonError::Syntax { at: self.at }
    }
}
