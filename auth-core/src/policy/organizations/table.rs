//! [`OrganizationTable`]: the rules of organizations in memory.

use std::collections::HashMap;
use std::sync::Arc;

use super::organization_rule::OrganizationRule;
use super::organization_rules::OrganizationRules;
use crate::error::{ConfigError, ConfigErrors};

/// The rules of organizations, in memory. An organization without a rule is refused, unless there is a rule
/// for [all others](OrganizationTableBuilder::others).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OrganizationTable {
    rules: HashMap<String, Arc<OrganizationRule>>,
    others: Option<Arc<OrganizationRule>>,
}

impl OrganizationTable {
    /// A builder without rules.
    pub fn builder() -> OrganizationTableBuilder {
        OrganizationTableBuilder {
            table: Self::default(),
            errors: ConfigErrors::default(),
        }
    }
}

impl OrganizationRules for OrganizationTable {
    fn rules_of(&self, organization: &str) -> Option<Arc<OrganizationRule>> {
        let rule = self.rules.get(organization).or(self.others.as_ref());
        rule.map(Arc::clone)
    }
}

/// Builds an [`OrganizationTable`].
#[derive(Debug)]
#[must_use = "call build() to get the table"]
pub struct OrganizationTableBuilder {
    table: OrganizationTable,
    errors: ConfigErrors,
}

impl OrganizationTableBuilder {
    /// Sets the rule of the organization with this name in tokens.
    pub fn organization(mut self, name: impl Into<String>, rule: OrganizationRule) -> Self {
        let name = name.into();
        if name.is_empty() {
            self.problem("has a rule for an organization without a name: name it");
            return self;
        }
        let problem = format!("has two rules for {name:?}: remove one");
        if self.table.rules.insert(name, Arc::new(rule)).is_some() {
            self.problem(problem);
        }
        self
    }

    /// Sets the rule of all organizations that are not named. It is not for callers without an
    /// organization, who are refused. Default: none, so they are refused.
    pub fn others(mut self, rule: OrganizationRule) -> Self {
        if self.table.others.replace(Arc::new(rule)).is_some() {
            self.problem("has two rules for other organizations: remove one");
        }
        self
    }

    /// Builds the table.
    ///
    /// # Errors
    ///
    /// [`ConfigErrors`] with every mistake: an organization without a name, or with two rules; and no rule.
    pub fn build(mut self) -> Result<OrganizationTable, ConfigErrors> {
        if self.table.rules.is_empty() && self.table.others.is_none() {
            self.problem("has no rule, which would refuse every caller: add an organization");
        }
        self.errors.into_result()?;
        Ok(self.table)
    }

    fn problem(&mut self, problem: impl std::fmt::Display) {
        self.errors.push(ConfigError::new("organizations", problem));
    }
}
