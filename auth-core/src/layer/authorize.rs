//! Step 7: whether the caller may do that.

use super::builder::ScopeStrategy;
use super::guard::Guard;
use crate::operation::{Operation, OperationPolicy};
use crate::policy::{Denied, Policy, PolicyRequest, join};
use crate::provider::AuthProvider;
use crate::refusal::Refusal;
use crate::scope::Scopes;
use crate::token::AccessToken;

impl Guard {
    /// Step 7: everything is asked, so that one answer names everything.
    pub(super) fn authorize(
        &self,
        request: &PolicyRequest<'_>,
        operations: &[Operation],
    ) -> Result<(), Denied> {
        match &self.operations {
            Some(policy) => join([
                self.authorize_any(request),
                policy.check(operations, request),
            ]),
            None => self.authorize_any(request),
        }
    }

    /// What every request needs.
    pub(super) fn authorize_any(&self, request: &PolicyRequest<'_>) -> Result<(), Denied> {
        join([
            self.required.check(request),
            self.provider
                .policy()
                .map_or(Ok(()), |policy| policy.check(request)),
            self.policies.check(request),
        ])
    }

    /// Whether these are for everybody, and need no more of those who have a token.
    pub(super) fn are_public(&self, operations: &[Operation]) -> bool {
        let policy = self.operations.as_ref();
        policy.is_some_and(|policy| policy.are_public(operations))
    }

    /// Whether anonymous requests are admitted, and no rule asks anything about these.
    pub(super) fn asks_nothing(&self, operations: &[Operation]) -> bool {
        let policy = self.operations.as_ref();
        self.anonymous && policy.is_none_or(|policy| policy.ask_nothing(operations))
    }

    /// Whether anything needs no token.
    pub(super) fn may_be_public(&self) -> bool {
        let operations = self.operations.as_ref();
        self.anonymous || operations.is_some_and(OperationPolicy::has_public)
    }

    pub(super) fn refusal(&self, denied: Denied, token: &AccessToken) -> Refusal {
        match (denied.into(), self.strategy) {
            (Refusal::InsufficientScope(scopes), ScopeStrategy::OperationPlusGranted) => {
                // It is for the authorization server and not for us.
                let granted = token.scopes().iter();
                let granted: Scopes = granted
                    .filter(|scope| **scope != "offline_access")
                    .cloned()
                    .collect();
                Refusal::InsufficientScope(scopes.union(&granted))
            }
            (refusal, _) => refusal,
        }
    }

    pub(super) fn scopes_of(&self, operations: &[Operation]) -> Scopes {
        let policy = self.operations.as_ref();
        policy.map_or_else(Scopes::default, |policy| policy.scopes(operations))
    }
}
