//! [`Rule`]: what some operations require, and which operations those are.

use std::fmt;

use super::pattern::Pattern;
use crate::operation::method;
use crate::operation::{Operation, Primitive};
use crate::policy::Policy;

pub(super) struct Rule {
    pub(super) subject: Subject,
    pub(super) requirement: Requirement,
}

/// What a rule is about.
pub(super) enum Subject {
    /// Methods, whatever their target.
    Method(Pattern),
    /// Primitives, whichever method names them.
    Primitive(Primitive, Pattern),
}

impl Subject {
    /// Whether any operation that this is about has arguments.
    pub(super) fn can_have_arguments(&self) -> bool {
        match self {
            Self::Method(pattern) => method::METHODS
                .iter()
                .any(|known| method::has_arguments(known.name) && pattern.matches(known.name)),
            Self::Primitive(primitive, _) => {
                matches!(primitive, Primitive::Tool | Primitive::Prompt)
            }
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Method(pattern) => write!(f, "the method {:?}", pattern.to_string()),
            Self::Primitive(primitive, pattern) => {
                write!(f, "the {primitive} {:?}", pattern.to_string())
            }
        }
    }
}

/// What a rule requires.
#[derive(Debug)]
pub(crate) enum Requirement {
    Policy(Box<dyn Policy>),
    /// Nothing, not even a token.
    Public,
}

impl Rule {
    pub(super) fn is_public(&self) -> bool {
        matches!(self.requirement, Requirement::Public)
    }

    /// The policy that the rule requires, unless it is public.
    pub(super) fn policy(&self) -> Option<&dyn Policy> {
        match &self.requirement {
            Requirement::Policy(policy) => Some(policy.as_ref()),
            Requirement::Public => None,
        }
    }

    /// Whether the rule applies to this operation. When in doubt a policy applies, and a public rule
    /// does not.
    pub(super) fn applies_to(&self, operation: &Operation) -> bool {
        let Subject::Primitive(primitive, pattern) = &self.subject else {
            return self.matches(operation);
        };
        if !method::touches(&operation.method, *primitive) {
            return false;
        }
        match (&operation.name, operation.primitive) {
            // The target is unknown, so it may be one that the rule is about.
            (None, _) => !self.is_public(),
            // A template may expand to a resource that the rule is about.
            (Some(name), Some(Primitive::ResourceTemplate)) => {
                primitive.is_named_by_uri() && pattern.may_overlap(&Pattern::of_template(name))
            }
            (Some(_), _) => self.matches(operation),
        }
    }

    /// Whether the rule is certainly about this operation.
    pub(super) fn matches(&self, operation: &Operation) -> bool {
        match &self.subject {
            Subject::Method(pattern) => pattern.matches(&operation.method),
            Subject::Primitive(primitive, pattern) => {
                let named = operation.primitive;
                let same_kind = named.is_none_or(|named| primitive.shares_names_with(named));
                let name = operation.name.as_deref();
                same_kind
                    && method::touches(&operation.method, *primitive)
                    && name.is_some_and(|name| pattern.matches(name))
            }
        }
    }
}
