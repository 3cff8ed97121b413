//! [`Organizations`]: the rules of organizations as an authorizer.

use std::sync::Arc;

use async_trait::async_trait;

use super::organization_rule::OrganizationRule;
use super::organization_rules::OrganizationRules;
#[cfg(feature = "rate-limit")]
use super::quota::OrganizationQuotas;
use crate::policy::{AuthorizationRequest, Authorizer, Denied, NotAuthorized, PolicyRequest};

/// Allows what the rule of the caller's organization allows.
///
/// A caller without an organization, or whose organization has no rule, is refused with 403; so is an
/// operation that the rule does not allow, without a challenge that names scopes. All of these have the same
/// response. A caller whose token lacks a scope that the rule requires gets a challenge that names all of
/// the rule's. [Filtered](crate::policy::OperationPolicyBuilder::filter_lists) lists show what the rule allows.
///
/// ```
/// use auth_core::layer::AuthLayer;
/// use auth_core::policy::{OrganizationRule, OrganizationTable, Organizations};
/// use auth_core::provider::AuthProvider;
///
/// # fn demo(provider: impl AuthProvider) -> Result<(), Box<dyn std::error::Error>> {
/// let rules = OrganizationTable::builder()
///     .organization("org_1", OrganizationRule::new().allowed_tools(["notes_*"])?)
///     .organization("org_2", OrganizationRule::new())
///     .build()?;
/// let layer = AuthLayer::builder(provider).authorizer(Organizations::new(rules)).build()?;
/// # let _ = layer; Ok(()) }
/// ```
///
/// With the feature `organization-file`, the rules are in a file that takes effect without a restart: see
/// `OrganizationTable::from_toml`.
#[derive(Debug)]
pub struct Organizations<R> {
    rules: R,
    #[cfg(feature = "rate-limit")]
    quotas: Arc<OrganizationQuotas>,
}

impl<R: OrganizationRules> Organizations<R> {
    /// Decides by these rules.
    #[must_use]
    pub fn new(rules: R) -> Self {
        Self {
            rules,
            #[cfg(feature = "rate-limit")]
            quotas: Arc::default(),
        }
    }

    /// Sets the clock of the quotas. Default: that of the system.
    #[cfg(feature = "rate-limit")]
    #[must_use]
    pub fn clock(mut self, clock: impl crate::support::Clock) -> Self {
        self.quotas = Arc::new(OrganizationQuotas::by_clock(clock));
        self
    }

    /// The rule of the caller's organization, if it allows the request.
    fn check(&self, request: &PolicyRequest<'_>) -> Result<Arc<OrganizationRule>, Denied> {
        let Some(organization) = request.token().organization() else {
            let reason = "the token names no organization";
            return Err(Denied::Forbidden(reason.into()));
        };
        let Some(rule) = self.rules.rules_of(organization) else {
            let reason = "the caller's organization has no rule";
            return Err(Denied::Forbidden(reason.into()));
        };
        rule.check(request)?;
        Ok(rule)
    }
}

#[async_trait]
impl<R: OrganizationRules> Authorizer for Organizations<R> {
    fn snapshot(&self) -> Option<Arc<dyn Authorizer>> {
        Some(Arc::new(Organizations {
            rules: self.rules.snapshot()?,
            #[cfg(feature = "rate-limit")]
            quotas: Arc::clone(&self.quotas),
        }))
    }

    async fn authorize(&self, request: AuthorizationRequest<'_>) -> Result<(), NotAuthorized> {
        let rule = self.check(&request)?;
        #[cfg(feature = "rate-limit")]
        self.quotas.take(&rule, &request)?;
        drop(rule);
        Ok(())
    }

    fn shows(&self, request: &PolicyRequest<'_>) -> bool {
        self.check(request).is_ok()
    }
}
