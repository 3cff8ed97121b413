//! [`RateLimit`]: quotas as an authorizer.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use smallvec::SmallVec;
use thiserror::Error;

use super::budgets::{Budgets, Refused, Wanted};
use super::key::KeyHasher;
use super::limit::Limit;
use super::quota::Rate;
use crate::policy::{AuthorizationRequest, Authorizer, NotAuthorized};
use crate::support::Clock;
use crate::verifier::Unavailable;

/// Limits how often callers use the server: 429 with `Retry-After` beyond a quota.
///
/// Each operation of a request counts, so a batch counts as often as its calls would one by one, up to the
/// one that is refused. A request that one of several quotas refuses uses up none of them. Nothing is used up by
/// anonymous requests, by requests that a policy or an authorizer before this one refuses, by the items of
/// filtered lists, and by the periodic checks of an open stream. So add this authorizer last.
///
/// Budgets are kept in the memory of this process: each of several replicas has its own.
///
/// ```
/// use auth_core::layer::AuthLayer;
/// use auth_core::policy::{Key, Quota, RateLimit};
/// use auth_core::provider::AuthProvider;
///
/// # fn demo(provider: impl AuthProvider) -> Result<(), auth_core::error::ConfigErrors> {
/// let quotas = RateLimit::builder()
///     .per(Key::Principal, Quota::per_minute(60).burst(20))
///     .per(Key::Organization, Quota::per_day(10_000))
///     .tool("export_*", Key::Principal, Quota::per_hour(5))
///     .build()?;
/// let layer = AuthLayer::builder(provider).authorizer(quotas).build()?;
/// # let _ = layer; Ok(()) }
/// ```
#[derive(Debug)]
pub struct RateLimit {
    pub(super) limits: Box<[Checked]>,
    pub(super) budgets: Budgets,
    pub(super) keys: KeyHasher,
    pub(super) clock: Arc<dyn Clock>,
}

/// A quota that was checked.
#[derive(Debug)]
pub(super) struct Checked {
    /// For the audit event of a request that it refuses.
    pub(super) name: Box<str>,
    pub(super) limit: Limit,
    pub(super) rate: Rate,
}

/// All budgets are in use.
#[derive(Debug, Error)]
#[error("max_budgets of the rate limit are in use: raise it, or shorten the periods of the quotas")]
pub(in crate::policy) struct AllInUse;

impl AllInUse {
    pub(in crate::policy) fn for_at_least(wait: Duration) -> NotAuthorized {
        Unavailable::new(wait).because(Self).into()
    }
}

#[async_trait]
impl Authorizer for RateLimit {
    async fn authorize(&self, request: AuthorizationRequest<'_>) -> Result<(), NotAuthorized> {
        if request.is_refused() || request.is_recheck() {
            return Ok(());
        }
        let operation = request.operation();
        let counting = self.limits.iter().enumerate();
        let counting: SmallVec<[_; 4]> = counting
            .filter(|(_, quota)| quota.limit.counts(operation))
            .collect();
        let wanted = counting.iter().map(|(number, quota)| Wanted {
            budget: self.keys.budget(*number, quota.limit.key, request.token()),
            rate: quota.rate,
        });
        let wanted: SmallVec<[_; 4]> = wanted.collect();
        match self.budgets.take(&wanted, self.clock.monotonic()) {
            Ok(()) => Ok(()),
            Err(Refused::UsedUp(places, wait)) => {
                for (_, quota) in places.iter().filter_map(|place| counting.get(*place)) {
                    request.record_policy(&quota.name);
                }
                Err(NotAuthorized::RateLimited(wait))
            }
            Err(Refused::Full(wait)) => Err(AllInUse::for_at_least(wait)),
        }
    }
}
