//! Users of a directory.

use std::time::SystemTime;

use auth_core::support::json::RawObject;

use super::debug_ids::debug_ids;
use super::directory_groups::{DirectoryGroup, path};
use super::ids;
use crate::management::call::Call;
use crate::management::client::Management;
use crate::management::error::ManagementError;
use crate::management::fields::{Fields, Malformed};
use crate::management::page_stream::Pages;

const LIST: &str = "GET /api/v1/organizations/{organization_id}/directories/{directory_id}/users";
/// The most that the API accepts.
const PAGE_SIZE: &str = "30";

/// A user of a directory, who need not be a user of the environment. `Debug` shows ids and the state only.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DirectoryUser {
    /// `diruser_…`. Tokens do not contain it.
    pub id: String,
    /// The e-mail address.
    pub email: Option<String>,
    /// All e-mail addresses.
    pub emails: Vec<String>,
    /// The name that the user prefers.
    pub preferred_username: Option<String>,
    /// The first name.
    pub given_name: Option<String>,
    /// The last name.
    pub family_name: Option<String>,
    /// When it was last changed.
    pub updated_at: Option<SystemTime>,
    /// The groups of the user.
    pub groups: Vec<DirectoryGroup>,
    /// Whether the user is active: `active` in [`user_detail`](Self::user_detail), so that it is known only if that was
    /// requested. A boolean, or a string such as the `True` of Entra ID; `None` for everything else.
    pub active: Option<bool>,
    /// The user as the directory describes it, if that was requested.
    pub user_detail: Option<RawObject>,
}

debug_ids!(DirectoryUser: id, groups, active);

/// Which users of a directory to list, and with what. Default: all, without details.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DirectoryUserFilter {
    directory_group_id: Option<String>,
    updated_after: Option<SystemTime>,
    include_detail: bool,
}

impl DirectoryUser {
    fn read(fields: &Fields<'_>) -> Result<Self, Malformed> {
        let detail = fields.object("user_detail")?;
        Ok(Self {
            id: fields.id("id")?,
            email: fields.described("email"),
            emails: fields.described_list("emails"),
            preferred_username: fields.described("preferred_username"),
            given_name: fields.described("given_name"),
            family_name: fields.described("family_name"),
            updated_at: fields.described_time("updated_at"),
            groups: fields.list("groups", DirectoryGroup::read)?,
            active: detail.and_then(|detail| detail.described_flag("active")),
            user_detail: fields.raw("user_detail")?,
        })
    }
}

impl DirectoryUserFilter {
    /// All users.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Only members of this group (`dirgroup_…`).
    #[must_use]
    pub fn group(mut self, directory_group_id: impl Into<String>) -> Self {
        self.directory_group_id = Some(directory_group_id.into());
        self
    }

    /// Only users that were changed after this time. Deleted users are in no list.
    #[must_use]
    pub fn updated_after(mut self, time: SystemTime) -> Self {
        self.updated_after = Some(time);
        self
    }

    /// With [`user_detail`](DirectoryUser::user_detail).
    #[must_use]
    pub fn include_detail(mut self) -> Self {
        self.include_detail = true;
        self
    }

    fn call(&self, organization: &str, directory: &str) -> Result<Call, ManagementError> {
        let path = path(LIST, organization, directory)?;
        let group = self.directory_group_id.as_deref();
        let group = group.map(|group| ids::directory_group(LIST, group));
        Ok(Call::get(LIST, format!("{path}/users"))
            .query("page_size", PAGE_SIZE)
            .query_some("directory_group_id", group.transpose()?)
            .query_time("updated_after", self.updated_after)
            .query_flag("include_detail", self.include_detail))
    }
}

impl Management {
    /// Lists users of a directory: `GET /api/v1/organizations/{organization_id}/directories/{directory_id}/users`.
    /// Needs the permission `scim:read`.
    ///
    /// ```
    /// use auth_scalekit::management::DirectoryUserFilter;
    ///
    /// # let run = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/doc_test.rs"));
    /// # run(async |management: auth_scalekit::management::Management| {
    /// let filter = DirectoryUserFilter::new().include_detail();
    /// let mut users = management.directory_users("org_1", "dir_1", &filter);
    /// while let Some(user) = users.try_next().await? {
    ///     println!("{}: {:?}", user.id, user.active);
    /// }
    /// # Ok(())
    /// # });
    /// ```
    pub fn directory_users(
        &self,
        organization_id: &str,
        directory_id: &str,
        filter: &DirectoryUserFilter,
    ) -> Pages<DirectoryUser> {
        Pages::new(self, filter.call(organization_id, directory_id), |answer| {
            answer.read_fields(|page| page.list("users", DirectoryUser::read))
        })
    }
}
