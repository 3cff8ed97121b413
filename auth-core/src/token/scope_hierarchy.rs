//! Scope hierarchies: a broader scope that includes narrower ones.
//!
//! The MCP authorization specification of 2026-07-28 asks servers to consider them when they decide
//! whether a token suffices; the challenge still names the narrow scope.

use std::collections::BTreeMap;

use thiserror::Error;

use super::scope::{InvalidScope, Scope, Scopes};

/// Which scope includes which others, directly and transitively. Free of cycles by construction.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScopeHierarchy {
    /// Each scope with all scopes that it includes.
    implied: BTreeMap<Scope, Scopes>,
}

/// A rule that a [`ScopeHierarchy`] cannot contain.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum HierarchyError {
    /// A name in the rule is not a scope.
    #[error("a name in the scope hierarchy is not a scope")]
    Scope(#[from] InvalidScope),
    /// With this rule a scope would include itself.
    #[error("scope hierarchy: {broad:?} cannot imply {narrow:?}, which implies it already")]
    Cycle {
        /// The broader scope of the rule.
        broad: Scope,
        /// The narrower scope, which is the same or already includes `broad`.
        narrow: Scope,
    },
}

impl ScopeHierarchy {
    pub(crate) const FLAT: &'static Self = &Self {
        implied: BTreeMap::new(),
    };

    /// A hierarchy without rules: no scope includes another one.
    #[must_use]
    pub fn flat() -> Self {
        Self::default()
    }

    /// Adds the rule that `broad` includes `narrow`, and everything that `narrow` includes.
    ///
    /// # Errors
    ///
    /// [`HierarchyError`] if a name is not a scope, or if the rule would close a cycle.
    pub fn imply(mut self, broad: &str, narrow: &str) -> Result<Self, HierarchyError> {
        let (broad, narrow) = (Scope::new(broad)?, Scope::new(narrow)?);
        let gained = self.with_implied(&narrow);
        if gained.contains(broad.as_str()) {
            return Err(HierarchyError::Cycle { broad, narrow });
        }
        for (scope, implied) in &mut self.implied {
            if *scope == broad || implied.contains(broad.as_str()) {
                *implied = implied.union(&gained);
            }
        }
        self.implied.entry(broad).or_insert(gained);
        Ok(self)
    }

    /// Whether `granted` contains `scope`, or a broader one.
    #[must_use]
    pub fn satisfies(&self, granted: &Scopes, scope: &str) -> bool {
        granted.contains(scope)
            || granted.iter().any(|broad| {
                self.implied
                    .get(broad)
                    .is_some_and(|implied| implied.contains(scope))
            })
    }

    /// Whether this holds for each scope of `required`.
    #[must_use]
    pub fn satisfies_all(&self, granted: &Scopes, required: &Scopes) -> bool {
        required
            .iter()
            .all(|scope| self.satisfies(granted, scope.as_str()))
    }

    /// These scopes, and all that they include.
    #[cfg(feature = "cedar")]
    pub(crate) fn expand(&self, granted: &Scopes) -> Scopes {
        let each = granted.iter().map(|scope| self.with_implied(scope));
        each.fold(Scopes::default(), |all, scopes| all.union(&scopes))
    }

    fn with_implied(&self, scope: &Scope) -> Scopes {
        let own = Scopes::from(scope.clone());
        match self.implied.get(scope) {
            Some(implied) => own.union(implied),
            None => own,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scopes(text: &str) -> Scopes {
        Scopes::parse(text).unwrap()
    }

    #[test]
    fn broader_scopes_include_narrower_ones_in_any_order_of_rules() {
        let rules = [("admin", "write"), ("write", "read")];
        for order in [[0, 1], [1, 0]] {
            let mut hierarchy = ScopeHierarchy::flat();
            for index in order {
                let (broad, narrow) = rules[index];
                hierarchy = hierarchy.imply(broad, narrow).unwrap();
            }
            assert!(hierarchy.satisfies(&scopes("admin"), "read"), "{order:?}");
            assert!(hierarchy.satisfies(&scopes("write"), "read"));
            assert!(hierarchy.satisfies(&scopes("read"), "read"));
            assert!(!hierarchy.satisfies(&scopes("read"), "write"));
            assert!(!hierarchy.satisfies(&scopes("write"), "admin"));
            assert!(hierarchy.satisfies_all(&scopes("admin"), &scopes("read write admin")));
            assert!(!hierarchy.satisfies_all(&scopes("write"), &scopes("read admin")));
        }
    }

    #[test]
    fn rules_for_one_scope_accumulate() {
        let hierarchy = ScopeHierarchy::flat()
            .imply("admin", "a")
            .and_then(|h| h.imply("admin", "b"))
            .unwrap();
        assert!(hierarchy.satisfies_all(&scopes("admin"), &scopes("a b")));
    }

    #[test]
    fn a_cycle_is_refused() {
        let hierarchy = ScopeHierarchy::flat()
            .imply("a", "b")
            .and_then(|h| h.imply("b", "c"))
            .unwrap();
        for (broad, narrow) in [("a", "a"), ("b", "a"), ("c", "a"), ("c", "b")] {
            let error = hierarchy.clone().imply(broad, narrow).unwrap_err();
            assert!(
                matches!(error, HierarchyError::Cycle { .. }),
                "{broad} {narrow}"
            );
        }
    }
}
