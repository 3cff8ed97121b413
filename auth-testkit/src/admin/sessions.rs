//! Sessions are opened without a login, and end.

use super::Admin;
use crate::oauth::people;
use crate::session::{Login, Status};
use crate::settings::User;

/// The client of a session that no client has opened; [`TokenBuilder`](crate::TokenBuilder) names the same.
const CLIENT: &str = "m2m_1000000001";

impl Admin<'_> {
    /// Opens a session without a login, for tokens that are minted: [`TokenBuilder::session`](crate::TokenBuilder::session).
    /// The user is named by `sub` or e-mail address; one that the mock does not know is made up. Returns the id,
    /// `ses_` and digits. It makes no event.
    #[must_use]
    pub fn open_session(&self, user: &str, organization: &str) -> String {
        let settings = &self.issuer.settings;
        let state = &mut *self.issuer.state();
        let known = people::find(settings, state, user).cloned();
        let user = known.unwrap_or_else(|| User::new(user).organization(organization));
        let login = Login {
            user: &user,
            organization: Some(organization),
            client_id: CLIENT,
        };
        state.sessions.open(&login, self.now())
    }

    /// The ids of the sessions that are active, the oldest first.
    #[must_use]
    pub fn active_sessions(&self) -> Vec<String> {
        let now = self.now();
        let state = self.issuer.state();
        let all = state.sessions.newest_first();
        let active = all.filter(|session| session.status(now) == Status::Active);
        let mut ids: Vec<String> = active.map(|session| session.id.clone()).collect();
        ids.reverse();
        ids
    }

    /// The user of a session signs out. Its refresh tokens are refused from now on; access tokens stay valid until
    /// they expire, as at Scalekit. Makes the event `user.logout`. Returns whether the session was active.
    pub fn end_session(&self, session: &str) -> bool {
        let now = self.now();
        let issuer = self.issuer;
        issuer.state().end_session(&issuer.settings, session, now)
    }

    /// Revokes a session as `POST /api/v1/sessions/{session}/revoke` does. For its tokens this is the same as
    /// [`end_session`](Self::end_session). It makes `user.logout` only where
    /// [the builder has set that](crate::MockScalekitBuilder::logout_event_of_revocation). Returns whether the session was active.
    pub fn revoke_session(&self, session: &str) -> bool {
        let (issuer, now) = (self.issuer, self.now());
        issuer
            .state()
            .revoke_session(&issuer.settings, session, now)
    }

    /// All sessions since the start, the newest first.
    #[cfg(feature = "cli")]
    pub(crate) fn described_sessions(&self) -> Vec<serde_json::Value> {
        let now = self.now();
        let state = self.issuer.state();
        let described = state.sessions.newest_first().map(|session| {
            let mut members = session.times_and_status(now);
            for (name, value) in [
                ("organization_id", session.organization.as_deref()),
                ("client_id", Some(session.client_id.as_str())),
                ("sub", Some(session.user.sub.as_str())),
            ] {
                members.insert(name.to_owned(), value.into());
            }
            members.into()
        });
        described.collect()
    }
}
