//! API keys are created and invalidated.

use super::Admin;
use crate::api_key::{ApiKey, ApiKeyDraft};
#[cfg(feature = "cli")]
use crate::management::described_api_key;

impl Admin<'_> {
    /// Creates an API key, which the management API validates from now on. It makes no event.
    ///
    /// # Panics
    ///
    /// When the mock has no such organization or user, the user is not a member of the organization, or the key would
    /// expire after the year 9999.
    #[must_use]
    pub fn create_api_key(&self, draft: ApiKeyDraft) -> ApiKey {
        let created = self.try_create_api_key(draft);
        created.unwrap_or_else(|problem| panic!("{problem}"))
    }

    /// Invalidates an API key, named by itself or its id (`apit_`): it is unknown from now on. It makes no event.
    ///
    /// # Panics
    ///
    /// When there is no such key.
    pub fn invalidate_api_key(&self, key_or_id: &str) {
        let invalidated = self.try_invalidate_api_key(key_or_id);
        invalidated.unwrap_or_else(|problem| panic!("{problem}"));
    }

    /// # Errors
    ///
    /// What [`create_api_key`](Self::create_api_key) panics with.
    pub(crate) fn try_create_api_key(&self, draft: ApiKeyDraft) -> Result<ApiKey, String> {
        Ok(self.change(|change| change.create_api_key(draft))?)
    }

    /// # Errors
    ///
    /// What [`invalidate_api_key`](Self::invalidate_api_key) panics with.
    pub(crate) fn try_invalidate_api_key(&self, key_or_id: &str) -> Result<(), String> {
        Ok(self.change(|change| change.invalidate_api_key(key_or_id))?)
    }

    /// All keys since the start, the newest first, without the keys themselves.
    #[cfg(feature = "cli")]
    pub(crate) fn described_api_keys(&self) -> Vec<serde_json::Value> {
        let now = self.now();
        let state = self.issuer.state();
        let described = state.api_keys.newest_first().map(|key| {
            let mut shown = described_api_key(&self.issuer.settings, &state, key);
            shown["valid"] = key.is_valid(&self.issuer.settings.changes, now).into();
            shown
        });
        described.collect()
    }
}
