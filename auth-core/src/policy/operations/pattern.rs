//! [`Pattern`]: names in which `*` matches any number of any characters.

use std::fmt;

/// `delete_*` matches `delete_note` and `delete_`. Comparison is byte by byte, so case matters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern {
    /// The parts before, between and after the stars; a single part if there is no star.
    parts: Vec<String>,
}

impl Pattern {
    pub(crate) fn new(text: &str) -> Self {
        Self {
            parts: text.split('*').map(Into::into).collect(),
        }
    }

    /// The pattern of this name alone, in which `*` is a character like any other.
    pub(crate) fn exact(name: &str) -> Self {
        Self {
            parts: vec![name.into()],
        }
    }

    /// The only name that matches, unless the pattern has a star.
    pub(crate) fn only_name(&self) -> Option<&str> {
        match &self.parts[..] {
            [only] => Some(only),
            _ => None,
        }
    }

    /// Whether each name that matches `other` matches this pattern too.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        match (self.only_name(), other.only_name()) {
            (_, Some(name)) => self.matches(name),
            (Some(_), None) => false,
            // No literal part of this pattern has a star, so that only its stars match those of the other.
            (None, None) => self.matches(&other.parts.join("*")),
        }
    }

    /// The pattern of the URIs that a URI template expands to
    /// ([RFC 6570](https://www.rfc-editor.org/rfc/rfc6570)): each expression matches any characters.
    pub(crate) fn of_template(template: &str) -> Self {
        let mut text = String::with_capacity(template.len());
        let mut rest = template;
        while let Some((literal, after)) = rest.split_once('{') {
            text.push_str(literal);
            text.push('*');
            rest = after.split_once('}').map_or("", |(_, after)| after);
        }
        text.push_str(rest);
        Self::new(&text)
    }

    /// Whether a name may match both patterns. Compares only the first and the last parts, so it can
    /// return true for patterns that do not overlap: then a rule applies that need not.
    pub(crate) fn may_overlap(&self, other: &Self) -> bool {
        let prefixes_agree = |one: &str, two: &str| one.starts_with(two) || two.starts_with(one);
        let suffixes_agree = |one: &str, two: &str| one.ends_with(two) || two.ends_with(one);
        match (&self.parts[..], &other.parts[..]) {
            ([only], _) => other.matches(only),
            (_, [only]) => self.matches(only),
            ([first, .., last], [other_first, .., other_last]) => {
                prefixes_agree(first, other_first) && suffixes_agree(last, other_last)
            }
            _ => true,
        }
    }

    pub(crate) fn matches(&self, name: &str) -> bool {
        let [first, middle @ .., last] = &self.parts[..] else {
            return self.parts.iter().all(|only| only == name);
        };
        let Some(rest) = name.strip_prefix(first.as_str()) else {
            return false;
        };
        let Some(mut rest) = rest.strip_suffix(last.as_str()) else {
            return false;
        };
        // Taking the first occurrence of each part leaves the most for the next one.
        middle.iter().all(|part| {
            let found = rest.split_once(part.as_str());
            rest = found.map_or("", |(_, after)| after);
            found.is_some()
        })
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.parts.join("*"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_matches_any_number_of_characters() {
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

    #[test]
    fn a_template_matches_the_uris_that_it_expands_to() {
        for (template, name, matches) in [
            ("file:///{path}", "file:///a/b", true),
            ("file:///{path}", "file:///{path}", true),
            ("file:///{path}", "http:///a", false),
            ("db://{table}/{id}.json", "db://t/1.json", true),
            ("db://{table}/{id}.json", "db://t/1.xml", false),
            ("no-expression", "no-expression", true),
            ("open{", "open anything", true),
            ("{a}{b}", "", true),
        ] {
            let pattern = Pattern::of_template(template);
            assert_eq!(pattern.matches(name), matches, "{template} {name}");
        }
    }

    #[test]
    fn a_pattern_covers_another_if_it_matches_all_of_its_names() {
        for (one, other, expected) in [
            ("a", "a", true),
            ("a*", "ab", true),
            ("a", "a*", false),
            ("*", "*", true),
            ("*", "a*b*c", true),
            ("a*", "*", false),
            ("file:///*", "file:///private/*", true),
            ("file:///private/*", "file:///*", false),
            ("file:///private/*", "file:///p*", false),
            ("a*c", "a*b*c", true),
            ("a*b*c", "a*c", false),
            ("a*b*c", "a*b*b*c", true),
            ("*x*", "*xx", true),
            ("*xx", "*x*", false),
        ] {
            let [first, second] = [one, other].map(Pattern::new);
            assert_eq!(first.covers(&second), expected, "{one} {other}");
        }
        assert!(
            Pattern::new("*").covers(&Pattern::exact("a*")),
            "the control"
        );
        assert!(!Pattern::exact("a*").covers(&Pattern::new("a*")));
    }

    #[test]
    fn an_exact_pattern_has_no_stars() {
        let exact = Pattern::exact("a*");
        assert!(exact.matches("a*") && !exact.matches("ab") && !exact.matches("a"));
        assert_eq!(exact.only_name(), Some("a*"));
        assert_eq!(Pattern::new("a*").only_name(), None, "the control");
    }

    #[test]
    fn patterns_overlap_if_a_name_may_match_both() {
        for (one, other, expected) in [
            ("a", "a", true),
            ("a", "b", false),
            ("a*", "ab", true),
            ("a*", "b", false),
            ("file:///private/*", "file:///*", true),
            ("file:///private/*", "file:///public/*", false),
            ("file:///private/*", "file:///p*", true),
            ("*.txt", "*.md", false),
            ("*.txt", "*t", true),
            ("a*c", "*", true),
            // The middle parts are not compared.
            ("a*b*c", "a*x*c", true),
        ] {
            let [one, other] = [one, other].map(Pattern::new);
            assert_eq!(one.may_overlap(&other), expected, "{one:?} {other:?}");
            assert_eq!(other.may_overlap(&one), expected, "{other:?} {one:?}");
        }
    }
}
