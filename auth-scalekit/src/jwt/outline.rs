//! A JSON object of a token that nobody has vouched for yet: its members are found, and not built.
//!
//! A tree of `[0,0,0,..` takes 30 times the memory of its text, one of `{"":0},..` 80 times, and
//! anybody can send a token. So what is read before the signature is read in place, and takes
//! nothing. Only as much is checked as finding the members needs: what is accepted is parsed once
//! more by [`strict_json`](super::strict_json), and judged once more.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::iter;

use auth_core::json;
use serde_json::Number;

use super::claim::Claim;
use super::strict_json::JsonFault;

/// The members of these names in a text that is one object, in one pass over it.
///
/// Members of other names may stand there twice, or hold what is no JSON.
pub(crate) fn members<'a, const N: usize>(
    text: &'a str,
    names: [&str; N],
) -> Result<[Option<Raw<'a>>; N], JsonFault> {
    let mut found = [None; N];
    let mut cursor = Cursor(text);
    cursor.skip_space();
    cursor.take('{')?;
    if !cursor.closes('}') {
        loop {
            cursor.skip_space();
            let name = cursor.text()?;
            cursor.skip_space();
            cursor.take(':')?;
            let value = cursor.value()?;
            for (known, place) in names.iter().zip(&mut found) {
                if name.is(known) && place.replace(value).is_some() {
                    return Err(JsonFault::DuplicateMember);
                }
            }
            if cursor.closes('}') {
                break;
            }
            cursor.take(',')?;
        }
    }
    cursor.skip_space();
    if cursor.0.is_empty() {
        Ok(found)
    } else {
        Err(JsonFault::Malformed)
    }
}

/// A value as it is written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Raw<'a>(&'a str);

impl<'a> Raw<'a> {
    /// The JSON that stands there.
    #[cfg(feature = "fuzzing")]
    pub(crate) fn json(self) -> &'a str {
        self.0
    }

    /// The text that this is, if it is one.
    pub(crate) fn text(self) -> Option<Text<'a>> {
        let inside = self.0.strip_prefix('"')?.strip_suffix('"')?;
        Some(Text(inside))
    }
}

impl<'a> Claim for Raw<'a> {
    fn is_text(self) -> bool {
        self.text().is_some()
    }

    fn is(self, text: &str) -> bool {
        self.text().is_some_and(|own| own.is(text))
    }

    fn items(self) -> Option<impl Iterator<Item = Self>> {
        let mut cursor = Cursor(self.0.strip_prefix('[')?);
        let mut ended = cursor.closes(']');
        Some(iter::from_fn(move || {
            if ended {
                return None;
            }
            let item = cursor.value();
            ended = item.is_err() || cursor.closes(']') || cursor.take(',').is_err();
            // What cannot be read is an item too, and none that anybody asks for.
            Some(item.unwrap_or(Raw("")))
        }))
    }

    fn number(self) -> Option<Number> {
        json::number(self.0)
    }
}

/// A text as it is written between its quotes, escapes and all.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Text<'a>(&'a str);

impl<'a> Text<'a> {
    /// Whether it says `text`.
    fn is(self, text: &str) -> bool {
        // An escape is longer than what it stands for, so the lengths tell most of it.
        match self.0.len().cmp(&text.len()) {
            Ordering::Less => false,
            Ordering::Equal => self.0 == text && !text.contains('\\'),
            Ordering::Greater => {
                self.0.contains('\\') && self.characters().eq(text.chars().map(Some))
            }
        }
    }

    /// What it says, unless that is longer than so many bytes or no text at all.
    pub(crate) fn at_most(self, bytes: usize) -> Option<Cow<'a, str>> {
        if !self.0.contains('\\') {
            return (self.0.len() <= bytes).then_some(Cow::Borrowed(self.0));
        }
        let mut said = String::new();
        for character in self.characters() {
            said.push(character?);
            if said.len() > bytes {
                return None;
            }
        }
        Some(Cow::Owned(said))
    }

    /// The characters, `None` for an escape that is none
    /// ([RFC 8259 section 7](https://www.rfc-editor.org/rfc/rfc8259#section-7)).
    fn characters(self) -> impl Iterator<Item = Option<char>> {
        let mut rest = self.0.chars();
        iter::from_fn(move || {
            let first = rest.next()?;
            Some(if first == '\\' {
                escaped(&mut rest)
            } else {
                Some(first)
            })
        })
    }
}

