//! Scopes: [`Scope`] is one validated scope-token, [`Scopes`] a set of them.

use std::collections::HashSet;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

/// One scope-token of [RFC 6749 section 3.3](https://www.rfc-editor.org/rfc/rfc6749#section-3.3),
/// compared byte by byte.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Scope(Box<str>);

/// A string that is not a scope-token: empty, or with a space, a quote, a backslash, a control or a
/// non-ASCII character. It could change the meaning of the challenge that it is put into.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(transparent)]
pub struct InvalidScope(#[from] ScopeProblem);

#[derive(Debug, Clone, PartialEq, Eq, Error)]
enum ScopeProblem {
    #[error("{0:?} is not a scope: use printable ASCII without spaces, quotes and backslashes")]
    NotAScope(String),
    #[error("an empty list of scopes admits every caller: name at least one scope")]
    NoScopes,
}

impl InvalidScope {
    /// For an empty list where scopes are required.
    pub(crate) fn none_at_all() -> Self {
        Self(ScopeProblem::NoScopes)
    }
}

impl Scope {
    /// Validates one scope-token.
    ///
    /// # Errors
    ///
    /// [`InvalidScope`] if `text` is not `1*( %x21 / %x23-5B / %x5D-7E )`.
    pub fn new(text: &str) -> Result<Self, InvalidScope> {
        let allowed = |byte: u8| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
        if text.is_empty() || !text.bytes().all(allowed) {
            return Err(ScopeProblem::NotAScope(text.to_owned()).into());
        }
        Ok(Self(text.into()))
    }

    /// The scope as it is sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl PartialEq<str> for Scope {
    fn eq(&self, other: &str) -> bool {
        &*self.0 == other
    }
}

impl PartialEq<&str> for Scope {
    fn eq(&self, other: &&str) -> bool {
        &*self.0 == *other
    }
}

/// Up to this many scopes are compared one by one, which is faster than hashing each.
const FEW: usize = 16;

/// A set of scopes. Iteration is in insertion order; equality ignores the order.
#[derive(Clone, Default)]
pub struct Scopes(Vec<Scope>);

impl Scopes {
    /// The empty set.
    pub const NONE: &'static Self = &Self(Vec::new());

    /// Validates each string, and ignores duplicates.
    ///
    /// # Errors
    ///
    /// [`InvalidScope`] for the first string that is not a scope.
    pub fn new<T: AsRef<str>>(scopes: impl IntoIterator<Item = T>) -> Result<Self, InvalidScope> {
        scopes
            .into_iter()
            .map(|text| Scope::new(text.as_ref()))
            .collect()
    }

    /// Reads a space-delimited list, the form in which scopes are sent. An empty string is the
    /// empty set.
    ///
    /// # Errors
    ///
    /// [`InvalidScope`] for the first member that is not a scope.
    pub fn parse(text: &str) -> Result<Self, InvalidScope> {
        Self::new(text.split(' ').filter(|scope| !scope.is_empty()))
    }

    /// The scopes that a token grants, from unvalidated strings: a string that is not a scope is
    /// left out, since it cannot equal any required scope.
    #[must_use]
    pub fn granted<'a>(scopes: impl IntoIterator<Item = &'a str>) -> Self {
        scopes
            .into_iter()
            .filter_map(|text| Scope::new(text).ok())
            .collect()
    }

    /// Adds a scope, unless it is present.
    pub fn insert(&mut self, scope: Scope) {
        if !self.0.contains(&scope) {
            self.0.push(scope);
        }
    }

    /// Whether the set contains exactly this scope.
    #[must_use]
    pub fn contains(&self, scope: &str) -> bool {
        self.0.iter().any(|member| *member == scope)
    }

    /// Whether the set is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The number of scopes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The scopes in insertion order.
    pub fn iter(&self) -> std::slice::Iter<'_, Scope> {
        self.0.iter()
    }

    /// The union of both sets, beginning with the scopes of `self`.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        self.iter().chain(other).cloned().collect()
    }
}

