//! The directories of organizations (SCIM) are switched on and off.

use serde_json::Map;

use super::{About, Change};
use crate::event::EventType;

/// What was created, and the id of its event.
#[derive(Debug)]
pub(crate) struct Created {
    pub(crate) id: String,
    #[cfg_attr(
        not(feature = "cli"),
        allow(dead_code, reason = "the control API alone reports it")
    )]
    pub(crate) event: String,
}

impl Change<'_> {
    /// Switches a directory on or off, and returns the id of the event. One that is switched on is created if the
    /// organization has none.
    pub(crate) fn switch_directory(&mut self, organization: &str, on: bool) -> String {
        let directory = match on {
            true => Some(self.state.scim.enter(organization)),
            false => self.state.scim.get_mut(organization),
        };
        let id = directory.map(|directory| {
            directory.is_enabled = on;
            directory.id.clone()
        });
        let kind = match on {
            true => EventType::OrganizationDirectoryEnabled,
            false => EventType::OrganizationDirectoryDisabled,
        };
        let mut members = Map::new();
        members.extend(id.map(|id| ("id".to_owned(), id.into())));
        self.note_with(kind, &About::organization(organization), members)
    }
}
