//! Events without a cause in the mock.

use super::Admin;
use crate::event::{EventDraft, Facts};
use crate::oauth::people;
use crate::settings::{Organization, User};

impl Admin<'_> {
    /// Makes an event, which is sent to webhooks and listed by the events API, and returns its id: `evt_` and digits.
    /// Nothing else changes in the mock.
    pub fn make_event(&self, draft: EventDraft) -> String {
        let settings = &self.issuer.settings;
        let state = &mut *self.issuer.state();
        let session = draft.session.as_deref();
        let session = session.and_then(|id| state.sessions.get(id)).cloned();
        let user = match (&draft.user, &session) {
            (Some(name), _) => match people::find(settings, state, name) {
                Some(user) => user.clone(),
                None => made_up(name),
            },
            (None, Some(session)) => (*session.user).clone(),
            (None, None) => state.user.clone(),
        };
        let of_session = session
            .as_ref()
            .and_then(|session| session.organization.clone());
        let organization = draft.organization.or(of_session).map(Organization::of_id);
        let organization = organization.map(|named| settings.directory.described(&named));
        let organization = organization.or_else(|| settings.home_of(&user));
        let facts = Facts {
            now: self.now(),
            environment_id: &settings.environment_id(),
            organization: organization.as_ref(),
            user: &user,
            session: session.as_ref(),
            name: draft.name.as_deref(),
            active: true,
        };
        state.events.add_with(draft.kind, &facts, draft.members)
    }
}

/// A user of whom only the name is known.
fn made_up(name: &str) -> User {
    let user = User::new(name);
    match name.contains('@') {
        true => user.email(name),
        false => user,
    }
}
