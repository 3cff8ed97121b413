//! [`Pattern`]: names with `*` for any number of any characters.

/// `delete_*` matches `delete_note` and `delete_`. Compared byte by byte, with regard to case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern {
    /// What stands before, between and behind the stars; one part if there is no star.
    parts: Vec<String>,
}

impl Pattern {
    pub(super) fn new(text: &str) -> Self {
        Self {
            parts: text.split('*').map(Into::into).collect(),
        }
    }

    pub(super) fn matches(&self, name: &str) -> bool {
        let [first, middle @ .., last] = &self.parts[..] else {
            return self.parts.iter().all(|only| only == name);
        };
        let Some(rest) = name.strip_prefix(first.as_str()) else {
            return false;
        };
        let Some(mut rest) = rest.strip_suffix(last.as_str()) else {
            return false;
        };
        // The earliest place of each part leaves most for the next one.
        middle.iter().all(|part| {
            let found = rest.split_once(part.as_str());
            rest = found.map_or("", |(_, behind)| behind);
            found.is_some()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_stars() {
        for (pattern, name, matches) in [
            ("add", "add", true),
            ("add", "Add", false),
            ("add", "add ", false),
            ("add", "", false),
            ("*", "", true),
            ("*", "add", true),
            ("add*", "add", true),
            ("add*", "add_note", true),
            ("add*", "readd", false),
            ("*_note", "add_note", true),
            ("*_note", "add_notes", false),
            ("a*a", "aa", true),
            ("a*a", "a", false),
            ("a*b*c", "abc", true),
            ("a*b*c", "a-b-c", true),
            ("a*b*c", "a-c-b", false),
            ("a*b*b", "ab", false),
            ("a**b", "ab", true),
            ("*b*b*", "ab", false),
            ("*b*b*", "abab", true),
            ("file:///*.txt", "file:///a/b.txt", true),
            ("", "", true),
            ("", "a", false),
        ] {
            assert_eq!(
                Pattern::new(pattern).matches(name),
                matches,
                "{pattern} {name}"
            );
        }
    }
}
