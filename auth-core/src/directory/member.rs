//! [`Member`]: a user in an organization.

use std::fmt;
use std::sync::Arc;

use super::group::Group;

/// A user in an organization, as the directory knows it. Cheap to clone. `Debug` shows no e-mail address and no names.
#[derive(Clone, PartialEq, Eq)]
pub struct Member(Arc<Inner>);

#[derive(Clone, PartialEq, Eq)]
struct Inner {
    subject: Box<str>,
    is_active: bool,
    email: Option<Box<str>>,
    groups: Box<[Group]>,
}

impl Member {
    /// An active member with this `sub`, in no group.
    #[must_use]
    pub fn active(subject: impl Into<Box<str>>) -> Self {
        Self::new(subject.into(), true)
    }

    /// A member who is known, and is not active: who was suspended, or has not accepted an invitation yet.
    #[must_use]
    pub fn inactive(subject: impl Into<Box<str>>) -> Self {
        Self::new(subject.into(), false)
    }

    fn new(subject: Box<str>, is_active: bool) -> Self {
        Self(Arc::new(Inner {
            subject,
            is_active,
            email: None,
            groups: Box::default(),
        }))
    }

    /// Sets the e-mail address.
    #[must_use]
    pub fn with_email(mut self, address: impl Into<Box<str>>) -> Self {
        Arc::make_mut(&mut self.0).email = Some(address.into());
        self
    }

    /// Sets the groups that the member is in.
    #[must_use]
    pub fn with_groups(mut self, groups: impl IntoIterator<Item = Group>) -> Self {
        Arc::make_mut(&mut self.0).groups = groups.into_iter().collect();
        self
    }

    /// The `sub` of the member's tokens.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.0.subject
    }

    /// Whether the member is active in the organization.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.0.is_active
    }

    /// The e-mail address, if it is known.
    #[must_use]
    pub fn email(&self) -> Option<&str> {
        self.0.email.as_deref()
    }

    /// The groups that the member is in.
    #[must_use]
    pub fn groups(&self) -> &[Group] {
        &self.0.groups
    }

    /// Whether the member is in the group with this id, active or not.
    #[must_use]
    pub fn is_in(&self, group_id: &str) -> bool {
        self.groups().iter().any(|group| group.id() == group_id)
    }

    /// Whether the member is in a group with this name, active or not; the case of letters matters.
    #[must_use]
    pub fn is_in_named(&self, name: &str) -> bool {
        let mut groups = self.groups().iter();
        groups.any(|group| group.name() == Some(name))
    }
}

impl fmt::Debug for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let groups: Vec<_> = self.groups().iter().map(Group::id).collect();
        f.debug_struct("Member")
            .field("subject", &self.subject())
            .field("is_active", &self.is_active())
            .field("groups", &groups)
            .finish_non_exhaustive()
    }
}
