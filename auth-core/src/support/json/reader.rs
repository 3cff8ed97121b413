//! [`Reader`]: one JSON text, event by event.

use std::num::TryFromIntError;

use smallvec::SmallVec;

use super::error::JsonError;
use super::number;
use super::string;
use super::string::{JsonStr, escape};

/// The beginning of the member names that `serde_json` reserves for itself.
const RESERVED: &str = "$serde_json::private::";

/// What a [`Reader`] refuses beyond what is no JSON. The default suits texts that decide something:
/// 64 levels, no duplicate member names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct Rules {
    max_depth: usize,
    allow_duplicates: bool,
}

impl Rules {
    /// The deepest nesting that can be allowed: what `serde_json` itself reads by default.
    pub const DEEPEST: usize = 127;

    /// The default rules.
    pub const STRICT: Self = Self {
        max_depth: 64,
        allow_duplicates: false,
    };

    /// Rules for a text that was read before: everything that a [`Reader`] can read at all.
    pub(super) const ANY: Self = Self {
        max_depth: Self::DEEPEST,
        allow_duplicates: true,
    };

    /// Sets how many levels of arrays and objects are allowed, at most [`DEEPEST`](Self::DEEPEST).
    /// Default: 64.
    pub const fn max_depth(mut self, levels: usize) -> Self {
        self.max_depth = if levels < Self::DEEPEST {
            levels
        } else {
            Self::DEEPEST
        };
        self
    }

    /// Lets duplicate member names pass, for texts whose contract leaves them to a later reader.
    pub const fn duplicates_allowed(mut self) -> Self {
        self.allow_duplicates = true;
        self
    }
}

impl Default for Rules {
    fn default() -> Self {
        Self::STRICT
    }
}

/// What a [`Reader`] meets.
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
    /// A string that is a value.
    String(JsonStr<'a>),
    /// A number as it is written; it fits a double.
    Number(&'a str),
    /// `true` or `false`
    Bool(bool),
    /// `null`
    Null,
}

/// Reads one JSON text event by event, without recursion.
///
/// After an error every further call returns an error again: nothing of a text that is refused is
/// to be used.
#[derive(Debug)]
pub struct Reader<'a> {
    text: &'a str,
    at: usize,
    /// Where the last event begins.
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
    Nothing,
    /// The text was refused.
    NothingAfterAnError,
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
            self.expects = Expects::NothingAfterAnError;
        }
        event
    }

    fn read(&mut self) -> Result<Option<Event<'a>>, JsonError> {
        loop {
            self.skip_space();
            self.start = self.at;
            let Some(byte) = self.peek() else {
                return match self.expects {
                    Expects::Nothing => Ok(None),
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

    /// The next event, where the text cannot end.
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

    /// Reads to the end of the value that began with `event`, and builds nothing.
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

    /// The offset of the first byte behind the last event; behind the colon of a name.
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
            Expects::Nothing
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

    /// A string with its quotes.
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

    /// How long an escape is, behind its backslash.
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

/// The member names of the open objects, one after the other: where each begins in the text, behind its quote. So
/// they take less memory than the text, whatever it holds, and none for an object with as many members as a token.
#[derive(Debug, Default)]
struct Names {
    all: SmallVec<[u32; 64]>,
    /// Where those of each open object begin.
    objects: SmallVec<[u32; 64]>,
}

impl Names {
    /// Objects of so many members are compared pair by pair.
    const FEW: usize = 32;
    /// The shortest member: `"":0,`.
    const SHORTEST: usize = 5;

    fn open(&mut self) -> Result<(), TryFromIntError> {
        self.objects.push(self.all.len().try_into()?);
        Ok(())
    }

    /// Takes the name that begins there, of a text of this length.
    fn add(&mut self, start: usize, length: usize) -> Result<(), TryFromIntError> {
        if self.all.len() == self.all.capacity() {
            // Once for all that may come, where that is not much.
            let left = length.saturating_sub(start) / Self::SHORTEST + 1;
            self.all.reserve_exact(left.min(self.all.len().max(4096)));
        }
        self.all.push(start.try_into()?);
        Ok(())
    }

    /// Whether each name of the innermost object is there once.
    fn close(&mut self, text: &str) -> bool {
        let begin = self
            .objects
            .pop()
            .and_then(|begin| usize::try_from(begin).ok());
        let begin = begin.unwrap_or_default();
        let starts = self.all.get_mut(begin..).unwrap_or_default();
        let name = |start: &u32| {
            let start = usize::try_from(*start).ok();
            let rest = start.and_then(|start| text.get(start..));
            JsonStr::at_start_of(rest.unwrap_or_default())
        };
        let once = if starts.len() <= Self::FEW {
            let names: SmallVec<[_; Self::FEW]> = starts.iter().map(name).collect();
            let mut rest = names.iter();
            std::iter::from_fn(|| rest.next().map(|name| (name, rest.clone())))
                .all(|(name, mut others)| !others.any(|other| other.is_same(*name)))
        } else {
            starts.sort_unstable_by(|one, other| name(one).order(name(other)));
            starts.is_sorted_by(|one, next| name(one).order(name(next)).is_lt())
        };
        self.all.truncate(begin);
        once
    }
}
