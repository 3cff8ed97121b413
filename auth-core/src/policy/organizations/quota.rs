//! [`OrganizationQuotas`]: how much of their quotas organizations have used up.

use std::sync::Arc;

use super::organization_rule::OrganizationRule;
use crate::policy::rate_limit::{AllInUse, Budgets, Key, KeyHasher, Refused, Wanted};
use crate::policy::{AuthorizationRequest, NotAuthorized};
use crate::support::{Clock, SystemClock};

/// Most organizations with a quota that is not full.
const MAX_BUDGETS: usize = 100_000;

#[derive(Debug)]
pub(super) struct OrganizationQuotas {
    budgets: Budgets,
    keys: KeyHasher,
    clock: Arc<dyn Clock>,
}

impl Default for OrganizationQuotas {
    fn default() -> Self {
        Self {
            budgets: Budgets::new(MAX_BUDGETS),
            keys: KeyHasher::default(),
            clock: Arc::new(SystemClock::new()),
        }
    }
}

impl OrganizationQuotas {
    pub(super) fn by_clock(clock: impl Clock) -> Self {
        Self {
            clock: Arc::new(clock),
            ..Self::default()
        }
    }

    /// Takes a request that the rule allows out of the organization's budget, which outlives the rule: a
    /// reloaded file does not fill it.
    pub(super) fn take(
        &self,
        rule: &OrganizationRule,
        request: &AuthorizationRequest<'_>,
    ) -> Result<(), NotAuthorized> {
        let Some(rate) = rule.quota else {
            return Ok(());
        };
        if request.is_refused() || request.is_recheck() {
            return Ok(());
        }
        let budget = self.keys.budget(0, Key::Organization, request.token());
        let taken = self
            .budgets
            .take(&[Wanted { budget, rate }], self.clock.monotonic());
        taken.map_err(|refused| match refused {
            Refused::UsedUp(_, wait) => {
                request.record_policy("quota of the organization");
                NotAuthorized::RateLimited(wait)
            }
            Refused::Full(wait) => AllInUse::for_at_least(wait),
        })
    }
}
