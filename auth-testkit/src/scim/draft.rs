//! A user who is to be created or changed.

use std::time::SystemTime;

use super::ScimUser;

/// A user of a directory, as [`Admin::create_directory_user`](crate::Admin::create_directory_user) creates and
/// [`Admin::update_directory_user`](crate::Admin::update_directory_user) changes one.
///
/// ```
/// # async fn example() {
/// use auth_testkit::DirectoryUserDraft;
///
/// # let scalekit = auth_testkit::MockScalekit::start().await;
/// let admin = scalekit.admin();
/// admin.create_directory_group("engineering", "org_1000000001");
/// let draft = DirectoryUserDraft::new("ada@example.com").groups(["engineering"]);
/// let id = admin.create_directory_user("org_1000000001", draft);
/// assert!(id.starts_with("diruser_"));
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a draft does nothing until it is made"]
pub struct DirectoryUserDraft {
    pub(crate) email: String,
    pub(crate) given_name: String,
    pub(crate) family_name: String,
    pub(crate) is_active: bool,
    /// By name.
    pub(crate) groups: Vec<String>,
}

impl DirectoryUserDraft {
    /// An active user with this e-mail address, whose given name is that of the mailbox, in no group.
    pub fn new(email: impl Into<String>) -> Self {
        let email = email.into();
        let given_name = email.split('@').next().unwrap_or_default().to_owned();
        Self {
            email,
            given_name,
            family_name: String::new(),
            is_active: true,
            groups: Vec::new(),
        }
    }

    /// The user of this id, in groups of these ids.
    pub(crate) fn user(self, id: String, groups: Vec<String>, updated: SystemTime) -> ScimUser {
        ScimUser {
            id,
            email: self.email,
            given_name: self.given_name,
            family_name: self.family_name,
            is_active: self.is_active,
            groups,
            updated,
        }
    }

    /// Given name and family name.
    pub fn name(mut self, given: impl Into<String>, family: impl Into<String>) -> Self {
        self.given_name = given.into();
        self.family_name = family.into();
        self
    }

    /// Whether the user is active. Default: yes.
    pub fn active(mut self, is_active: bool) -> Self {
        self.is_active = is_active;
        self
    }

    /// The groups of the user, by their names; they must be in the directory.
    pub fn groups<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.groups = names.into_iter().map(Into::into).collect();
        self
    }
}
