//! [`Grant`]: the scopes of a key, which itself has none.

use std::sync::Arc;

use auth_core::token::Scopes;

use crate::management::ApiKey;

/// Which scopes a key has: those of its claim, and those of its roles.
#[derive(Debug, Clone, Default)]
pub(super) struct Grant {
    /// The name of a claim with scopes, separated by spaces.
    pub(super) claim: Option<String>,
    pub(super) roles: Vec<(String, Scopes)>,
}

impl Grant {
    /// Whether no key has any scope.
    pub(super) fn is_empty(&self) -> bool {
        self.claim.is_none() && self.roles.is_empty()
    }

    pub(super) fn scopes(&self, key: &ApiKey) -> Arc<Scopes> {
        let claim = self
            .claim
            .as_ref()
            .and_then(|name| key.custom_claims.get(name));
        let claimed = Scopes::granted(claim.into_iter().flat_map(|text| text.split(' ')));
        let of_roles = self
            .roles
            .iter()
            .filter(|(role, _)| key.roles.contains(role));
        let scopes = of_roles.fold(claimed, |all, (_, scopes)| all.union(scopes));
        Arc::new(scopes)
    }
}
