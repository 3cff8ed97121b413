//! [`Reader`]: values of the expected type, or what is wrong with them.

use std::fmt;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use crate::support::reload::{FileProblem, FileProblems};

/// Collects what is wrong with the values of a text.
pub(super) struct Reader<'a> {
    text: &'a str,
    problems: FileProblems,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            text,
            problems: FileProblems::default(),
        }
    }

    pub(super) fn into_problems(self) -> FileProblems {
        self.problems
    }

    pub(super) fn problem(&mut self, place: &Range<usize>, problem: impl fmt::Display) {
        let problem = FileProblem::at(self.text, place.start, problem);
        self.problems.push(problem);
    }

    pub(super) fn table<'v, 'i>(
        &mut self,
        name: &str,
        value: &'v Spanned<DeValue<'i>>,
    ) -> Option<&'v DeTable<'i>> {
        let table = value.get_ref().as_table();
        if table.is_none() {
            self.wrong_type(name, value, "a table");
        }
        table
    }

    /// The strings of an array, each with its place.
    pub(super) fn strings<'v>(
        &mut self,
        name: &str,
        value: &'v Spanned<DeValue<'_>>,
    ) -> Option<Vec<(&'v str, Range<usize>)>> {
        let Some(items) = value.get_ref().as_array() else {
            self.wrong_type(name, value, "an array of strings");
            return None;
        };
        let mut strings = Vec::new();
        for item in items.iter() {
            match item.get_ref().as_str() {
                Some(string) => strings.push((string, item.span())),
                None => self.wrong_type(&format!("an item of {name}"), item, "a string"),
            }
        }
        (strings.len() == items.len()).then_some(strings)
    }

    pub(super) fn wrong_type(&mut self, name: &str, value: &Spanned<DeValue<'_>>, expected: &str) {
        let found = value.get_ref().type_str();
        let problem = format!("{name} is of type {found}: write {expected}");
        self.problem(&value.span(), problem);
    }
}

/// Reports a setting that does not exist.
pub(super) fn unknown(
    reader: &mut Reader<'_>,
    name: &Spanned<DeString<'_>>,
    text: &str,
    known: &[&str],
) {
    let known = known.join(", ");
    reader.problem(
        &name.span(),
        format!("{text:?} is not known here: use {known}"),
    );
}
