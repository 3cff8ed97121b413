//! [`RuleSet`]: all rules, with an index of those about a single name.

use std::collections::HashMap;
use std::iter::Peekable;
use std::slice;

use super::rule::{Rule, Subject};
use crate::operation::method;
use crate::operation::{Operation, Primitive};

/// Up to this many rules about single names are compared one by one, which is faster than hashing a name.
const FEW: usize = 8;

/// The rules of a policy, in the order in which they were added.
#[derive(Default)]
pub(super) struct RuleSet {
    rules: Vec<Rule>,
    index: Option<NameIndex>,
    has_public: bool,
}

/// Where the rules about a name are, so that an operation is not compared with those about other names.
struct NameIndex {
    /// The positions of the rules about single names, ascending.
    by_name: HashMap<Box<str>, Vec<usize>>,
    /// The positions of all other rules, ascending.
    others: Vec<usize>,
    /// The length of the longest of the names: a longer one, which a caller may have sent, is not hashed.
    longest: usize,
}

impl RuleSet {
    pub(super) fn new(rules: Vec<Rule>) -> Self {
        let single = rules.iter().filter(|rule| only_name(rule).is_some());
        Self {
            index: (single.count() > FEW).then(|| NameIndex::of(&rules)),
            has_public: rules.iter().any(Rule::is_public),
            rules,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.rules.len()
    }

    /// Whether any rule is public.
    pub(super) fn has_public(&self) -> bool {
        self.has_public
    }

    /// Whether any rule is certainly about this operation.
    pub(super) fn matches(&self, operation: &Operation) -> bool {
        self.candidates(operation)
            .any(|rule| rule.matches(operation))
    }

    /// The rules that apply to this operation, in their order.
    pub(super) fn of<'a>(&'a self, operation: &'a Operation) -> impl Iterator<Item = &'a Rule> {
        self.candidates(operation)
            .filter(|rule| rule.applies_to(operation))
    }

    /// At least all rules that match the operation or apply to it, in their order.
    fn candidates(&self, operation: &Operation) -> Candidates<'_> {
        match &self.index {
            Some(index) => index.candidates(&self.rules, operation),
            None => Candidates::All(self.rules.iter()),
        }
    }
}

impl NameIndex {
    fn of(rules: &[Rule]) -> Self {
        let mut index = Self {
            by_name: HashMap::new(),
            others: Vec::new(),
            longest: 0,
        };
        for (position, rule) in rules.iter().enumerate() {
            match only_name(rule) {
                Some(name) => {
                    index.longest = index.longest.max(name.len());
                    index.by_name.entry(name.into()).or_default().push(position);
                }
                None => index.others.push(position),
            }
        }
        index
    }

    fn candidates<'a>(&'a self, rules: &'a [Rule], operation: &Operation) -> Candidates<'a> {
        let named = match (operation.name(), operation.primitive()) {
            // It may expand to any name.
            (Some(_), Some(Primitive::ResourceTemplate)) => return Candidates::All(rules.iter()),
            (Some(name), _) if name.len() > self.longest => &[],
            (Some(name), _) => self.by_name.get(name).map_or(&[][..], Vec::as_slice),
            // The target is unknown, and may be any that the method can name.
            (None, _) if names_a_target(operation) => return Candidates::All(rules.iter()),
            (None, _) => &[],
        };
        Candidates::Indexed {
            rules,
            named: named.iter().peekable(),
            others: self.others.iter().peekable(),
        }
    }
}

/// The name that the rule is about, if it is only one. A rule about a method is not about a name.
fn only_name(rule: &Rule) -> Option<&str> {
    match &rule.subject {
        Subject::Primitive(_, pattern) => pattern.only_name(),
        Subject::Method(_) => None,
    }
}

fn names_a_target(operation: &Operation) -> bool {
    let mut kinds = Primitive::ALL.into_iter();
    kinds.any(|primitive| method::touches(operation.method(), primitive))
}

/// The rules that an operation is compared with.
enum Candidates<'a> {
    All(slice::Iter<'a, Rule>),
    Indexed {
        rules: &'a [Rule],
        named: Peekable<slice::Iter<'a, usize>>,
        others: Peekable<slice::Iter<'a, usize>>,
    },
}

impl<'a> Iterator for Candidates<'a> {
    type Item = &'a Rule;

    fn next(&mut self) -> Option<&'a Rule> {
        match self {
            Self::All(rules) => rules.next(),
            Self::Indexed {
                rules,
                named,
                others,
            } => {
                let position = match (named.peek(), others.peek()) {
                    (Some(one), Some(other)) if one < other => named.next(),
                    (Some(_), None) => named.next(),
                    _ => others.next(),
                };
                rules.get(*position?)
            }
        }
    }
}

#[cfg(test)]
mod tests;
