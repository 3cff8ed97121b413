//! The decision about a [`Question`]: permitted, refused, or refused for want of scopes.

use cedar_policy::{
    AuthorizationError, Authorizer as Engine, Decision, Effect, PolicyId, Response,
};

use super::question::Question;
use crate::policy::Denied;
use crate::token::{ScopeHierarchy, Scopes};

/// How many combinations of scopes are tried for one refusal.
const MAX_TRIES: usize = 4;

/// What Cedar answers.
pub(super) struct Answer {
    pub(super) result: Result<(), Denied>,
    /// The policies that decided, in the order of their names.
    pub(super) policies: Vec<PolicyId>,
}

/// One version of the policies, asked one question.
pub(super) struct Decider<'a> {
    pub(super) engine: &'a Engine,
    pub(super) question: &'a Question<'a>,
    pub(super) granted: &'a Scopes,
    pub(super) hierarchy: &'a ScopeHierarchy,
}

impl Decider<'_> {
    /// # Errors
    ///
    /// Why Cedar cannot be asked.
    pub(super) fn decide(&self) -> Result<Answer, String> {
        let response = self.ask(Scopes::NONE)?;
        let mut policies: Vec<_> = response.diagnostics().reason().cloned().collect();
        policies.sort();
        let result = match response.decision() {
            Decision::Allow => self.without_failed_forbid(&response),
            Decision::Deny => Err(match self.missing_scopes(&response)? {
                Some(scopes) => Denied::Scope(scopes),
                None if policies.is_empty() => Denied::Forbidden("no policy permits it".into()),
                None => {
                    let names: Vec<_> = policies.iter().map(ToString::to_string).collect();
                    Denied::Forbidden(format!("forbidden by {}", names.join(", ")).into())
                }
            }),
        };
        Ok(Answer { result, policies })
    }

    /// Whether the caller might be permitted with some arguments.
    pub(super) fn shows(&self) -> Result<bool, String> {
        let entities = self.question.entities(&self.expanded(Scopes::NONE))?;
        let response = self.engine.is_authorized_partial(
            &self.question.request,
            &self.question.policies.set,
            &entities,
        );
        Ok(response.decision() != Some(Decision::Deny))
    }

    /// The answer, as if the token had these scopes too.
    fn ask(&self, more: &Scopes) -> Result<Response, String> {
        let entities = self.question.entities(&self.expanded(more))?;
        let (request, set) = (&self.question.request, &self.question.policies.set);
        Ok(self.engine.is_authorized(request, set, &entities))
    }

    fn expanded(&self, more: &Scopes) -> Scopes {
        self.hierarchy.expand(&self.granted.union(more))
    }

    /// Cedar ignores a policy that fails, for example because a sum overflows. The sender of the
    /// arguments could switch a `forbid` off so.
    fn without_failed_forbid(&self, response: &Response) -> Result<(), Denied> {
        let is_forbid = |id: &PolicyId| {
            let policy = self.question.policies.set.policy(id);
            policy.is_none_or(|policy| policy.effect() == Effect::Forbid)
        };
        let errors = response.diagnostics().errors();
        let failed = errors.map(|error| match error {
            AuthorizationError::PolicyEvaluationError(error) => error.policy_id(),
        });
        let failed: Vec<_> = failed
            .filter(|id| is_forbid(id))
            .map(ToString::to_string)
            .collect();
        if failed.is_empty() {
            return Ok(());
        }
        Err(Denied::Forbidden(
            format!("{} could not be evaluated", failed.join(", ")).into(),
        ))
    }

    /// The scopes with which the answer would be yes, if policies name such: a challenge for scopes
    /// that do not help would make clients loop.
    fn missing_scopes(&self, refused: &Response) -> Result<Option<Scopes>, String> {
        let mut missing = Scopes::default();
        let mut refused = refused.clone();
        for _ in 0..MAX_TRIES {
            let forbids: Vec<_> = refused.diagnostics().reason().collect();
            let more = if forbids.is_empty() {
                self.permit_with_scopes(&missing)?
            } else {
                self.scopes_of_forbids(&forbids)
            };
            let Some(more) = more else {
                return Ok(None);
            };
            let all = missing.union(&more);
            if all == missing {
                return Ok(None);
            }
            missing = all;
            refused = self.ask(&missing)?;
            if refused.decision() == Decision::Allow {
                let permitted = self.without_failed_forbid(&refused).is_ok();
                return Ok(permitted.then_some(missing));
            }
        }
        Ok(None)
    }

    /// The scopes of all these policies; `None` if scopes do not help against one of them.
    fn scopes_of_forbids(&self, forbids: &[&PolicyId]) -> Option<Scopes> {
        let of = |id: &PolicyId| {
            self.question
                .policies
                .step_ups
                .iter()
                .find(|it| it.id == *id)
        };
        let mut each = forbids.iter().map(|id| of(id).map(|it| &it.scopes));
        each.try_fold(Scopes::default(), |all, scopes| Some(all.union(scopes?)))
    }

    /// The scopes of the first policy that would permit it with them.
    fn permit_with_scopes(&self, missing: &Scopes) -> Result<Option<Scopes>, String> {
        for step_up in &self.question.policies.step_ups {
            if step_up.effect == Effect::Forbid {
                continue;
            }
            let (scopes, set) = (&step_up.scopes, &step_up.set);
            let entities = self
                .question
                .entities(&self.expanded(&missing.union(scopes)))?;
            let alone = self
                .engine
                .is_authorized(&self.question.request, set, &entities);
            if alone.decision() == Decision::Allow {
                return Ok(Some(scopes.clone()));
            }
        }
        Ok(None)
    }
}