/// The character of an escape, behind its backslash.
fn escaped(rest: &mut impl Iterator<Item = char>) -> Option<char> {
    Some(match rest.next()? {
        same @ ('"' | '\\' | '/') => same,
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'u' => {
            let unit = code_unit(rest)?;
            if !(0xd800..0xdc00).contains(&unit) {
                return char::from_u32(unit.into());
            }
            if (rest.next()?, rest.next()?) != ('\\', 'u') {
                return None;
            }
            let mut pair = char::decode_utf16([unit, code_unit(rest)?]);
            return pair.next()?.ok();
        }
        _ => return None,
    })
}

/// Four hexadecimal digits.
fn code_unit(rest: &mut impl Iterator<Item = char>) -> Option<u16> {
    let mut unit = 0;
    for _ in 0..4 {
        let digit = u16::try_from(rest.next()?.to_digit(16)?).ok()?;
        unit = unit * 16 + digit;
    }
    Some(unit)
}

/// What is still to be read.
#[derive(Clone, Copy)]
struct Cursor<'a>(&'a str);

impl<'a> Cursor<'a> {
    fn skip_space(&mut self) {
        let bytes = self.0.as_bytes().iter();
        let spaces = bytes.take_while(|byte| b" \t\n\r".contains(byte)).count();
        self.0 = self.0.split_at_checked(spaces).unwrap_or_default().1;
    }

    /// Takes one character that must be there.
    fn take(&mut self, expected: char) -> Result<(), JsonFault> {
        self.0 = self.0.strip_prefix(expected).ok_or(JsonFault::Malformed)?;
        Ok(())
    }

    /// Takes a bracket, if that is what comes next.
    fn closes(&mut self, bracket: char) -> bool {
        self.skip_space();
        self.take(bracket).is_ok()
    }

    /// Takes so many bytes.
    fn split(&mut self, length: usize) -> Result<&'a str, JsonFault> {
        let (taken, rest) = self
            .0
            .split_at_checked(length)
            .ok_or(JsonFault::Malformed)?;
        self.0 = rest;
        Ok(taken)
    }

    /// Takes a text with its quotes.
    fn text(&mut self) -> Result<Text<'a>, JsonFault> {
        self.take('"')?;
        let length = text_length(self.0.as_bytes()).ok_or(JsonFault::Malformed)?;
        let inside = self.split(length)?;
        self.take('"')?;
        Ok(Text(inside))
    }

    /// Takes a value, and the space around it.
    fn value(&mut self) -> Result<Raw<'a>, JsonFault> {
        self.skip_space();
        let bytes = self.0.as_bytes();
        let length = match bytes.first() {
            Some(b'"') => text_length(bytes.get(1..).unwrap_or_default()).map(|inside| inside + 2),
            Some(b'{' | b'[') => nested_length(bytes),
            _ => scalar_length(bytes),
        };
        let value = self.split(length.ok_or(JsonFault::Malformed)?)?;
        self.skip_space();
        Ok(Raw(value))
    }
}

/// How long a text is, up to its closing quote.
fn text_length(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        let rest = bytes.get(at..)?;
        at += rest.iter().position(|byte| matches!(byte, b'"' | b'\\'))?;
        if bytes.get(at) == Some(&b'"') {
            return Some(at);
        }
        // Past the backslash and what it escapes.
        at += 2;
    }
}

/// How long an object or array is, up to the bracket that closes the first one.
fn nested_length(bytes: &[u8]) -> Option<usize> {
    let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
    let last = bytes.iter().position(|byte| {
        if in_text {
            in_text = *byte != b'"' || escaped;
            escaped = *byte == b'\\' && !escaped;
            return false;
        }
        match byte {
            b'"' => in_text = true,
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            _ => {}
        }
        depth == 0
    })?;
    Some(last + 1)
}

