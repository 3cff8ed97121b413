//! Changes of the environment and their events, whether an administrator makes them ([`Admin`](crate::Admin)) or a
//! call of the management API.
//!
//! | file | what changes |
//! |---|---|
//! | `members` | memberships |
//! | `api_keys` | API keys |
//! | `directories` | directories of organizations |
//! | `directory_users`, `directory_groups` | their users and groups |
//! | `refusal` | why a change is refused |

mod api_keys;
mod directories;
mod directory_groups;
mod directory_users;
mod members;
mod refusal;

use std::time::SystemTime;

use serde_json::{Map, Value};

use crate::event::{EventType, Facts};
use crate::oauth::people;
use crate::oauth::state::State;
use crate::settings::{Organization, Settings, User};

pub(crate) use directories::Created;
pub(crate) use refusal::Refusal;

/// An environment that is being changed.
pub(crate) struct Change<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) state: &'a mut State,
    pub(crate) now: SystemTime,
}

/// What an event is about; what is not set is of the user who signs in by default.
#[derive(Debug, Default)]
pub(crate) struct About<'a> {
    pub(crate) organization: Option<&'a str>,
    pub(crate) user: Option<&'a User>,
    /// Of a role or permission.
    pub(crate) name: Option<&'a str>,
    /// Whether the user of a directory was deactivated.
    pub(crate) is_inactive: bool,
}

impl<'a> About<'a> {
    pub(crate) fn named(name: &'a str) -> Self {
        Self {
            name: Some(name),
            ..Self::default()
        }
    }

    pub(crate) fn organization(id: &'a str) -> Self {
        Self {
            organization: Some(id),
            ..Self::default()
        }
    }
}

impl Change<'_> {
    /// Records an event, and returns its id.
    pub(crate) fn note(&mut self, kind: EventType, about: &About<'_>) -> String {
        self.note_with(kind, about, Map::new())
    }

    /// As [`note`](Self::note), with these members of the payload in place of those of the same name.
    fn note_with(
        &mut self,
        kind: EventType,
        about: &About<'_>,
        members: Map<String, Value>,
    ) -> String {
        let settings = self.settings;
        let user = about.user.unwrap_or(&self.state.user);
        let organization = about.organization.map(Organization::of_id);
        let organization = organization.map(|named| settings.directory.described(&named));
        let organization = organization.or_else(|| settings.home_of(user));
        let facts = Facts {
            now: self.now,
            environment_id: &settings.environment_id(),
            organization: organization.as_ref(),
            user,
            session: None,
            name: about.name,
            active: !about.is_inactive,
        };
        self.state.events.add_with(kind, &facts, members)
    }

    /// The user of this `sub`, id or e-mail address.
    ///
    /// # Errors
    ///
    /// When there is no such user.
    pub(crate) fn find_user(&self, name: &str) -> Result<User, Refusal> {
        let found = people::find(self.settings, self.state, name).cloned();
        found.ok_or_else(|| Refusal::UnknownUser(name.to_owned()))
    }
}
