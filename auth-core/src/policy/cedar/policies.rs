//! [`Policies`]: one version of the policies, parsed and validated.

use std::collections::BTreeSet;

use cedar_policy::{
    Effect, Policy, PolicyId, PolicySet, Schema, ValidationMode, ValidationWarning, Validator,
};

use super::problem::problem;
use crate::support::reload::{FileProblem, FileProblems};
use crate::token::Scopes;

/// One version of the policies.
#[derive(Debug)]
pub(super) struct Policies {
    pub(super) set: PolicySet,
    /// Those with `@scopes`, in the order of the file.
    pub(super) step_ups: Vec<StepUp>,
    /// Whether any of them looks at the arguments.
    pub(super) mention_input: bool,
    /// Whether any of them looks at the claims.
    pub(super) mention_claims: bool,
}

/// A policy that more scopes can satisfy.
#[derive(Debug)]
pub(super) struct StepUp {
    pub(super) id: PolicyId,
    pub(super) effect: Effect,
    pub(super) scopes: Scopes,
    /// The policy alone.
    pub(super) set: PolicySet,
}

impl Policies {
    /// Parses and validates the text of a file.
    ///
    /// # Errors
    ///
    /// Each mistake, with its place.
    pub(super) fn parse(text: &str, schema: &Schema) -> Result<Self, FileProblems> {
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
            let id = policy.annotation("id").map(str::to_owned);
            let id = id.unwrap_or_else(|| policy.id().to_string());
            if !ids.insert(id.clone()) {
                problems.push(at(format!("two policies have the id {id:?}: rename one")));
            }
            let named_policy = policy.new_id(PolicyId::new(&id));
            if let Some(scopes) = policy.annotation("scopes") {
                match StepUp::new(&named_policy, scopes) {
                    Ok(step_up) => step_ups.push(step_up),
                    Err(mistake) => problems.push(at(mistake)),
                }
            }
            named.push(named_policy);
        }
        problems.into_result()?;
        let mention = |attribute| named.iter().any(|policy| mentions(policy, attribute));
        let (mention_input, mention_claims) = (mention("input"), mention("claims"));
        let set = PolicySet::from_policies(named)
            .map_err(|error| FileProblem::new(format!("cannot be used: {error}")))?;
        validate(text, &set, schema)?;
        Ok(Self {
            set,
            step_ups,
            mention_input,
            mention_claims,
        })
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

impl StepUp {
    fn new(policy: &Policy, text: &str) -> Result<Self, String> {
        let scopes = scopes_of(policy, text)?;
        let set = PolicySet::from_policies([policy.clone()]).map_err(|error| error.to_string())?;
        Ok(Self {
            id: policy.id().clone(),
            effect: policy.effect(),
            scopes,
            set,
        })
    }
}

/// The scopes that an annotation names.
fn scopes_of(policy: &Policy, text: &str) -> Result<Scopes, String> {
    let scopes = Scopes::parse(text)
        .map_err(|error| format!("@scopes({text:?}) is not a list of scopes: {error}"))?;
    if scopes.is_empty() {
        return Err("@scopes names no scope: name those that the policy looks for".to_owned());
    }
    // The annotation says what to ask for; it requires nothing.
    if !mentions(policy, "scopes") {
        return Err(format!(
            "@scopes({text:?}) requires nothing by itself: add a condition on principal.scopes"
        ));
    }
    Ok(scopes)
}

/// Whether the policy reads an attribute of this name.
fn mentions(policy: &Policy, attribute: &str) -> bool {
    match policy.to_json() {
        // Annotations are beside the conditions.
        Ok(json) => json
            .get("conditions")
            .is_some_and(|conditions| conditions.to_string().contains(&format!("{attribute:?}"))),
        Err(_) => true,
    }
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
