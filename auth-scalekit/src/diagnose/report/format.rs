//! Formats untrusted values for a terminal: quoted, escaped and truncated.

use std::time::Duration;

/// The longest untrusted string that is shown, in characters.
const SHOWN_CHARS: usize = 120;
/// The most list items that are shown.
const SHOWN_TEXTS: usize = 6;

/// A string in quotes. Control characters, and marks that reverse or hide text, are escaped.
pub(crate) fn quoted(text: &str) -> String {
    let shown: String = text.chars().take(SHOWN_CHARS).collect();
    let more = if text.chars().nth(SHOWN_CHARS).is_some() {
        "..."
    } else {
        ""
    };
    format!("{shown:?}{more}")
}

/// Quoted strings, separated by commas.
pub(crate) fn list<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let mut texts = texts.into_iter();
    let shown: Vec<_> = texts.by_ref().take(SHOWN_TEXTS).map(quoted).collect();
    match (shown.is_empty(), texts.count()) {
        (true, _) => "nothing".into(),
        (false, 0) => shown.join(", "),
        (false, more) => format!("{} and {more} more", shown.join(", ")),
    }
}

/// A duration in the largest unit that has at least two.
pub(crate) fn span(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds @ 120..7200 => format!("{} min", seconds / 60),
        seconds @ 7200..172_800 => format!("{} h", seconds / 3600),
        seconds => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminal_controls_are_escaped_and_long_strings_truncated() {
        for (text, shown) in [
            ("https://acme.example", r#""https://acme.example""#),
            ("a\u{1b}[2J\n\"", r#""a\u{1b}[2J\n\"""#),
            ("\u{202e}\u{200b}\u{feff}", r#""\u{202e}\u{200b}\u{feff}""#),
        ] {
            assert_eq!(quoted(text), shown);
        }
        assert_eq!(quoted(&"x".repeat(120)).len(), 122, "as long as allowed");
        let long = quoted(&"x".repeat(100_000));
        assert_eq!((long.len(), long.ends_with("x\"...")), (125, true));
    }

    #[test]
    fn lists_are_bounded() {
        assert_eq!(list([]), "nothing");
        assert_eq!(list(["a", "b"]), r#""a", "b""#);
        let many: Vec<_> = std::iter::repeat_n("a", 9).collect();
        assert!(list(many).ends_with(r#""a" and 3 more"#));
    }

    #[test]
    fn spans() {
        for (seconds, text) in [
            (0, "0 s"),
            (119, "119 s"),
            (120, "2 min"),
            (7200, "2 h"),
            (172_800, "2 days"),
        ] {
            assert_eq!(span(Duration::from_secs(seconds)), text);
        }
    }
}
