//! The report about a provider.

use std::fmt::{self, Write};

use super::Rule;

/// Which rules a provider keeps, and what was seen where it does not.
#[derive(Debug, Clone, Default)]
pub struct Report {
    rules: Vec<(Rule, Result<(), String>)>,
    control: Option<String>,
}

impl Report {
    pub(super) fn add(&mut self, rule: Rule, seen: Result<(), String>) {
        self.rules.push((rule, seen));
    }

    /// Of a provider that refuses the control: it keeps none of these rules.
    pub(super) fn control_refused(rules: impl Iterator<Item = Rule>, why: &str) -> Self {
        Self {
            rules: rules.map(|rule| (rule, Err(why.to_owned()))).collect(),
            control: Some(why.to_owned()),
        }
    }

    /// Why the provider does not accept a valid token, in which case no rule was tried; `None` when it does.
    #[must_use]
    pub fn refused_control(&self) -> Option<&str> {
        self.control.as_deref()
    }

    /// The rules that are broken, each with what was seen: all, when the control was refused.
    pub fn broken(&self) -> impl Iterator<Item = (Rule, &str)> {
        self.rules
            .iter()
            .filter_map(|(rule, seen)| Some((*rule, seen.as_ref().err()?.as_str())))
    }

    /// The unexpected results, a line for each; empty when there are none.
    pub(super) fn unexpected(&self, known: &[Rule]) -> String {
        let mut text = String::new();
        if let Some(why) = &self.control {
            return format!("no rule for providers was tried: {why}");
        }
        for (rule, seen) in &self.rules {
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
        format!("of {} rules for providers:{text}", self.rules.len())
    }
}

/// A line for each rule.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(why) = &self.control {
            return writeln!(f, "no rule was tried: {why}");
        }
        for (rule, seen) in &self.rules {
            match seen {
                Ok(()) => writeln!(f, "kept    {rule}")?,
                Err(seen) => writeln!(f, "broken  {rule}: {seen}")?,
            }
        }
        Ok(())
    }
}
