//! `all_of`, `any_of` and `not`, and which denial is reported when several policies deny.

use crate::policy::{Denied, Policy, PolicyRequest};
use crate::token::Scopes;

/// Allows a request that every policy allows; with no policies, every request.
///
/// Evaluates all policies, so that one response names all that is missing. When denials differ,
/// the one that is hardest to resolve is reported: claims, then authentication, then the union of all
/// scopes.
#[must_use]
pub fn all_of<P: Policy>(policies: impl IntoIterator<Item = P>) -> AllOf<P> {
    AllOf(policies.into_iter().collect())
}

/// Allows a request that at least one policy allows; with no policies, none.
///
/// When all deny, the denial that is easiest to resolve is reported: the first that names scopes, then
/// the first about authentication, then the first about claims.
#[must_use]
pub fn any_of<P: Policy>(policies: impl IntoIterator<Item = P>) -> AnyOf<P> {
    AnyOf(policies.into_iter().collect())
}

/// Allows a request that `policy` denies. No scope can resolve its denial.
///
/// A policy about arguments denies a request without them, so its negation allows that request. In a
/// [list](PolicyRequest::is_listing), its negation allows every item.
#[must_use]
pub fn not<P: Policy>(policy: P) -> Not<P> {
    Not(policy)
}

/// A policy made by [`all_of`].
#[derive(Debug, Clone)]
pub struct AllOf<P>(Vec<P>);

/// A policy made by [`any_of`].
#[derive(Debug, Clone)]
pub struct AnyOf<P>(Vec<P>);

/// A policy made by [`not`].
#[derive(Debug, Clone)]
pub struct Not<P>(P);

impl<P: Policy> Policy for AllOf<P> {
    fn check(&self, request: &PolicyRequest<'_>) -> Result<(), Denied> {
        join(self.0.iter().map(|policy| policy.check(request)))
    }

    fn scopes(&self) -> Scopes {
        self.0
            .iter()
            .fold(Scopes::default(), |all, policy| all.union(&policy.scopes()))
    }

    fn needs_arguments(&self) -> bool {
        self.0.iter().any(Policy::needs_arguments)
    }

    fn needs_live_session(&self) -> bool {
        self.0.iter().any(Policy::needs_live_session)
    }

    fn needs_member(&self) -> bool {
        self.0.iter().any(Policy::needs_member)
    }
}

impl<P: Policy> Policy for AnyOf<P> {
    fn check(&self, request: &PolicyRequest<'_>) -> Result<(), Denied> {
        let mut easiest = None;
        for policy in &self.0 {
            match policy.check(request) {
                Ok(()) => return Ok(()),
                Err(denied) => {
                    easiest = Some(match easiest {
                        Some(earlier) => either(earlier, denied),
                        None => denied,
                    });
                }
            }
        }
        Err(easiest.unwrap_or_else(|| Denied::Forbidden("any_of has no alternatives".into())))
    }

    /// Those of the first policy that requires scopes: one alternative is enough.
    fn scopes(&self) -> Scopes {
        let mut required = self.0.iter().map(Policy::scopes);
        required
            .find(|scopes| !scopes.is_empty())
            .unwrap_or_default()
    }

    fn needs_arguments(&self) -> bool {
        self.0.iter().any(Policy::needs_arguments)
    }

    fn needs_live_session(&self) -> bool {
        self.0.iter().any(Policy::needs_live_session)
    }

    fn needs_member(&self) -> bool {
        self.0.iter().any(Policy::needs_member)
    }
}

impl<P: Policy> Policy for Not<P> {
    fn check(&self, request: &PolicyRequest<'_>) -> Result<(), Denied> {
        // What the policy allows with some arguments, it may deny with others.
        if request.is_listing() && self.0.needs_arguments() {
            return Ok(());
        }
        match self.0.check(request) {
            Ok(()) => Err(Denied::Forbidden(
                "the negated policy allows the request".into(),
            )),
            Err(_) => Ok(()),
        }
    }

    fn needs_arguments(&self) -> bool {
        self.0.needs_arguments()
    }

    fn needs_live_session(&self) -> bool {
        self.0.needs_live_session()
    }

    fn needs_member(&self) -> bool {
        self.0.needs_member()
    }
}

/// The result of [`all_of`] for the results of its policies.
pub(crate) fn join(results: impl IntoIterator<Item = Result<(), Denied>>) -> Result<(), Denied> {
    results
        .into_iter()
        .filter_map(Result::err)
        .reduce(both)
        .map_or(Ok(()), Err)
}

/// The denial to report when both must be resolved.
fn both(one: Denied, other: Denied) -> Denied {
    match (one, other) {
        (Denied::Forbidden(reason), _) | (_, Denied::Forbidden(reason)) => {
            Denied::Forbidden(reason)
        }
        (Denied::Authentication(one), Denied::Authentication(other)) => {
            Denied::Authentication(one.and(&other))
        }
        (Denied::Authentication(requirement), Denied::Scope(_))
        | (Denied::Scope(_), Denied::Authentication(requirement)) => {
            Denied::Authentication(requirement)
        }
        (Denied::Scope(one), Denied::Scope(other)) => Denied::Scope(one.union(&other)),
    }
}

/// The denial to report when resolving one is enough.
fn either(earlier: Denied, later: Denied) -> Denied {
    fn effort(denied: &Denied) -> u8 {
        match denied {
            Denied::Scope(_) => 0,
            Denied::Authentication(_) => 1,
            Denied::Forbidden(_) => 2,
        }
    }
    if effort(&later) < effort(&earlier) {
        later
    } else {
        earlier
    }
}

#[cfg(test)]
mod tests;
