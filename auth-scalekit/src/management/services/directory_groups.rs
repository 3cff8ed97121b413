//! Groups of a directory.

use std::time::SystemTime;

use auth_core::support::json::RawObject;

use super::debug_ids::debug_ids;
use super::ids;
use crate::management::call::Call;
use crate::management::client::Management;
use crate::management::error::ManagementError;
use crate::management::fields::{Fields, Malformed};
use crate::management::id;
use crate::management::page_stream::Pages;

const LIST: &str = "GET /api/v1/organizations/{organization_id}/directories/{directory_id}/groups";
/// The most that the API accepts.
const PAGE_SIZE: &str = "30";

/// A group of a directory. `Debug` shows its id only.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DirectoryGroup {
    /// `dirgroup_…`.
    pub id: String,
    /// The name for people.
    pub display_name: Option<String>,
    /// The number of its members.
    pub total_users: u64,
    /// When it was last changed.
    pub updated_at: Option<SystemTime>,
    /// The group as the directory describes it, if that was requested.
    pub group_detail: Option<RawObject>,
}

debug_ids!(DirectoryGroup: id, total_users);

/// Which groups of a directory to list, and with what. Default: all, without details.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DirectoryGroupFilter {
    updated_after: Option<SystemTime>,
    include_detail: bool,
    include_external_groups: bool,
}

impl DirectoryGroup {
    pub(super) fn read(fields: &Fields<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            id: fields.id("id")?,
            display_name: fields.described("display_name"),
            total_users: fields.count("total_users")?,
            updated_at: fields.described_time("updated_at"),
            group_detail: fields.raw("group_detail")?,
        })
    }
}

impl DirectoryGroupFilter {
    /// All groups.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Only groups that were changed after this time. Deleted groups are in no list.
    #[must_use]
    pub fn updated_after(mut self, time: SystemTime) -> Self {
        self.updated_after = Some(time);
        self
    }

    /// With [`group_detail`](DirectoryGroup::group_detail).
    #[must_use]
    pub fn include_detail(mut self) -> Self {
        self.include_detail = true;
        self
    }

    /// Also groups that are not synchronized.
    #[must_use]
    pub fn include_external_groups(mut self) -> Self {
        self.include_external_groups = true;
        self
    }
}

impl Management {
    /// Lists groups of a directory: `GET /api/v1/organizations/{organization_id}/directories/{directory_id}/groups`.
    /// Needs the permission `scim:read`.
    ///
    /// ```
    /// use auth_scalekit::management::DirectoryGroupFilter;
    ///
    /// # let run = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/doc_test.rs"));
    /// # run(async |management: auth_scalekit::management::Management| {
    /// let groups = management.directory_groups("org_1", "dir_1", &DirectoryGroupFilter::new());
    /// println!("{} groups", groups.collect_up_to(1000).await?.len());
    /// # Ok(())
    /// # });
    /// ```
    pub fn directory_groups(
        &self,
        organization_id: &str,
        directory_id: &str,
        filter: &DirectoryGroupFilter,
    ) -> Pages<DirectoryGroup> {
        let call = path(LIST, organization_id, directory_id).map(|path| {
            Call::get(LIST, format!("{path}/groups"))
                .query("page_size", PAGE_SIZE)
                .query_time("updated_after", filter.updated_after)
                .query_flag("include_detail", filter.include_detail)
                .query_flag("include_external_groups", filter.include_external_groups)
        });
        Pages::new(self, call, |answer| {
            answer.read_fields(|page| page.list("groups", DirectoryGroup::read))
        })
    }
}

/// The path of a directory.
pub(super) fn path(
    call: &'static str,
    organization: &str,
    directory: &str,
) -> Result<String, ManagementError> {
    let organization = id::organization(call, organization)?;
    let directory = ids::directory(call, directory)?;
    Ok(format!(
        "/api/v1/organizations/{organization}/directories/{directory}"
    ))
}
