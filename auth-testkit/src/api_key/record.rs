//! What the environment knows of a key.

use std::collections::BTreeMap;
use std::time::SystemTime;

use super::{ApiKeyDraft, LateExpiry};
use crate::settings::Changes;
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
    /// # Errors
    ///
    /// When it would expire after the last time that can be written.
    pub(super) fn new(
        (id, key): (String, Secret),
        draft: ApiKeyDraft,
        now: SystemTime,
    ) -> Result<Self, LateExpiry> {
        Ok(Self {
            id,
            key,
            organization: draft.organization,
            user: draft.user,
            custom_claims: draft.custom_claims,
            created: now,
            expires: draft.expiry.at(now)?,
            description: draft.description,
            is_invalidated: false,
        })
    }

    /// Whether it was not invalidated and has not expired, and its organization and its user were not deleted.
    pub(crate) fn is_valid(&self, changes: &Changes, now: SystemTime) -> bool {
        let is_live = !self.is_invalidated && self.expires.is_none_or(|expires| now < expires);
        let has_user = self.user.as_ref().is_none_or(|sub| changes.is_user(sub));
        is_live && has_user && !changes.is_deleted(&self.organization)
    }

    /// The last four characters of the key.
    pub(crate) fn suffix(&self) -> &str {
        self.key.suffix()
    }
}
