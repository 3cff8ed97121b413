//! [`Policies`]: one version of the policies, parsed and validated.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use cedar_policy::{
    EntityUid, Policy, PolicyId, PolicySet, Schema, ValidationMode, ValidationWarning, Validator,
};

use super::action_policies::{ActionPolicies, by_action};
use super::problem::problem;
use super::step_up::{StepUp, mentions};
use crate::support::reload::{FileProblem, FileProblems};

/// One version of the policies.
#[derive(Debug)]
pub(super) struct Policies {
    by_action: HashMap<EntityUid, Arc<ActionPolicies>>,
}

impl Policies {
    /// Parses and validates the text of a file. Without `sees_arguments` a condition on them would be evaluated
    /// as if there were none, so that a `forbid` would not apply: it is a mistake then.
    ///
    /// # Errors
    ///
    /// Each mistake, with its place.
    pub(super) fn parse(
        text: &str,
        schema: &Schema,
        sees_arguments: bool,
    ) -> Result<Self, FileProblems> {
        let mut problems = FileProblems::default();
        let parsed: PolicySet = match text.parse::<PolicySet>() {
            Ok(parsed) => parsed,
            Err(errors) => {
                for error in errors.iter() {
                    problems.push(problem(text, error));
                }
                return Err(problems);
            }
        };
        for template in parsed.templates() {
            let what = "is a template, which decides nothing: write a policy without slots";
            problems.push(FileProblem::new(format!("{} {what}", template.id())));
        }
        let mut in_order: Vec<_> = parsed.policies().collect();
        in_order.sort_by_key(|policy| offset(policy));
        let (mut named, mut step_ups, mut ids) = (Vec::new(), Vec::new(), BTreeSet::new());
        for policy in in_order {
            let at = |what: String| FileProblem::at(text, offset(policy), what);
            for mistake in misspelt_annotations(policy) {
                problems.push(at(mistake));
            }
            if !sees_arguments && mentions(policy, "input") {
                let what =
                    "looks at context.input, which without_arguments hides: remove one of them";
                problems.push(at(what.to_owned()));
            }
            let id = policy.annotation("id").map(str::to_owned);
            let id = id.unwrap_or_else(|| policy.id().to_string());
            if !ids.insert(id.clone()) {
                problems.push(at(format!("two policies have the id {id:?}: rename one")));
            }
            let named_policy = policy.new_id(PolicyId::new(&id));
            if let Some(scopes) = policy.annotation("scopes") {
                match StepUp::new(&named_policy, scopes) {
                    Ok(step_up) => step_ups.push(Arc::new(step_up)),
                    Err(mistake) => problems.push(at(mistake)),
                }
            }
            named.push(named_policy);
        }
        problems.into_result()?;
        let unusable =
            |error: &dyn std::fmt::Display| FileProblem::new(format!("cannot be used: {error}"));
        let set = PolicySet::from_policies(named.clone()).map_err(|error| unusable(&error))?;
        validate(text, &set, schema)?;
        let actions = schema.action_entities().map_err(|error| unusable(&error))?;
        let by_action = by_action(&named, &step_ups, &actions).map_err(|error| unusable(&error))?;
        Ok(Self { by_action })
    }

    /// Those that can decide about this action; `None` for one that is not in the schema.
    pub(super) fn of(&self, action: &EntityUid) -> Option<&ActionPolicies> {
        self.by_action.get(action).map(AsRef::as_ref)
    }
}

/// Where a policy begins.
fn offset(policy: &Policy) -> usize {
    policy.as_ref().loc().map_or(0, |loc| loc.span.offset())
}

/// Annotations may have any name, so that a misspelt one would be silently without effect.
fn misspelt_annotations(policy: &Policy) -> impl Iterator<Item = String> {
    let stem = |name: &str| name.to_lowercase().trim_end_matches('s').to_owned();
    policy.annotations().filter_map(move |(name, _)| {
        let mut known = ["scopes", "id"].into_iter();
        let known = known.find(|known| name != *known && stem(name) == stem(known))?;
        Some(format!("@{name} has no effect: write @{known}"))
    })
}

fn validate(text: &str, set: &PolicySet, schema: &Schema) -> Result<(), FileProblems> {
    let result = Validator::new(schema.clone()).validate(set, ValidationMode::Strict);
    let mut problems = FileProblems::default();
    for error in result.validation_errors() {
        problems.push(problem(text, error));
    }
    problems.into_result()?;
    let mut problems = FileProblems::default();
    for warning in result.validation_warnings() {
        match warning {
            // It decides nothing, so it can only be a mistake.
            ValidationWarning::ImpossiblePolicy(_) => problems.push(problem(text, warning)),
            // Look-alike characters.
            _ => tracing::warn!("policies: {warning}"),
        }
    }
    problems.into_result()
}
