//! [`RequireScopes`]: requires scopes.

use super::denied::Denied;
use super::policy_request::PolicyRequest;
use super::policy_trait::Policy;
use crate::token::{InvalidScope, Scopes};

/// Requires all of some scopes, by the layer's [hierarchy](crate::token::ScopeHierarchy).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequireScopes(Scopes);

impl RequireScopes {
    /// Requires each of `scopes`.
    ///
    /// # Errors
    ///
    /// [`InvalidScope`] for a string that is not a scope, and for an empty list, which would admit
    /// every caller.
    pub fn new<T: AsRef<str>>(scopes: impl IntoIterator<Item = T>) -> Result<Self, InvalidScope> {
        Scopes::new(scopes)?.try_into()
    }

    /// Requires each of `scopes`, which may be empty: then it admits every caller.
    pub(crate) fn or_nothing(scopes: Scopes) -> Self {
        Self(scopes)
    }
}

impl TryFrom<Scopes> for RequireScopes {
    type Error = InvalidScope;

    fn try_from(scopes: Scopes) -> Result<Self, InvalidScope> {
        if scopes.is_empty() {
            return Err(InvalidScope::none_at_all());
        }
        Ok(Self(scopes))
    }
}

impl Policy for RequireScopes {
    fn check(&self, request: &PolicyRequest<'_>) -> Result<(), Denied> {
        if request.has_scopes(&self.0) {
            Ok(())
        } else {
            // All of them, not only the missing ones: one challenge, one round trip.
            Err(Denied::Scope(self.0.clone()))
        }
    }

    fn scopes(&self) -> Scopes {
        self.0.clone()
    }
}
