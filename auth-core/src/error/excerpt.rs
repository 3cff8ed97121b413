//! [`Excerpt`]: a string that the sender of a request chose, in a form that may be logged.

use std::fmt::{self, Write};

/// What a value ends with that was cut.
const CUT: &str = "...";

/// The beginning of a string that the sender of a request chose, for events and logs.
///
/// It is of bounded length, and holds visible ASCII characters alone: spaces, quotes, backslashes
/// and all other bytes are written as `\xNN`, so that no value can pass for another field or
/// another line. One that was cut ends with `...`; several header lines are joined by `, `.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Excerpt(Box<str>);

impl Excerpt {
    /// The beginning of `value`, at most `max` bytes in the form that is shown.
    pub(crate) fn new(value: &[u8], max: usize) -> Self {
        // Nearly every one is shown as it is.
        if value.len() <= max
            && value.iter().all(|byte| is_shown(*byte))
            && let Ok(value) = std::str::from_utf8(value)
        {
            return Self(value.into());
        }
        Self::of_lines([value], max)
    }

    /// The same of several header lines.
    pub(crate) fn of_lines<'a>(lines: impl IntoIterator<Item = &'a [u8]>, max: usize) -> Self {
        let mut shown = String::new();
        // How much of it stays where it is cut.
        let mut kept = 0;
        for (at, line) in lines.into_iter().enumerate() {
            if at > 0 {
                shown.push_str(", ");
            }
            for byte in line {
                if is_shown(*byte) {
                    shown.push(char::from(*byte));
                } else {
                    // Writing to a String does not fail.
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

    /// The value as it is shown.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether a byte is shown as it is.
fn is_shown(byte: u8) -> bool {
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
    fn values_are_shown_in_visible_ascii_of_bounded_length() {
        for (name, value, shown) in [
            ("the control", "/mcp", "/mcp"),
            ("empty", "", ""),
            ("as long as allowed", "0123456789abcdef", "0123456789abcdef"),
            ("a byte longer", "0123456789abcdefg", "0123456789abc..."),
            ("a space", "a b", "a\\x20b"),
            ("a quote", "a\"b", "a\\x22b"),
            ("a backslash", "a\\x20", "a\\x5cx20"),
            ("the first and the last visible one", "!~", "!~"),
            ("delete", "a\u{7f}", "a\\x7f"),
            ("a line break", "a\r\nb", "a\\x0d\\x0ab"),
            ("right to left", "a\u{202e}b", "a\\xe2\\x80\\xaeb"),
            (
                "no escape is cut in half",
                "0123456789ab\nbcdef",
                "0123456789ab...",
            ),
            (
                "escapes count as they are shown",
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
    fn several_lines_differ_from_one_that_looks_like_them() {
        let several = Excerpt::of_lines([b"a".as_slice(), b"b"], 16);
        assert_eq!(several.as_str(), "a, b");
        assert_eq!(Excerpt::new(b"a, b", 16).as_str(), "a,\\x20b");
        let many = std::iter::repeat_n(b"a".as_slice(), 1_000_000);
        assert_eq!(Excerpt::of_lines(many, 16).as_str(), "a, a, a, a, a...");
    }
}
