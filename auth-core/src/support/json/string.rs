//! [`JsonStr`]: a JSON string, decoded on demand.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::iter;

/// A JSON string that was read by [`Reader`](super::Reader): the characters between its quotes, with their escapes.
///
/// The reader has checked each escape, so decoding cannot fail.
#[derive(Debug, Clone, Copy)]
pub struct JsonStr<'a> {
    raw: &'a str,
    escaped: bool,
}

impl<'a> JsonStr<'a> {
    pub(super) fn new(raw: &'a str, escaped: bool) -> Self {
        Self { raw, escaped }
    }

    /// The string at the start of this text, after its opening quote. A reader has checked it before.
    pub(super) fn at_start_of(text: &'a str) -> Self {
        let bytes = text.as_bytes();
        let (mut end, mut escaped) = (0, false);
        loop {
            match bytes.get(end) {
                Some(b'"') | None => break,
                Some(b'\\') => {
                    escaped = true;
                    end += 2;
                }
                Some(_) => end += 1,
            }
        }
        Self::new(text.get(..end).unwrap_or_default(), escaped)
    }

    /// The string as written, without its quotes.
    #[must_use]
    pub fn raw(self) -> &'a str {
        self.raw
    }

    /// The decoded string. Allocates only if there are escapes.
    #[must_use]
    pub fn decode(self) -> Cow<'a, str> {
        if self.escaped {
            Cow::Owned(self.characters().collect())
        } else {
            Cow::Borrowed(self.raw)
        }
    }

    /// The decoded string, or `None` if it is longer than `bytes`. Decodes no string that is certainly too
    /// long.
    #[must_use]
    pub fn at_most(self, bytes: usize) -> Option<Cow<'a, str>> {
        // An escape such as `\u0061` has at most six bytes for one byte of the decoded string.
        const LONGEST_ESCAPE: usize = 6;
        if self.raw.len() > bytes.saturating_mul(LONGEST_ESCAPE) {
            return None;
        }
        let string = self.decode();
        (string.len() <= bytes).then_some(string)
    }

    /// Whether the decoded string is `other`.
    #[must_use]
    pub fn is(self, other: &str) -> bool {
        if !self.escaped {
            return self.raw == other;
        }
        // An escape is longer than its decoded form.
        self.raw.len().cmp(&other.len()) == Ordering::Greater && self.characters().eq(other.chars())
    }

    /// Whether both decode to the same string.
    pub(super) fn is_same(self, other: Self) -> bool {
        match (self.escaped, other.escaped) {
            (false, false) => self.raw == other.raw,
            (false, true) => other.is(self.raw),
            (true, false) => self.is(other.raw),
            (true, true) => self.order(other).is_eq(),
        }
    }

    /// Compares the decoded strings by code point, which is the same as by byte.
    pub(super) fn order(self, other: Self) -> Ordering {
        if self.escaped || other.escaped {
            self.characters().cmp(other.characters())
        } else {
            self.raw.cmp(other.raw)
        }
    }

    /// Whether the decoded string is `other`, ignoring the case of ASCII letters.
    #[must_use]
    pub fn is_ignoring_case(self, other: &str) -> bool {
        if !self.escaped {
            return self.raw.eq_ignore_ascii_case(other);
        }
        let lower = |character: char| character.to_ascii_lowercase();
        self.characters().map(lower).eq(other.chars().map(lower))
    }

    /// Whether the decoded string starts with `prefix`.
    #[must_use]
    pub fn starts_with(self, prefix: &str) -> bool {
        if !self.escaped {
            return self.raw.starts_with(prefix);
        }
        let mut characters = self.characters();
        prefix
            .chars()
            .all(|expected| characters.next() == Some(expected))
    }

    /// The characters of the decoded string. They end at an escape that the reader would refuse.
    fn characters(self) -> impl Iterator<Item = char> {
        let mut rest = self.raw.chars();
        iter::from_fn(move || match rest.next()? {
            '\\' => escape(&mut rest),
            character => Some(character),
        })
    }
}