impl PartialEq for Scopes {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().all(|scope| other.0.contains(scope))
    }
}

impl Eq for Scopes {}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        let mut all: Vec<Scope> = scopes.into_iter().collect();
        if all.len() <= FEW {
            let mut unique = Self(Vec::with_capacity(all.len()));
            all.into_iter().for_each(|scope| unique.insert(scope));
            return unique;
        }
        // A token can name a thousand scopes. Comparing each with each would cost more than
        // verifying the signature.
        let mut seen = HashSet::with_capacity(all.len());
        all.retain(|scope| seen.insert(scope.clone()));
        Self(all)
    }
}

impl From<Scope> for Scopes {
    fn from(scope: Scope) -> Self {
        Self(vec![scope])
    }
}

impl<'a> IntoIterator for &'a Scopes {
    type Item = &'a Scope;
    type IntoIter = std::slice::Iter<'a, Scope>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, scope) in self.iter().enumerate() {
            if index > 0 {
                f.write_str(" ")?;
            }
            f.write_str(scope.as_str())?;
        }
        Ok(())
    }
}

impl fmt::Debug for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(&self.0).finish()
    }
}

impl Serialize for Scopes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(Scope::as_str))
    }
}

impl<'de> Deserialize<'de> for Scopes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(Vec::<String>::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_cannot_end_its_quoted_string() {
        assert!(Scope::new("notes:read").is_ok(), "the control");
        for text in ["", "a b", "a\"b", "a\\b", "a\tb", "a\r\nb", "é", "a\u{7f}"] {
            assert!(Scope::new(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn sets_ignore_order_and_repetition() {
        let one = Scopes::parse("a b a").unwrap();
        assert_eq!(one, Scopes::parse("b a").unwrap());
        assert_eq!(one.to_string(), "a b");
        for other in ["", "a", "a c", "c d", "a b c"] {
            let other = Scopes::parse(other).unwrap();
            assert_ne!(one, other);
            assert_ne!(other, one);
        }
    }

    #[test]
    fn inserting_a_scope_twice_keeps_one() {
        let mut scopes = Scopes::default();
        for (scope, shown) in [("a", "a"), ("b", "a b"), ("a", "a b")] {
            scopes.insert(Scope::new(scope).unwrap());
            assert_eq!(scopes.to_string(), shown);
        }
        assert_eq!((scopes.len(), scopes.iter().len()), (2, 2));
    }

    #[test]
    fn a_scope_is_its_string() {
        let scope = Scope::new("notes:read").unwrap();
        assert!(
            scope == *"notes:read" && scope == "notes:read",
            "the control"
        );
        assert!(scope != *"notes" && scope != "notes");
        assert_eq!(scope.as_str(), "notes:read");
        assert_eq!(scope.to_string(), "notes:read");
        assert_eq!(format!("{scope:?}"), r#""notes:read""#);
        let scopes = Scopes::parse("b a").unwrap();
        assert_eq!(format!("{scopes:?}"), r#"{"b", "a"}"#);
    }

    #[test]
    fn deserialized_scopes_are_validated() {
        let scopes: Scopes = serde_json::from_str(r#"["b","a","b"]"#).unwrap();
        assert_eq!(serde_json::to_string(&scopes).unwrap(), r#"["b","a"]"#);
        for json in [r#"["a b"]"#, r#"[""]"#, r#""a""#, "[1]"] {
            assert!(serde_json::from_str::<Scopes>(json).is_err(), "{json}");
        }
    }

    #[test]
    fn a_prefix_or_another_case_is_another_scope() {
        let granted = Scopes::parse("read").unwrap();
        assert!(granted.contains("read"), "the control");
        for other in ["readx", "rea", "Read", "read "] {
            assert!(!granted.contains(other), "{other:?}");
        }
    }

    #[test]
    fn invalid_scopes_grant_nothing() {
        let granted = Scopes::granted("read \"admin\" write\u{e9}".split(' '));
        assert_eq!(granted, Scopes::parse("read").unwrap());
    }
}
