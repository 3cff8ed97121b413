//! What the environment knows of a key.

use std::collections::BTreeMap;
use std::time::SystemTime;

use super::ApiKeyDraft;
use crate::values::Secret;

/// A key of an organization.
#[derive(Debug)]
pub(crate) struct ApiKeyRecord {
    /// `apit_` and digits.
    pub(crate) id: String,
    pub(super) key: Secret,
    pub(crate) organization: String,
    /// The `sub` of its user.
    pub(crate) user: Option<String>,
    pub(crate) custom_claims: BTreeMap<String, String>,
    pub(crate) created: SystemTime,
    pub(crate) expires: Option<SystemTime>,
    pub(crate) description: Option<String>,
    pub(crate) is_invalidated: bool,
}

impl ApiKeyRecord {
    pub(super) fn new(id: String, key: Secret, draft: ApiKeyDraft, now: SystemTime) -> Self {
        Self {
            id,
            key,
            organization: draft.organization,
            user: draft.user,
            custom_claims: draft.custom_claims,
            created: now,
            expires: draft.expiry.at(now),
            description: draft.description,
            is_invalidated: false,
        }
    }

    /// Whether it was not invalidated and has not expired.
    pub(crate) fn is_valid(&self, now: SystemTime) -> bool {
        !self.is_invalidated && self.expires.is_none_or(|expires| now < expires)
    }

    /// The last four characters of the key.
    pub(crate) fn suffix(&self) -> &str {
        self.key.suffix()
    }
}
