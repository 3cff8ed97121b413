//! Text in lines of a width.

/// The lines of a text, none longer than `width` unless a single word is. Words are never cut, so
/// that a URL can be copied.
#[must_use]
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let length = line.chars().count() + 1 + word.chars().count();
        if !line.is_empty() && length > width {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_fit_and_words_stay_whole() {
        let rows: [(&str, usize, &[&str]); 6] = [
            ("", 9, &[""]),
            ("a b c", 9, &["a b c"]),
            ("a b c", 3, &["a b", "c"]),
            ("http://localhost a", 3, &["http://localhost", "a"]),
            ("  a   b ", 3, &["a b"]),
            ("\u{e9}\u{e9} b", 4, &["\u{e9}\u{e9} b"]),
        ];
        for (text, width, lines) in rows {
            assert_eq!(wrap(text, width), lines, "{text:?} in {width}");
        }
    }
}
