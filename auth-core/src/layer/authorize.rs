//! Step 7: whether the caller may do what the request asks for.

use std::sync::Arc;
use std::time::SystemTime;

use super::evaluation::Authorizers;
use super::guard::Guard;
use super::scope_strategy::ScopeStrategy;
use crate::directory::{Directory, Member};
use crate::operation::Operation;
use crate::policy::OperationPolicy;
use crate::policy::{AuthorizationRequest, Authorizer, DecisionRecord, NotAuthorized};
use crate::policy::{Denied, Policy, PolicyRequest, join};
use crate::provider::AuthProvider;
use crate::support::json::LazyObject;
use crate::token::Scopes;
use crate::token::VerifiedToken;
use crate::verifier::{Unavailable, WatchedHead};
use crate::wire::Refusal;

impl Guard {
    /// The input of policies and authorizers about a caller.
    pub(super) fn policy_request<'a>(
        &'a self,
        token: &'a VerifiedToken,
        now: SystemTime,
        head: WatchedHead<'a>,
    ) -> PolicyRequest<'a> {
        PolicyRequest::new(token, now)
            .with_watched_head(head)
            .with_hierarchy(&self.hierarchy)
    }

    /// The authorizers, each with the rules that are in force now.
    pub(super) fn snapshots(&self) -> Authorizers {
        let each = self.authorizers.iter();
        each.map(|it| it.snapshot().unwrap_or_else(|| Arc::clone(it)))
            .collect()
    }

    /// The last part of step 7: each authorizer, about each operation. A denial takes precedence
    /// over the outage of another authorizer: the answer would be no without the outage too. A used-up
    /// quota ends it, so that a caller beyond it costs little.
    pub(super) async fn ask_authorizers(
        &self,
        authorizers: &[Arc<dyn Authorizer>],
        request: &PolicyRequest<'_>,
        operations: &[Operation],
        arguments: &[Option<LazyObject>],
        record: &DecisionRecord,
    ) -> Result<(), NotAuthorized> {
        let (mut denials, mut unavailable) = (Vec::new(), None);
        for authorizer in authorizers {
            for request in AuthorizationRequest::each(*request, operations, arguments, record) {
                let is_refused = !denials.is_empty() || unavailable.is_some();
                let request = request.refused_before(is_refused);
                match authorizer.authorize(request).await {
                    Ok(()) => {}
                    // No scope can help, so the remaining authorizers are not called.
                    Err(NotAuthorized::Denied(denied @ Denied::Forbidden(_))) => {
                        return Err(denied.into());
                    }
                    Err(limited @ NotAuthorized::RateLimited(_)) => return Err(limited),
                    Err(NotAuthorized::Denied(denied)) => denials.push(Err(denied)),
                    Err(NotAuthorized::Unavailable(error)) => unavailable = Some(error),
                }
            }
        }
        join(denials)?;
        unavailable.map_or(Ok(()), |error| Err(error.into()))
    }

    /// Step 7: every policy is evaluated, so that one response names everything that is missing.
    pub(super) fn authorize(
        &self,
        request: &PolicyRequest<'_>,
        operations: &[Operation],
        arguments: &[Option<LazyObject>],
    ) -> Result<(), Denied> {
        match &self.operations {
            Some(policy) => join([
                self.authorize_any(request),
                policy.check(operations, arguments, request),
            ]),
            None => self.authorize_any(request),
        }
    }

    /// What every request requires, whichever operation it is about.
    pub(super) fn authorize_any(&self, request: &PolicyRequest<'_>) -> Result<(), Denied> {
        join([
            self.required.check(request),
            self.provider
                .policy()
                .map_or(Ok(()), |policy| policy.check(request)),
            self.policies.check(request),
        ])
    }

    /// Whether a filtered list shows the caller the item of this operation.
    pub(super) fn shows(
        &self,
        authorizers: &[Arc<dyn Authorizer>],
        request: &PolicyRequest<'_>,
        operation: &Operation,
    ) -> bool {
        let request = request.with_operation(operation).for_listing();
        self.authorize(&request, std::slice::from_ref(operation), &[])
            .is_ok()
            && authorizers.iter().all(|it| it.shows(&request))
    }

    /// Whether a policy of a request for these operations needs a live session.
    pub(super) fn need_live_session(&self, operations: &[Operation]) -> bool {
        let policy = self.operations.as_ref();
        self.always_live || policy.is_some_and(|policy| policy.need_live_session(operations))
    }

    /// The caller in the organization of the token, if a policy of a request for these operations needs it.
    pub(super) fn member(
        &self,
        token: &VerifiedToken,
        operations: &[Operation],
    ) -> Result<Option<Member>, Unavailable> {
        let policy = self.operations.as_ref();
        match self.always_member || policy.is_some_and(|policy| policy.need_member(operations)) {
            true => self.look_up_member(token),
            false => Ok(None),
        }
    }

    /// The caller in the organization of the token.
    pub(super) fn look_up_member(
        &self,
        token: &VerifiedToken,
    ) -> Result<Option<Member>, Unavailable> {
        let organization = token.organization().filter(|_| !token.is_machine());
        match (&self.directory, organization) {
            (Some(directory), Some(organization)) => {
                directory.member(organization, token.subject())
            }
            // A machine, or a handler of a layer without a directory: one whose policies need it is not built.
            _ => Ok(None),
        }
    }

    /// Whether these operations are public, and require nothing more of a caller with a token.
    pub(super) fn are_public(&self, operations: &[Operation]) -> bool {
        let policy = self.operations.as_ref();
        policy.is_some_and(|policy| policy.are_public(operations))
    }

    /// Whether anonymous requests are admitted, and no rule requires anything for these operations.
    pub(super) fn requires_nothing(&self, operations: &[Operation]) -> bool {
        let policy = self.operations.as_ref();
        self.anonymous && policy.is_none_or(|policy| policy.are_unrestricted(operations))
    }

    /// Whether some requests need no token.
    pub(super) fn may_be_public(&self) -> bool {
        let operations = self.operations.as_ref();
        self.anonymous || operations.is_some_and(OperationPolicy::has_public)
    }

    pub(super) fn refusal(&self, denied: Denied, token: &VerifiedToken) -> Refusal {
        match (denied.into(), self.strategy) {
            (Refusal::InsufficientScope(scopes), ScopeStrategy::OperationPlusGranted) => {
                // `offline_access` is a scope of the authorization server, not of the resource.
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

    pub(super) fn not_authorized(&self, error: NotAuthorized, token: &VerifiedToken) -> Refusal {
        match error {
            NotAuthorized::Denied(denied) => self.refusal(denied, token),
            other => other.into(),
        }
    }

    pub(super) fn scopes_of(&self, operations: &[Operation]) -> Scopes {
        let policy = self.operations.as_ref();
        policy.map_or_else(Scopes::default, |policy| policy.scopes(operations))
    }
}
