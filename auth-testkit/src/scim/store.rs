//! The directories of all organizations.

use super::ScimDirectory;

/// Each organization has one at most.
#[derive(Debug, Default)]
pub(crate) struct ScimDirectories(Vec<ScimDirectory>);

impl ScimDirectories {
    pub(crate) fn new(directories: Vec<ScimDirectory>) -> Self {
        Self(directories)
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

    pub(crate) fn get_mut(&mut self, organization: &str) -> Option<&mut ScimDirectory> {
        let mut all = self.0.iter_mut();
        all.find(|directory| directory.organization == organization)
    }
}