/// How long a number or a word is.
fn scalar_length(bytes: &[u8]) -> Option<usize> {
    bytes
        .iter()
        .position(|byte| b",]} \t\n\r".contains(byte))
        .filter(|length| *length > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find<'a>(text: &'a str, name: &str) -> Result<Option<&'a str>, JsonFault> {
        let [found] = members(text, [name])?;
        Ok(found.map(|raw: Raw<'a>| raw.0))
    }

    #[test]
    fn members_are_found_where_they_stand() {
        for (text, found) in [
            ("{}", None),
            (" { } ", None),
            (r#"{"a":1}"#, Some("1")),
            ("\t{\n\"a\" :\r 1 , \"b\" : 2 } ", Some("1")),
            (r#"{"b":2,"a":-1.5e3}"#, Some("-1.5e3")),
            (r#"{"b":"\"a\":2","a":"}"}"#, Some(r#""}""#)),
            (r#"{"b":"\\","a":"\\\""}"#, Some(r#""\\\"""#)),
            (
                r#"{"b":{"a":1},"a":{"c":[{"a":"]"}]}}"#,
                Some(r#"{"c":[{"a":"]"}]}"#),
            ),
            (r#"{"b":["\"]"],"a":[ ]}"#, Some("[ ]")),
            (r#"{"\u0061":null}"#, Some("null")),
            (r#"{"b":{"a":1}}"#, None),
            (r#"{"a ":1,"A":1,"":1,"ab":1,"\\u0061":1}"#, None),
            // Not looked at: it is what the strict parser is for.
            (r#"{"b":tru,"b":01,"c":[},"a":1}"#, Some("1")),
        ] {
            assert_eq!(find(text, "a"), Ok(found), "{text}");
        }
    }

    #[test]
    fn what_is_no_object_and_what_stands_twice() {
        use JsonFault::{DuplicateMember, Malformed};
        assert_eq!(find(r#"{"a":1}"#, "a"), Ok(Some("1")), "the control");
        for (text, fault) in [
            (r#"{"a":1,"a":1}"#, DuplicateMember),
            (r#"{"a":1,"\u0061":2}"#, DuplicateMember),
            ("", Malformed),
            ("{", Malformed),
            ("[]", Malformed),
            ("1", Malformed),
            (r#""a""#, Malformed),
            (r#"{"a":1"#, Malformed),
            (r#"{"a":1}}"#, Malformed),
            (r#"{"a":1}x"#, Malformed),
            (r#"{"a":1,}"#, Malformed),
            (r#"{,"a":1}"#, Malformed),
            (r#"{"a":}"#, Malformed),
            (r#"{"a" 1}"#, Malformed),
            (r#"{"a":1 "b":2}"#, Malformed),
            (r#"{a:1}"#, Malformed),
            (r#"{"a":"b}"#, Malformed),
            (r#"{"a":"b\"}"#, Malformed),
            (r#"{"a":[1}"#, Malformed),
            (r#"{"a":1]"#, Malformed),
            ("\u{feff}{}", Malformed),
        ] {
            assert_eq!(find(text, "a"), Err(fault), "{text}");
        }
    }

    #[test]
    fn texts_say_what_serde_json_reads() {
        for text in [
            r#""""#,
            r#""a""#,
            r#""\u0061\/\\\"\b\f\n\r\t""#,
            r#""\ud83d\ude00é😀""#,
        ] {
            let said: String = serde_json::from_str(text).unwrap();
            assert!(Raw(text).is(&said), "{text}");
            assert!(!Raw(text).is(&format!("{said}x")), "{text}");
            let own = Raw(text).text().unwrap();
            assert_eq!(own.at_most(said.len()).as_deref(), Some(said.as_str()));
            if !said.is_empty() {
                assert!(!Raw(text).is(""), "{text}");
                assert_eq!(own.at_most(said.len() - 1), None, "{text}");
            }
        }
        for text in [
            r#""\ud83d""#,
            r#""\ud83dx""#,
            r#""\ud83d\n""#,
            r#""\ud83d\u0061""#,
            r#""\ude00\ud83d""#,
            r#""\u00e""#,
            r#""\u00g1""#,
            r#""\x""#,
            r#""\""#,
        ] {
            assert!(serde_json::from_str::<String>(text).is_err(), "{text}");
            let own = Raw(text).text().unwrap();
            assert_eq!(own.at_most(100), None, "{text}");
            assert!(own.characters().any(|character| character.is_none()));
        }
        for other in ["1", "null", "[\"a\"]", "\"", ""] {
            assert!(!Raw(other).is_text(), "{other}");
            assert!(!Raw(other).is("a"), "{other}");
        }
    }

    #[test]
    fn items_are_values() {
        let items = |text| {
            Raw(text)
                .items()
                .map(|items| items.map(|raw| raw.0).collect())
        };
        let list = |items: &[&'static str]| Some(items.to_vec());
        assert_eq!(
            items(r#"["a" , 1,[2,3], {}]"#),
            list(&[r#""a""#, "1", "[2,3]", "{}"])
        );
        assert_eq!(items("[]"), list(&[]));
        assert_eq!(items("[ ]"), list(&[]));
        assert_eq!(items("[1,]"), list(&["1", ""]));
        assert_eq!(items("[1 2]"), list(&["1"]));
        assert_eq!(items("[,1]"), list(&[""]));
        for other in ["{}", "\"[]\"", "1", ""] {
            assert_eq!(items(other), None, "{other}");
        }
    }

    #[test]
    fn depth_costs_nothing() {
        let text = format!("{{\"a\":{}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
        let found = find(&text, "a").unwrap().unwrap();
        assert_eq!(found.len(), 200_001);
    }
}
