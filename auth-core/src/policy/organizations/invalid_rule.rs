//! [`InvalidOrganizationRule`]: a mistake in a rule.

use std::fmt;

use thiserror::Error;

/// A mistake in the rule of an organization. `Display` names the setting, and says what to change.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{setting} {problem}")]
pub struct InvalidOrganizationRule {
    setting: &'static str,
    problem: String,
    item: Option<usize>,
}

impl InvalidOrganizationRule {
    pub(super) fn new(setting: &'static str, problem: impl fmt::Display) -> Self {
        Self {
            setting,
            problem: problem.to_string(),
            item: None,
        }
    }

    /// The mistake is in one item of the list.
    pub(super) fn in_item(mut self, item: usize) -> Self {
        self.item = Some(item);
        self
    }

    /// Which item of the list is at fault, from 0; `None` if it is the whole setting.
    #[cfg(feature = "organization-file")]
    pub(super) fn item(&self) -> Option<usize> {
        self.item
    }
}
