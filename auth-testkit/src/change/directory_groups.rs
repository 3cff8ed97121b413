//! Groups of an organization's directory are created, renamed and deleted.

use serde_json::Map;

use super::{About, Change, Created, Refusal};
use crate::event::EventType;
use crate::scim::ScimGroup;

impl Change<'_> {
    /// Creates a group.
    ///
    /// # Errors
    ///
    /// When there is one of this name.
    pub(crate) fn create_directory_group(
        &mut self,
        name: &str,
        organization: &str,
    ) -> Result<Created, Refusal> {
        let now = self.now;
        let directory = self.state.scim.enter(organization);
        if directory.group(name).is_some() {
            return Err(Refusal::DirectoryGroupExists(name.to_owned()));
        }
        let id = directory.next_group_id(name);
        directory.add_group(ScimGroup {
            id: id.clone(),
            name: name.to_owned(),
            role: None,
            updated: now,
        });
        let kind = EventType::OrganizationDirectoryGroupCreated;
        let event = self.note_directory_group(organization, (&id, name), kind);
        Ok(Created { id, event })
    }

    /// Gives a group another name, and returns the id of the event.
    ///
    /// # Errors
    ///
    /// When there is no such group, or another has the new name.
    pub(crate) fn rename_directory_group(
        &mut self,
        name: &str,
        organization: &str,
        new: &str,
    ) -> Result<String, Refusal> {
        let now = self.now;
        let directory = self.state.scim.enter(organization);
        if directory.group(new).is_some() {
            return Err(Refusal::DirectoryGroupExists(new.to_owned()));
        }
        let group = directory.group_mut(name);
        let group = group.ok_or_else(|| Refusal::UnknownDirectoryGroup(name.to_owned()))?;
        new.clone_into(&mut group.name);
        group.updated = now;
        let id = group.id.clone();
        let kind = EventType::OrganizationDirectoryGroupUpdated;
        Ok(self.note_directory_group(organization, (&id, new), kind))
    }

    /// Deletes a group, and returns the id of the event. Its members are in it no longer.
    ///
    /// # Errors
    ///
    /// When there is no such group.
    pub(crate) fn delete_directory_group(
        &mut self,
        name: &str,
        organization: &str,
    ) -> Result<String, Refusal> {
        let removed = self.state.scim.enter(organization).remove_group(name);
        let removed = removed.ok_or_else(|| Refusal::UnknownDirectoryGroup(name.to_owned()))?;
        let kind = EventType::OrganizationDirectoryGroupDeleted;
        Ok(self.note_directory_group(organization, (&removed.id, name), kind))
    }

    fn note_directory_group(
        &mut self,
        organization: &str,
        (id, name): (&str, &str),
        kind: EventType,
    ) -> String {
        let directory = self.state.scim.of_organization(organization);
        let directory_id = directory.map(|directory| directory.id.clone());
        let mut members = Map::new();
        members.insert("id".to_owned(), id.into());
        members.extend(directory_id.map(|id| ("directory_id".to_owned(), id.into())));
        let about = About {
            organization: Some(organization),
            name: Some(name),
            ..About::default()
        };
        self.note_with(kind, &about, members)
    }
}