/// The number of bytes before the first quote, backslash or control character. Compares eight bytes at a time, since
/// most of a JSON text is strings.
pub(super) fn plain_length(bytes: &[u8]) -> usize {
    const EACH: u64 = 0x0101_0101_0101_0101;
    // Sets the highest bit of each byte that is less than `limit` (at most 128), and perhaps of some bytes above the
    // first such byte.
    let less = |word: u64, limit: u64| word.wrapping_sub(EACH * limit) & !word & (EACH << 7);
    let (words, _) = bytes.as_chunks::<8>();
    let is_plain = |word: &[u8; 8]| {
        let word = u64::from_le_bytes(*word);
        let quotes = less(word ^ (EACH * u64::from(b'"')), 1);
        let backslashes = less(word ^ (EACH * u64::from(b'\\')), 1);
        quotes | backslashes | less(word, 0x20) == 0
    };
    let length = 8 * words.iter().take_while(|word| is_plain(word)).count();
    let rest = bytes.get(length..).unwrap_or_default();
    let plain = rest
        .iter()
        .position(|byte| matches!(byte, b'"' | b'\\' | ..0x20));
    length + plain.unwrap_or(rest.len())
}

/// Decodes an escape after its backslash; `None` if it is invalid
/// ([RFC 8259 section 7](https://www.rfc-editor.org/rfc/rfc8259#section-7)).
pub(super) fn escape(rest: &mut impl Iterator<Item = char>) -> Option<char> {
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

/// Reads four hexadecimal digits.
fn code_unit(rest: &mut impl Iterator<Item = char>) -> Option<u16> {
    let mut unit = 0;
    for _ in 0..4 {
        let digit = u16::try_from(rest.next()?.to_digit(16)?).ok()?;
        unit = unit * 16 + digit;
    }
    Some(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_backslashes_and_control_characters_end_the_plain_part() {
        for byte in 0..=u8::MAX {
            let ends = matches!(byte, b'"' | b'\\' | ..0x20);
            for length in 0..40 {
                let mut text = [b'a'; 40];
                text[length] = byte;
                let expected = if ends { length } else { 40 };
                assert_eq!(plain_length(&text), expected, "{byte} at {length}");
                // Between bytes that differ from it in few bits.
                text.fill(0x7f);
                text[length] = byte;
                assert_eq!(plain_length(&text), expected, "{byte} at {length}");
                text.fill(0xff);
                text[length] = byte;
                assert_eq!(plain_length(&text), expected, "{byte} at {length}");
            }
        }
        for length in 0..40 {
            assert_eq!(plain_length(&vec![b'a'; length]), length);
        }
    }

    #[test]
    fn strings_decode_as_with_serde_json() {
        for raw in [
            "",
            "a",
            r#"\u0061\/\\\"\b\f\n\r\t"#,
            r"\ud83d\ude00é😀",
            r"\u0000",
            r"name\u",
        ] {
            let Ok(expected) = serde_json::from_str::<String>(&format!("\"{raw}\"")) else {
                assert!(raw.ends_with(r"\u"), "{raw}");
                continue;
            };
            let own = JsonStr::new(raw, raw.contains('\\'));
            assert_eq!(own.decode(), expected, "{raw}");
            assert!(own.is(&expected) && own.starts_with(&expected), "{raw}");
            assert!(
                own.is_ignoring_case(&expected.to_ascii_uppercase()),
                "{raw}"
            );
            let longer = format!("{expected}x");
            assert!(!own.is(&longer) && !own.starts_with(&longer), "{raw}");
            assert!(!own.is_ignoring_case(&longer), "{raw}");
            for (at, _) in expected.char_indices() {
                let part = expected.split_at(at).0;
                assert!(!own.is(part), "{raw}");
                assert!(own.starts_with(part), "{raw}");
                assert!(!own.is_ignoring_case(part), "{raw}");
            }
        }
    }

    #[test]
    fn invalid_escapes_are_refused() {
        for (escape_text, character) in [
            ("u0041", Some('A')),
            ("uD83D\\uDE00", Some('😀')),
            ("ud83d", None),
            ("ud83dx", None),
            ("ud83d\\n", None),
            ("ud83d\\u0061", None),
            ("ude00\\ud83d", None),
            ("u00e", None),
            ("u00g1", None),
            ("u+041", None),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(escape(&mut escape_text.chars()), character, "{escape_text}");
        }
    }
}
