//! Rules of organizations: what the members of each may do.
//!
//! | file | job |
//! |---|---|
//! | `organization_rules` | [`OrganizationRules`]: the trait, which has the rule of each organization |
//! | `organization_rule` | [`OrganizationRule`]: the rule of one organization |
//! | `invalid_rule` | [`InvalidOrganizationRule`]: a mistake in a rule |
//! | `table` | [`OrganizationTable`]: rules in memory |
//! | `file` | the same from TOML (feature `organization-file`) |
//! | `organizations` | [`Organizations`]: the authorizer |
//! | `quota` | the quotas of organizations (feature `rate-limit`) |

#[cfg(feature = "organization-file")]
mod file;
mod invalid_rule;
mod organization_rule;
mod organization_rules;
#[allow(clippy::module_inception, reason = "the type of this name")]
mod organizations;
#[cfg(feature = "rate-limit")]
mod quota;
mod table;

pub use invalid_rule::InvalidOrganizationRule;
pub use organization_rule::OrganizationRule;
pub use organization_rules::OrganizationRules;
pub use organizations::Organizations;
pub use table::{OrganizationTable, OrganizationTableBuilder};

#[cfg(test)]
mod tests;
