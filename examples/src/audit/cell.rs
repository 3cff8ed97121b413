//! Strings that are safe to print: clients choose names, and a terminal or a spreadsheet must not obey them.

use std::borrow::Cow;
use std::fmt::Write;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The most characters of one value in a line for people.
const SHOWN_CHARS: usize = 200;

/// The string with all characters escaped that control a terminal, or reverse or hide text.
pub(super) fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '"' | '\'' => shown.push(character),
            _ => shown.extend(character.escape_debug()),
        }
    }
    shown
}

/// The same, cut after 200 characters.
pub(super) fn short(text: &str) -> String {
    match text.char_indices().nth(SHOWN_CHARS) {
        Some((end, _)) => format!("{}...", printable(text.get(..end).unwrap_or_default())),
        None => printable(text),
    }
}

/// A time in RFC 3339. One after the year 9999 is the last that RFC 3339 can express.
pub(super) fn time(time: SystemTime) -> String {
    let last = UNIX_EPOCH + Duration::from_secs(253_402_300_799);
    humantime::format_rfc3339(time.clamp(UNIX_EPOCH, last)).to_string()
}

/// A cell of a CSV file ([RFC 4180](https://www.rfc-editor.org/rfc/rfc4180)). A cell that a spreadsheet would take for a
/// formula begins with `'`.
pub(super) fn csv(text: &str) -> String {
    let shown = printable(text);
    let is_formula = text.trim_start().starts_with([
        '=', '+', '-', '@', '\t', '\r', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}',
    ]);
    let mark = if is_formula { "'" } else { "" };
    if is_formula || shown.contains([',', '"', '\'', ';', '\n', '\r', ' ']) {
        format!("\"{mark}{}\"", shown.replace('"', "\"\""))
    } else {
        shown
    }
}

/// JSON with all characters of its strings escaped that [`printable`] escapes.
pub(super) fn json(text: &str) -> Cow<'_, str> {
    let is_unsafe = |character: char| {
        !character.is_ascii_graphic() && character != ' ' && character.escape_debug().len() > 1
    };
    if !text.contains(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if is_unsafe(character) {
            for unit in character.encode_utf16(&mut [0; 2]) {
                // Writing to a String cannot fail.
                let _ = write!(shown, "\\u{unit:04x}");
            }
        } else {
            shown.push(character);
        }
    }
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_value_controls_a_terminal() {
        for (text, shown) in [
            ("plain é 漢", "plain é 漢"),
            ("\u{1b}[31mred\u{7}", "\\u{1b}[31mred\\u{7}"),
            ("a\r\nb\tc", "a\\r\\nb\\tc"),
            (
                "\u{9b}1m\u{202e}x\u{2066}\u{200b}",
                "\\u{9b}1m\\u{202e}x\\u{2066}\\u{200b}",
            ),
            ("\"it's\"", "\"it's\""),
            ("a\\n", "a\\\\n"),
        ] {
            assert_eq!(printable(text), shown);
            assert_eq!(short(text), shown);
        }
        let long = "\u{1b}".repeat(SHOWN_CHARS + 1);
        assert_eq!(
            short(&long),
            format!("{}...", "\\u{1b}".repeat(SHOWN_CHARS))
        );
    }

    #[test]
    fn no_cell_is_a_formula_or_ends_early() {
        for (text, cell) in [
            ("org_1", "org_1"),
            ("", ""),
            ("a,b", "\"a,b\""),
            ("a\"b", "\"a\"\"b\""),
            ("a\nb", "a\\nb"),
            ("=1+1", "\"'=1+1\""),
            ("+1", "\"'+1\""),
            ("-1", "\"'-1\""),
            ("@SUM(A1)", "\"'@SUM(A1)\""),
            (" =1", "\"' =1\""),
            ("\t=1", "\"'\\t=1\""),
            ("\u{ff1d}1", "\"'\u{ff1d}1\""),
            (
                "=cmd|' /C calc'!A0,\"x\"",
                "\"'=cmd|' /C calc'!A0,\"\"x\"\"\"",
            ),
        ] {
            assert_eq!(csv(text), cell);
        }
    }

    #[test]
    fn json_stays_the_same_value() {
        let text = serde_json::json!({ "a\u{7f}": "\u{9b}\u{202e}é漢\u{e0001}" }).to_string();
        let shown = json(&text);
        assert!(shown.contains("\\u009b\\u202eé漢\\udb40\\udc01"), "{shown}");
        let [one, other] =
            [&text, &*shown].map(|text| serde_json::from_str::<serde_json::Value>(text).unwrap());
        assert_eq!(one, other);
        assert!(matches!(json("{\"a\":\"é\"}"), Cow::Borrowed(_)));
    }
}
