//! [`Key`]: whose requests share a budget.

use std::fmt;
use std::hash::{BuildHasher, Hash, RandomState};

use crate::token::VerifiedToken;

/// Whose requests share a budget. Keys are made of the verified token alone, never of what a request
/// contains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Key {
    /// A user or machine, in one organization, whichever clients it uses: where clients register
    /// themselves, a user can have any number of them.
    Principal,
    /// All members of an organization together. Each caller without an organization has a
    /// separate budget.
    Organization,
    /// All users of a client together. Each caller whose token names no client has a
    /// separate budget.
    Client,
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Principal => "principal",
            Self::Organization => "organization",
            Self::Client => "client",
        })
    }
}

/// The name of one budget: a hash, since identifiers in tokens may be long. 128 bits with random keys, so
/// that no caller can find an identifier that shares the budget of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::policy) struct BudgetKey(u64, u64);

/// Makes the names of budgets.
#[derive(Debug, Clone, Default)]
pub(in crate::policy) struct KeyHasher(RandomState, RandomState);

impl KeyHasher {
    /// The budget of this caller, for the quota with this number.
    pub(in crate::policy) fn budget(
        &self,
        quota: usize,
        key: Key,
        token: &VerifiedToken,
    ) -> BudgetKey {
        let issuer = token.canonical_issuer();
        let (organization, client) = (token.organization(), token.client_id());
        let name = match (key, organization, client) {
            (Key::Organization, Some(organization), _) => (1, organization, None),
            (Key::Client, _, Some(client)) => (2, client, None),
            _ => (3, token.subject(), organization),
        };
        self.hash((quota, issuer, name))
    }

    fn hash(&self, name: impl Hash) -> BudgetKey {
        BudgetKey(self.0.hash_one(&name), self.1.hash_one(&name))
    }
}
