//! [`Group`]: a group of an organization.

use std::sync::Arc;

/// A group of an organization. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    id: Arc<str>,
    name: Option<Arc<str>>,
}

impl Group {
    /// The group with this id, without a name. No other group of any organization has the id.
    #[must_use]
    pub fn new(id: impl Into<Arc<str>>) -> Self {
        Self {
            id: id.into(),
            name: None,
        }
    }

    /// Sets the name, which the administrators of the organization choose: another organization may use it too.
    #[must_use]
    pub fn with_name(mut self, name: impl Into<Arc<str>>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// The id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The name, if it has one.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }
}
