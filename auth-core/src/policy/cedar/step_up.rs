//! [`StepUp`]: a policy with `@scopes`, which says what more scopes can satisfy.

use cedar_policy::{Effect, Policy, PolicyId, PolicySet};

use crate::token::Scopes;

/// A policy that more scopes can satisfy.
#[derive(Debug)]
pub(super) struct StepUp {
    pub(super) id: PolicyId,
    pub(super) effect: Effect,
    pub(super) scopes: Scopes,
    /// The policy alone.
    pub(super) set: PolicySet,
}

impl StepUp {
    pub(super) fn new(policy: &Policy, text: &str) -> Result<Self, String> {
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
pub(super) fn mentions(policy: &Policy, attribute: &str) -> bool {
    match policy.to_json() {
        // Annotations are beside the conditions.
        Ok(json) => json
            .get("conditions")
            .is_some_and(|conditions| conditions.to_string().contains(&format!("{attribute:?}"))),
        Err(_) => true,
    }
}
