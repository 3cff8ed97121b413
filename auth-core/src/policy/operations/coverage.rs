//! [`Coverage`]: compares the rules with what the server offers.

use super::inventory::{Entry, Inventory};
use super::pattern::Pattern;
use super::rule::{Rule, Subject};
use crate::error::ConfigError;
use crate::operation::Primitive;

/// What to do if the rules do not fit the [`Inventory`] of the server.
///
/// Two things do not fit: a primitive without a rule, and a rule about primitives of which the server has
/// none.
///
/// - A rule about primitives matches by name, also with `*`: `.tool("*", policy)` is a rule about every
///   tool, those of next year included. A public rule is a rule.
/// - Rules about methods do not count. They are about requests, not about primitives.
/// - Resources, resource templates and skills share one space of URIs: a rule about a template covers the
///   resources that it expands to. A template is covered by a rule that matches every URI that it can expand
///   to; several rules that do so only together do not count.
/// - [`deny_unlisted`](crate::policy::OperationPolicyBuilder::deny_unlisted) changes nothing: a primitive
///   that the server offers and every caller is denied is a mistake too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Coverage {
    /// Building the policy fails and names each of them. The default, so that a tool whose rule was forgotten
    /// never serves a request.
    #[default]
    Strict,
    /// Each of them is logged as a warning.
    Warn,
    /// They are ignored. A primitive without a rule requires what every request requires.
    Allow,
}

/// A rule as it was written.
pub(super) struct WrittenRule {
    pub(super) rule: Rule,
    /// The name, URI, template or pattern.
    pub(super) name: String,
}

/// Everything that does not fit, in the order of the inventory and then of the rules.
pub(super) fn gaps(
    inventory: &Inventory,
    rules: &[WrittenRule],
    denies_unlisted: bool,
) -> Vec<ConfigError> {
    let entries = &inventory.entries;
    let uncovered = entries.iter().filter(|entry| {
        // The mistake in it is reported already.
        !entry.malformed && !rules.iter().any(|rule| covers(&rule.rule, entry))
    });
    let unused = rules.iter().filter_map(|rule| {
        let Subject::Primitive(primitive, pattern) = &rule.rule.subject else {
            return None;
        };
        let used = entries
            .iter()
            .any(|entry| concerns(*primitive, pattern, entry));
        (!used).then(|| without_a_primitive(*primitive, &rule.name))
    });
    uncovered
        .map(|entry| without_a_rule(entry, denies_unlisted))
        .chain(unused)
        .collect()
}

/// Whether the rule applies to every request about this primitive.
fn covers(rule: &Rule, entry: &Entry) -> bool {
    let Subject::Primitive(primitive, pattern) = &rule.subject else {
        return false;
    };
    primitive.shares_names_with(entry.primitive)
        && match entry.primitive {
            Primitive::ResourceTemplate => pattern.covers(&Pattern::of_template(&entry.name)),
            _ => pattern.matches(&entry.name),
        }
}

/// Whether the rule applies to some request about this primitive.
fn concerns(primitive: Primitive, pattern: &Pattern, entry: &Entry) -> bool {
    primitive.shares_names_with(entry.primitive)
        && match entry.primitive {
            Primitive::ResourceTemplate => pattern.may_overlap(&Pattern::of_template(&entry.name)),
            _ => pattern.matches(&entry.name),
        }
}

fn without_a_rule(entry: &Entry, denies_unlisted: bool) -> ConfigError {
    let (primitive, name) = (entry.primitive, &entry.name);
    let effect = if denies_unlisted {
        "and deny_unlisted denies every request about it"
    } else {
        "so that every caller of the server may use it"
    };
    let problem = format!(
        "has no rule, {effect}: state what it requires at the {primitive}, or add \
         .{}({name:?}, policy) to the operations",
        builder_method(primitive)
    );
    ConfigError::new(format!("{primitive} {name:?}"), problem)
}

fn without_a_primitive(primitive: Primitive, name: &str) -> ConfigError {
    let problem = format!(
        "has a rule about {primitive} {name:?}, which the server does not offer: correct the name, \
         remove the rule, or add the {primitive} to the inventory"
    );
    ConfigError::new("operations", problem)
}

/// The method of the builder that adds a rule about this kind.
fn builder_method(primitive: Primitive) -> &'static str {
    match primitive {
        Primitive::Tool => "tool",
        Primitive::Prompt => "prompt",
        Primitive::Resource => "resource",
        Primitive::ResourceTemplate => "resource_template",
        Primitive::Skill => "skill",
    }
}

#[cfg(test)]
mod tests;
