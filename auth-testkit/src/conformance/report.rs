//! The report about a provider.

use std::fmt::{self, Write};

use super::Rule;

/// Which rules a provider keeps, and what was seen where it does not.
#[derive(Debug, Clone, Default)]
pub struct Report {
    rules: Vec<(Rule, Finding)>,
    control: Option<String>,
}

/// What was found about one rule.
#[derive(Debug, Clone)]
pub(super) enum Finding {
    Kept,
    /// What was seen.
    Broken(String),
    /// The rule cannot be tried with the credentials of the provider: why.
    NotApplicable(&'static str),
}

impl From<Result<(), String>> for Finding {
    fn from(checked: Result<(), String>) -> Self {
        match checked {
            Ok(()) => Self::Kept,
            Err(seen) => Self::Broken(seen),
        }
    }
}

impl Report {
    pub(super) fn add(&mut self, rule: Rule, found: Finding) {
        self.rules.push((rule, found));
    }

    /// Of a provider that refuses the control: it keeps none of these rules.
    pub(super) fn control_refused(rules: impl Iterator<Item = Rule>, why: &str) -> Self {
        let broken = |rule| (rule, Finding::Broken(why.to_owned()));
        Self {
            rules: rules.map(broken).collect(),
            control: Some(why.to_owned()),
        }
    }

    /// Why the provider does not accept a valid credential, in which case no rule was tried; `None` when it does.
    #[must_use]
    pub fn refused_control(&self) -> Option<&str> {
        self.control.as_deref()
    }

    /// The rules that are broken, each with what was seen: all, when the control was refused.
    pub fn broken(&self) -> impl Iterator<Item = (Rule, &str)> {
        self.rules.iter().filter_map(|(rule, found)| match found {
            Finding::Broken(seen) => Some((*rule, seen.as_str())),
            _ => None,
        })
    }

    /// The rules that cannot be tried with the credentials of the provider, each with the reason.
    pub fn not_applicable(&self) -> impl Iterator<Item = (Rule, &'static str)> {
        self.rules.iter().filter_map(|(rule, found)| match found {
            Finding::NotApplicable(why) => Some((*rule, *why)),
            _ => None,
        })
    }

    /// The unexpected results, a line for each; empty when there are none.
    pub(super) fn unexpected(&self, known: &[Rule]) -> String {
        let mut text = String::new();
        if let Some(why) = &self.control {
            return format!("no rule for providers was tried: {why}");
        }
        for (rule, found) in &self.rules {
            let is_known = known.contains(rule);
            let line = match found {
                Finding::Kept if is_known => "is kept, so it needs no exception",
                Finding::NotApplicable(_) if is_known => "does not apply, so it needs no exception",
                Finding::Broken(seen) if !is_known => seen,
                _ => continue,
            };
            let _ = write!(text, "\n  {rule}: {line}");
        }
        let is_tried = |(_, found): &(Rule, Finding)| !matches!(found, Finding::NotApplicable(_));
        if !self.rules.iter().any(is_tried) {
            text.push_str("\n  none of them applies: choose others, or the other suite");
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
        for (rule, found) in &self.rules {
            match found {
                Finding::Kept => writeln!(f, "kept    {rule}")?,
                Finding::Broken(seen) => writeln!(f, "broken  {rule}: {seen}")?,
                Finding::NotApplicable(why) => writeln!(f, "n/a     {rule}: {why}")?,
            }
        }
        Ok(())
    }
}
