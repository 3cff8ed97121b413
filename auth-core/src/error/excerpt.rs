//! [`Excerpt`]: a string that the sender of a request chose, made safe for logs.

use std::fmt::{self, Write};

/// The end of a truncated value.
const CUT: &str = "...";

/// The start of a string that the sender of a request chose, for events and logs.
///
/// Its length is limited, and it contains visible ASCII characters only. Spaces, quotes, backslashes and all
/// other bytes are written as `\xNN`, so that no value can look like another field or another line. A
/// truncated value ends with `...`; several header lines are joined by `, `.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Excerpt(Box<str>);

impl Excerpt {
    /// The start of `value`, truncated to `max` bytes after escaping.
    pub(crate) fn new(value: &[u8], max: usize) -> Self {
        // Nearly all values need no escapes and are short.
        if value.len() <= max
            && value.iter().all(|byte| is_plain(*byte))
            && let Ok(value) = std::str::from_utf8(value)
        {
            return Self(value.into());
        }
        Self::of_lines([value], max)
    }

    /// The same of several header lines.
    pub(crate) fn of_lines<'a>(lines: impl IntoIterator<Item = &'a [u8]>, max: usize) -> Self {
        let mut shown = String::new();
        // The length to keep if it must be truncated.
        let mut kept = 0;
        for (at, line) in lines.into_iter().enumerate() {
            if at > 0 {
                shown.push_str(", ");
            }
            for byte in line {
                if is_plain(*byte) {
                    shown.push(char::from(*byte));
                } else {
                    // Writing to a String cannot fail.
                    let _ = write!(shown, "\\x{byte:02x}");
                }
                if shown.len() > max {
                    shown.truncate(kept);
                    shown.push_str(CUT);
                    return Self(shown.into());
                }
                if shown.len().saturating_add(CUT.len()) <= max {
                    kept = shown.len();
                }
            }
        }
        Self(shown.into())
    }

    /// The escaped value.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether a byte needs no escape.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_graphic() && byte != b'"' && byte != b'\\'
}

impl fmt::Display for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_escaped_and_truncated() {
        for (name, value, shown) in [
            ("the control", "/mcp", "/mcp"),
            ("empty", "", ""),
            ("as long as allowed", "0123456789abcdef", "0123456789abcdef"),
            ("a byte longer", "0123456789abcdefg", "0123456789abc..."),
            ("a space", "a b", "a\\x20b"),
            ("a quote", "a\"b", "a\\x22b"),
            ("a backslash", "a\\x20", "a\\x5cx20"),
            ("the first and the last visible character", "!~", "!~"),
            ("delete", "a\u{7f}", "a\\x7f"),
            ("a line break", "a\r\nb", "a\\x0d\\x0ab"),
            ("right to left", "a\u{202e}b", "a\\xe2\\x80\\xaeb"),
            (
                "an escape is kept or dropped as a whole",
                "0123456789ab\nbcdef",
                "0123456789ab...",
            ),
            (
                "the length counts after escaping",
                "\n\n\n\n",
                "\\x0a\\x0a\\x0a\\x0a",
            ),
            ("one escape too many", "\n\n\n\n\n", "\\x0a\\x0a\\x0a..."),
        ] {
            let excerpt = Excerpt::new(value.as_bytes(), 16);
            assert_eq!(excerpt.as_str(), shown, "{name}");
            assert_eq!(excerpt.to_string(), shown, "{name}");
            assert_eq!(format!("{excerpt:?}"), format!("\"{shown}\""), "{name}");
        }
    }

    #[test]
    fn joined_lines_differ_from_a_line_with_a_comma() {
        let several = Excerpt::of_lines([b"a".as_slice(), b"b"], 16);
        assert_eq!(several.as_str(), "a, b");
        assert_eq!(Excerpt::new(b"a, b", 16).as_str(), "a,\\x20b");
        let many = std::iter::repeat_n(b"a".as_slice(), 1_000_000);
        assert_eq!(Excerpt::of_lines(many, 16).as_str(), "a, a, a, a, a...");
    }
}
