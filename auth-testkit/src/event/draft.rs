//! An event that a test asks for, whether or not it has a cause in the mock.

use serde_json::{Map, Value};

use super::EventType;

/// An event to be made by [`Admin::make_event`](crate::Admin::make_event), of any type and about any user. What is not
/// set is filled in, as the mock's users and organizations have it. Nothing changes in the mock: to remove a member, or a
/// role, use the other methods of [`Admin`](crate::Admin), which make their events themselves.
///
/// ```
/// # async fn example() {
/// use auth_testkit::{EventDraft, EventType};
///
/// # let scalekit = auth_testkit::MockScalekit::start().await;
/// let draft = EventDraft::new(EventType::OrganizationDomainCreated)
///     .organization("org_7")
///     .data("domain", "acme.example");
/// let id = scalekit.admin().make_event(draft);
/// assert!(id.starts_with("evt_"));
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use = "a draft does nothing until it is made"]
pub struct EventDraft {
    pub(crate) kind: EventType,
    pub(crate) organization: Option<String>,
    pub(crate) user: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) session: Option<String>,
    pub(crate) members: Map<String, Value>,
}

impl EventDraft {
    /// An event of this type about the user who signs in by default, in the user's first organization.
    pub fn new(kind: EventType) -> Self {
        Self {
            kind,
            organization: None,
            user: None,
            name: None,
            session: None,
            members: Map::new(),
        }
    }

    /// The organization; of types whose envelope has none it is ignored.
    pub fn organization(mut self, id: impl Into<String>) -> Self {
        self.organization = Some(id.into());
        self
    }

    /// The user, by `sub` or e-mail address; one that the mock does not know is made up, with this address if it has
    /// an `@`.
    pub fn user(mut self, name: impl Into<String>) -> Self {
        self.user = Some(name.into());
        self
    }

    /// The session of `user.login` and `user.logout`. Default: one that the mock does not know.
    pub fn session(mut self, id: impl Into<String>) -> Self {
        self.session = Some(id.into());
        self
    }

    /// The name of the role, permission, group or domain. Default `member`, `notes:read`, `engineering` and
    /// `example.com`.
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// A member of the payload, in place of one of the same name.
    pub fn data(mut self, member: impl Into<String>, value: impl Into<Value>) -> Self {
        self.members.insert(member.into(), value.into());
        self
    }
}
