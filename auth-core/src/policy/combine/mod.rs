//! `all_of`, `any_of` and `not`, and which denial wins when several speak.

use crate::policy::{Denied, Policy, PolicyRequest};
use crate::token::Scopes;

/// Says yes when every policy does; with no policies it says yes.
///
/// All of them are asked, so that one answer names everything that is missing. When denials
/// differ, the one that is hardest to help wins: claims, then authentication, then scopes, of
/// which the union is named.
#[must_use]
pub fn all_of<P: Policy>(policies: impl IntoIterator<Item = P>) -> AllOf<P> {
    AllOf(policies.into_iter().collect())
}

/// Says yes when one policy does; with no policies it says no.
///
/// When none does, the denial that is easiest to help wins: the first that names scopes, then
/// the first about authentication, then the first about claims.
#[must_use]
pub fn any_of<P: Policy>(policies: impl IntoIterator<Item = P>) -> AnyOf<P> {
    AnyOf(policies.into_iter().collect())
}

/// Says yes when `policy` says no. No scope can help against it.
#[must_use]
pub fn not<P: Policy>(policy: P) -> Not<P> {
    Not(policy)
}

/// See [`all_of`].
#[derive(Debug, Clone)]
pub struct AllOf<P>(Vec<P>);

/// See [`any_of`].
#[derive(Debug, Clone)]
pub struct AnyOf<P>(Vec<P>);

/// See [`not`].
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
        Err(easiest.unwrap_or_else(|| Denied::Claims("none of no policies".into())))
    }

    /// Those of the first policy that asks for any: one way in is enough.
    fn scopes(&self) -> Scopes {
        let mut asked = self.0.iter().map(Policy::scopes);
        asked.find(|scopes| !scopes.is_empty()).unwrap_or_default()
    }
}

impl<P: Policy> Policy for Not<P> {
    fn check(&self, request: &PolicyRequest<'_>) -> Result<(), Denied> {
        match self.0.check(request) {
            Ok(()) => Err(Denied::Claims("a policy that must not hold does".into())),
            Err(_) => Ok(()),
        }
    }
}

/// The answer of [`all_of`] from answers that have been given.
pub(crate) fn join(answers: impl IntoIterator<Item = Result<(), Denied>>) -> Result<(), Denied> {
    answers
        .into_iter()
        .filter_map(Result::err)
        .reduce(both)
        .map_or(Ok(()), Err)
}

/// The denial that stands when both must be helped.
fn both(one: Denied, other: Denied) -> Denied {
    match (one, other) {
        (Denied::Claims(why), _) | (_, Denied::Claims(why)) => Denied::Claims(why),
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

/// The denial that stands when helping one is enough.
fn either(earlier: Denied, later: Denied) -> Denied {
    fn effort(denied: &Denied) -> u8 {
        match denied {
            Denied::Scope(_) => 0,
            Denied::Authentication(_) => 1,
            Denied::Claims(_) => 2,
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
