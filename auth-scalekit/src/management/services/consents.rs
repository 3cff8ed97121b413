//! Consents: what users have allowed clients of a resource.

use std::time::SystemTime;

use super::debug_ids::debug_ids;
use super::ids;
use crate::management::call::Call;
use crate::management::client::Management;
use crate::management::error::ManagementError;
use crate::management::fields::{Fields, Malformed};
use crate::management::page_stream::Pages;

const LIST: &str = "GET /api/v1/user_consents";
const DELETE: &str = "DELETE /api/v1/clients/{client_id}/consents/{consent_id}";
/// The most that the API accepts.
const PAGE_SIZE: &str = "30";
/// The most users in a filter.
const MAX_USERS: usize = 25;

/// A consent. `Debug` shows ids and scopes only.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Consent {
    /// `usrcnst_…`.
    pub id: String,
    /// The id of the user in the application.
    pub external_user_id: Option<String>,
    /// `m2m_…`.
    pub client_id: Option<String>,
    /// The name of the client.
    pub client_name: Option<String>,
    /// What the user allowed.
    pub scopes: Vec<String>,
    /// When the user allowed it.
    pub granted_at: Option<SystemTime>,
}

/// Which consents of a resource to list. `Debug` shows the resource only.
#[derive(Clone, PartialEq, Eq)]
pub struct ConsentFilter {
    resource_id: String,
    external_user_ids: Vec<String>,
    search: Option<String>,
}

debug_ids!(Consent: id, client_id, scopes);
debug_ids!(ConsentFilter: resource_id);

impl Consent {
    fn read(fields: &Fields<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            id: fields.id("id")?,
            external_user_id: fields.text("external_user_id")?,
            client_id: fields.text("client_id")?,
            client_name: fields.described("client_name"),
            scopes: fields.words("scopes")?,
            granted_at: fields.described_time("granted_at"),
        })
    }
}

impl ConsentFilter {
    /// All consents of this resource (`res_…`).
    #[must_use]
    pub fn new(resource_id: impl Into<String>) -> Self {
        Self {
            resource_id: resource_id.into(),
            external_user_ids: Vec::new(),
            search: None,
        }
    }

    /// Only those of these users, by their ids in the application: 25 at most.
    #[must_use]
    pub fn external_user_ids<T: Into<String>>(mut self, ids: impl IntoIterator<Item = T>) -> Self {
        self.external_user_ids = ids.into_iter().map(Into::into).collect();
        self
    }

    /// Only those that the API finds by this text. It ignores the text if users are set.
    #[must_use]
    pub fn search(mut self, text: impl Into<String>) -> Self {
        self.search = Some(text.into());
        self
    }

    fn call(&self) -> Result<Call, ManagementError> {
        let resource = ids::resource(LIST, &self.resource_id)?;
        if self.external_user_ids.len() > MAX_USERS {
            return Err(ManagementError::not_sent(
                LIST,
                "a filter has 25 users at most",
            ));
        }
        let mut call = Call::get(LIST, "/api/v1/user_consents".into())
            .query("resource_id", resource)
            .query("page_size", PAGE_SIZE);
        for id in &self.external_user_ids {
            call = call.query("filter.external_user_id", id);
        }
        Ok(call.query_some("search", self.search.as_deref()))
    }
}

impl Management {
    /// Lists consents of a resource: `GET /api/v1/user_consents`. Needs the permission `mcp_servers:read`.
    ///
    /// ```
    /// use auth_scalekit::management::ConsentFilter;
    ///
    /// # let run = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/doc_test.rs"));
    /// # run(async |management: auth_scalekit::management::Management| {
    /// let filter = ConsentFilter::new("res_1").external_user_ids(["u-1"]);
    /// for consent in management.consents(&filter).collect_up_to(100).await? {
    ///     println!("{}: {:?}", consent.id, consent.scopes);
    /// }
    /// # Ok(())
    /// # });
    /// ```
    pub fn consents(&self, filter: &ConsentFilter) -> Pages<Consent> {
        Pages::new(self, filter.call(), |answer| {
            answer.read_fields(|page| page.list("consents", Consent::read))
        })
    }

    /// Withdraws a consent, and ends the refresh tokens of that user and client:
    /// `DELETE /api/v1/clients/{client_id}/consents/{consent_id}`. Access tokens stay good until they expire. Needs the
    /// permission `api_credentials:write`.
    ///
    /// ```
    /// # let run = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/doc_test.rs"));
    /// # run(async |management: auth_scalekit::management::Management| {
    /// let details = management.resource_client("res_1", "m2m_1").await?;
    /// for user in details.consented_users {
    ///     management.delete_consent("m2m_1", &user.consent_id).await?;
    /// }
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`ManagementError`]; of the kind [`NotFound`](crate::management::ManagementErrorKind::NotFound) for an unknown
    /// consent or client.
    pub async fn delete_consent(
        &self,
        client_id: &str,
        consent_id: &str,
    ) -> Result<(), ManagementError> {
        let client = ids::client(DELETE, client_id)?;
        let consent = ids::consent(DELETE, consent_id)?;
        let path = format!("/api/v1/clients/{client}/consents/{consent}");
        self.change(Call::delete(DELETE, path)).await
    }
}
