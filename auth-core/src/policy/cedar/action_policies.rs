//! [`ActionPolicies`]: the policies that can decide about one action.
//!
//! Cedar evaluates all policies that it is given. Most name the action that they are about, so that those about
//! other actions need not be evaluated: they are never satisfied.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use cedar_policy::{ActionConstraint, Entities, EntityUid, Policy, PolicyId, PolicySet};

use super::step_up::{StepUp, mentions};

/// The policies that can decide about one action.
#[derive(Debug, Default)]
pub(super) struct ActionPolicies {
    pub(super) set: PolicySet,
    /// Those with `@scopes`, in the order of the file.
    pub(super) step_ups: Vec<Arc<StepUp>>,
    /// Whether any of them looks at the arguments.
    pub(super) mention_input: bool,
    /// Whether any of them looks at the claims.
    pub(super) mention_claims: bool,
}

/// Those of each action. Actions with the same policies share them.
pub(super) fn by_action(
    policies: &[Policy],
    step_ups: &[Arc<StepUp>],
    actions: &Entities,
) -> Result<HashMap<EntityUid, Arc<ActionPolicies>>, String> {
    let mut shared: HashMap<Vec<usize>, Arc<ActionPolicies>> = HashMap::new();
    let mut found = HashMap::new();
    for action in actions.iter() {
        let uid = action.uid();
        let groups: HashSet<_> = actions.ancestors(&uid).into_iter().flatten().collect();
        let concerned: Vec<_> = policies
            .iter()
            .enumerate()
            .filter(|(_, policy)| concerns(policy, &uid, &groups))
            .collect();
        let indices = concerned.iter().map(|(index, _)| *index).collect();
        let policies = match shared.get(&indices) {
            Some(policies) => Arc::clone(policies),
            None => {
                let concerned: Vec<_> = concerned.into_iter().map(|(_, policy)| policy).collect();
                let policies = Arc::new(ActionPolicies::new(&concerned, step_ups)?);
                shared.insert(indices, Arc::clone(&policies));
                policies
            }
        };
        found.insert(uid, policies);
    }
    Ok(found)
}

/// Whether the policy can be satisfied for this action.
fn concerns(policy: &Policy, action: &EntityUid, groups: &HashSet<&EntityUid>) -> bool {
    match policy.action_constraint() {
        ActionConstraint::Any => true,
        ActionConstraint::Eq(only) => only == *action,
        ActionConstraint::In(any) => any.iter().any(|it| it == action || groups.contains(it)),
    }
}

impl ActionPolicies {
    fn new(policies: &[&Policy], step_ups: &[Arc<StepUp>]) -> Result<Self, String> {
        let ids: HashSet<&PolicyId> = policies.iter().map(|policy| policy.id()).collect();
        let mention = |attribute| policies.iter().any(|policy| mentions(policy, attribute));
        let set = PolicySet::from_policies(policies.iter().map(|policy| (*policy).clone()));
        Ok(Self {
            set: set.map_err(|error| error.to_string())?,
            step_ups: step_ups
                .iter()
                .filter(|step_up| ids.contains(&step_up.id))
                .map(Arc::clone)
                .collect(),
            mention_input: mention("input"),
            mention_claims: mention("claims"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cedar_policy::Schema;

    #[test]
    fn an_action_has_the_policies_that_can_be_satisfied() {
        let schema: Schema = r#"
            entity E;
            action "group", "other";
            action "inner" in ["group"];
            action "a", "b" in ["inner"] appliesTo { principal: E, resource: E, context: {} };
            action "c" in ["other"] appliesTo { principal: E, resource: E, context: {} };
        "#
        .parse()
        .unwrap();
        let policies: PolicySet = r#"
            permit(principal, action, resource);
            permit(principal, action == Action::"a", resource);
            permit(principal, action in Action::"group", resource);
            permit(principal, action in [Action::"b", Action::"other"], resource) when { context.input };
            forbid(principal, action in Action::"b", resource) when { context.claims };
        "#
        .parse()
        .unwrap();
        let mut policies: Vec<_> = policies.policies().cloned().collect();
        policies.sort_by(|one, other| one.id().cmp(other.id()));
        let found = by_action(&policies, &[], &schema.action_entities().unwrap()).unwrap();
        for (action, expected, input, claims) in [
            ("a", &["policy0", "policy1", "policy2"][..], false, false),
            (
                "b",
                &["policy0", "policy2", "policy3", "policy4"],
                true,
                true,
            ),
            ("c", &["policy0", "policy3"], true, false),
        ] {
            let uid = format!("Action::{action:?}").parse().unwrap();
            let found: &ActionPolicies = &found[&uid];
            let mut ids: Vec<_> = found.set.policies().map(|it| it.id().to_string()).collect();
            ids.sort();
            assert_eq!(ids, expected, "{action}");
            assert_eq!(
                (found.mention_input, found.mention_claims),
                (input, claims),
                "{action}"
            );
        }
    }
}
