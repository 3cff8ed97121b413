//! The directories of all organizations.

use std::time::SystemTime;

use super::{DirectoryUserDraft, ScimDirectory, ScimGroup};

/// Each organization has one at most.
#[derive(Debug, Default)]
pub(crate) struct ScimDirectories(Vec<ScimDirectory>);

impl ScimDirectories {
    pub(crate) fn new(directories: Vec<ScimDirectory>) -> Self {
        Self(directories)
    }

    pub(crate) fn into_inner(self) -> Vec<ScimDirectory> {
        self.0
    }

    pub(crate) fn of_organization(&self, id: &str) -> Option<&ScimDirectory> {
        self.0.iter().find(|directory| directory.organization == id)
    }

    /// The directory of an organization, which has one from now on.
    pub(crate) fn enter(&mut self, organization: &str) -> &mut ScimDirectory {
        let mut all = self.0.iter();
        let place = all.position(|directory| directory.organization == organization);
        let place = place.unwrap_or_else(|| {
            self.0.push(ScimDirectory::new(organization));
            self.0.len() - 1
        });
        &mut self.0[place]
    }

    /// Adds a user who is there from the start, and the groups that are missing.
    pub(crate) fn seed(&mut self, organization: &str, draft: DirectoryUserDraft, at: SystemTime) {
        let directory = self.enter(organization);
        let mut groups = Vec::with_capacity(draft.groups.len());
        for name in &draft.groups {
            let known = directory.group(name).map(|group| group.id.clone());
            groups.push(known.unwrap_or_else(|| {
                let id = directory.next_group_id(name);
                directory.add_group(ScimGroup {
                    id: id.clone(),
                    name: name.clone(),
                    role: None,
                    updated: at,
                });
                id
            }));
        }
        let known = directory.user(&draft.email).map(|user| user.id.clone());
        let id = known.unwrap_or_else(|| directory.next_user_id(&draft.email));
        directory.put(draft.user(id, groups, at));
    }

    pub(crate) fn get_mut(&mut self, organization: &str) -> Option<&mut ScimDirectory> {
        let mut all = self.0.iter_mut();
        all.find(|directory| directory.organization == organization)
    }
}
