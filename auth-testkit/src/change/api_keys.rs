//! API keys are created and invalidated. Scalekit makes no events of it.

use super::{Change, Refusal};
use crate::api_key::{ApiKey, ApiKeyDraft};

impl Change<'_> {
    /// Creates a key.
    ///
    /// # Errors
    ///
    /// When there is no such organization or user, the user is not a member, or the key would expire after the year
    /// 9999.
    pub(crate) fn create_api_key(&mut self, draft: ApiKeyDraft) -> Result<ApiKey, Refusal> {
        let organization = draft.organization.as_str();
        if !self
            .settings
            .has_organization(&self.state.user, organization)
        {
            return Err(Refusal::UnknownOrganization(organization.to_owned()));
        }
        let user = draft.user.as_deref();
        let user = user.map(|name| self.find_member(name, organization));
        let draft = ApiKeyDraft {
            user: user.transpose()?.map(|user| user.sub),
            ..draft
        };
        Ok(self.state.api_keys.create(draft, self.now)?)
    }

    /// Invalidates a key, named by itself or its id; one that was invalidated before stays so.
    ///
    /// # Errors
    ///
    /// When there is no such key.
    pub(crate) fn invalidate_api_key(&mut self, key_or_id: &str) -> Result<(), Refusal> {
        let key = self.state.api_keys.get_mut(key_or_id);
        key.ok_or(Refusal::UnknownApiKey)?.is_invalidated = true;
        Ok(())
    }
}
