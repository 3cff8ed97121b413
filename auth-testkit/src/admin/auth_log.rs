//! Rows of the authentication log without a login.

use super::Admin;
use crate::auth_log::{AuthLogDraft, AuthLogEntry};

impl Admin<'_> {
    /// Adds a row to the authentication log, and returns its id: `ar_` and digits. Logins at the mock add theirs
    /// themselves. The newest 100,000 are kept.
    pub fn add_authentication_log(&self, draft: AuthLogDraft) -> String {
        let settings = &self.issuer.settings;
        let now = self.now();
        let state = &mut *self.issuer.state();
        let home = || {
            settings
                .home_of(&state.user)
                .map(|organization| organization.id)
        };
        let entry = AuthLogEntry {
            status: draft.status,
            at: draft.at.unwrap_or(now),
            organization: draft.organization.or_else(home),
            email: draft.email.unwrap_or_else(|| state.user.email.clone()),
            resource: draft
                .resource
                .or_else(|| Some(settings.resource_id.clone())),
            client_id: draft.client_id,
            client_name: draft.client_name,
            connected_account: draft.connected_account,
        };
        state.auth_log.add(entry)
    }
}
