//! Organizations: the customers of the application.

use std::collections::BTreeMap;
use std::time::SystemTime;

use super::debug_ids::debug_ids;
use super::ids;
use crate::management::answer::Answer;
use crate::management::call::Call;
use crate::management::client::Management;
use crate::management::error::ManagementError;
use crate::management::fields::{Fields, Malformed};
use crate::management::id;
use crate::management::open_enum::open_enum;
use crate::management::page_stream::Pages;

const LIST: &str = "GET /api/v1/organizations";
const GET: &str = "GET /api/v1/organizations/{id}";
const GET_EXTERNAL: &str = "GET /api/v1/organizations:external/{external_id}";
/// The most that the API accepts.
const PAGE_SIZE: &str = "100";

/// An organization. `Debug` shows ids only.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Organization {
    /// `org_…`; the claim `oid` of the tokens.
    pub id: String,
    /// The name for people.
    pub display_name: Option<String>,
    /// The id of the organization in the application.
    pub external_id: Option<String>,
    /// The name in URLs.
    pub slug: Option<String>,
    /// The URL of the logo.
    pub logo_url: Option<String>,
    /// Where its data is stored.
    pub region_code: Option<Region>,
    /// When it was created.
    pub create_time: Option<SystemTime>,
    /// When it was last changed.
    pub update_time: Option<SystemTime>,
    /// Data of the application.
    pub metadata: BTreeMap<String, String>,
    /// What is enabled for it (`settings.features`).
    pub features: Vec<OrganizationFeature>,
}

/// A feature of an [`Organization`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct OrganizationFeature {
    /// Such as `sso` or `dir_sync`.
    pub name: String,
    /// Whether it is enabled.
    pub enabled: bool,
}

debug_ids!(Organization: id, region_code, features);

open_enum! {
    /// Where the data of an [`Organization`] is stored.
    pub enum Region {
        /// The United States.
        Us = "US",
        /// The European Union.
        Eu = "EU",
    }
}

impl Organization {
    fn read(fields: &Fields<'_>) -> Result<Self, Malformed> {
        let settings = fields.object("settings")?;
        let features = settings.map(|it| it.list("features", OrganizationFeature::read));
        Ok(Self {
            id: fields.id("id")?,
            display_name: fields.described("display_name"),
            external_id: fields.text("external_id")?,
            slug: fields.described("slug"),
            logo_url: fields.described("logo_url"),
            region_code: fields.described_name("region_code", Region::parse),
            create_time: fields.described_time("create_time"),
            update_time: fields.described_time("update_time"),
            metadata: fields.map("metadata")?,
            features: features.transpose()?.unwrap_or_default(),
        })
    }
}

impl OrganizationFeature {
    fn read(fields: &Fields<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            name: fields.id("name")?,
            enabled: fields.flag("enabled")?,
        })
    }
}

impl Management {
    /// Lists all organizations of the environment: `GET /api/v1/organizations`. Needs the permission
    /// `organizations:read`.
    ///
    /// ```
    /// # let run = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/doc_test.rs"));
    /// # run(async |management: auth_scalekit::management::Management| {
    /// let mut organizations = management.organizations();
    /// while let Some(organization) = organizations.try_next().await? {
    ///     println!("{}", organization.id);
    /// }
    /// # Ok(())
    /// # });
    /// ```
    pub fn organizations(&self) -> Pages<Organization> {
        let call = Call::get(LIST, "/api/v1/organizations".into()).query("page_size", PAGE_SIZE);
        Pages::new(self, Ok(call), |answer| {
            answer.read_fields(|page| page.list("organizations", Organization::read))
        })
    }

    /// Reads an organization: `GET /api/v1/organizations/{id}`. Needs the permission `organizations:read`.
    ///
    /// ```
    /// # let run = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/doc_test.rs"));
    /// # run(async |management: auth_scalekit::management::Management| {
    /// let organization = management.organization("org_1").await?;
    /// let has_sso = organization.features.iter().any(|it| it.name == "sso" && it.enabled);
    /// # let _ = has_sso;
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`ManagementError`]; of the kind [`NotFound`](crate::management::ManagementErrorKind::NotFound) for an unknown
    /// organization.
    pub async fn organization(
        &self,
        organization_id: &str,
    ) -> Result<Organization, ManagementError> {
        let id = id::organization(GET, organization_id)?;
        let call = Call::get(GET, format!("/api/v1/organizations/{id}"));
        let answer = self.read(&call).await?;
        let organization = organization(&answer)?;
        match organization.id == id {
            true => Ok(organization),
            false => Err(answer.unreadable("another organization")),
        }
    }

    /// Reads an organization by its id in the application: `GET /api/v1/organizations:external/{external_id}`. Needs
    /// the permission `organizations:read`.
    ///
    /// ```
    /// # let run = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/doc_test.rs"));
    /// # run(async |management: auth_scalekit::management::Management| {
    /// let organization = management.organization_by_external_id("acme").await?;
    /// println!("{}", organization.id);
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`ManagementError`]; of the kind [`NotFound`](crate::management::ManagementErrorKind::NotFound) for an unknown
    /// organization.
    pub async fn organization_by_external_id(
        &self,
        external_id: &str,
    ) -> Result<Organization, ManagementError> {
        let id = ids::external(GET_EXTERNAL, external_id)?;
        let call = Call::get(GET_EXTERNAL, format!("/api/v1/organizations:external/{id}"));
        organization(&self.read(&call).await?)
    }
}

fn organization(answer: &Answer) -> Result<Organization, ManagementError> {
    answer.read_fields(|body| body.required("organization", Organization::read))
}
