//! What was seen of a provider.

use std::fmt::{self, Write};

use super::Rule;

/// Which rules a provider keeps, and what was seen where it does not.
#[derive(Debug, Clone, Default)]
pub struct Report(Vec<(Rule, Result<(), String>)>);

impl Report {
    pub(super) fn add(&mut self, rule: Rule, seen: Result<(), String>) {
        self.0.push((rule, seen));
    }

    /// The rules that are broken, each with what was seen.
    pub fn broken(&self) -> impl Iterator<Item = (Rule, &str)> {
        self.0
            .iter()
            .filter_map(|(rule, seen)| Some((*rule, seen.as_ref().err()?.as_str())))
    }

    /// What is otherwise than expected, a line for each; empty when nothing is.
    pub(super) fn unexpected(&self, known: &[Rule]) -> String {
        let mut text = String::new();
        for (rule, seen) in &self.0 {
            let line = match seen {
                Ok(()) if known.contains(rule) => "is kept, so it needs no exception",
                Err(seen) if !known.contains(rule) => seen,
                _ => continue,
            };
            let _ = write!(text, "\n  {rule}: {line}");
        }
        if text.is_empty() {
            return text;
        }
        format!("of {} rules for providers:{text}", self.0.len())
    }
}

/// A line for each rule.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (rule, seen) in &self.0 {
            match seen {
                Ok(()) => writeln!(f, "kept    {rule}")?,
                Err(seen) => writeln!(f, "broken  {rule}: {seen}")?,
            }
        }
        Ok(())
    }
}
