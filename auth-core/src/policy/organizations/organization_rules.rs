//! [`OrganizationRules`]: the rule of each organization.

use std::fmt::Debug;
use std::sync::Arc;

use super::organization_rule::OrganizationRule;
use crate::support::reload::Reloaded;

/// Has the rule of each organization, in memory: it is asked for every operation, and for every item of a
/// filtered list.
///
/// [`OrganizationTable`](super::OrganizationTable) implements it, and so does a
/// [reloaded](crate::support::reload::Reloaded) one.
pub trait OrganizationRules: Debug + Send + Sync + 'static {
    /// The rule of this organization, by its name in tokens. `None` if it has none, which refuses all of its
    /// members.
    fn rules_of(&self, organization: &str) -> Option<Arc<OrganizationRule>>;

    /// The rules that are in force now, for those that can be replaced: one version decides the whole of a
    /// request. Default: `None`, for rules that stay.
    fn snapshot(&self) -> Option<Arc<dyn OrganizationRules>> {
        None
    }
}

/// Implements the trait for a pointer, by that of its target.
macro_rules! forwarded {
    ($($pointer:ident),*) => {$(
        // Without this, a method that is missing here would silently use the trait's default.
        #[deny(clippy::missing_trait_methods)]
        impl<R: OrganizationRules + ?Sized> OrganizationRules for $pointer<R> {
            fn rules_of(&self, organization: &str) -> Option<Arc<OrganizationRule>> {
                (**self).rules_of(organization)
            }

            fn snapshot(&self) -> Option<Arc<dyn OrganizationRules>> {
                (**self).snapshot()
            }
        }
    )*};
}

forwarded!(Arc, Box);

/// The version in force decides.
impl<R: OrganizationRules> OrganizationRules for Reloaded<R> {
    fn rules_of(&self, organization: &str) -> Option<Arc<OrganizationRule>> {
        self.current().rules_of(organization)
    }

    fn snapshot(&self) -> Option<Arc<dyn OrganizationRules>> {
        Some(self.current())
    }
}
