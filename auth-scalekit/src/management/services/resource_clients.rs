//! Clients of a resource: those that were created in the dashboard, and those that registered themselves.

use std::time::{Duration, SystemTime};

use super::debug_ids::debug_ids;
use super::ids;
use crate::management::call::Call;
use crate::management::client::Management;
use crate::management::error::ManagementError;
use crate::management::fields::{Fields, Malformed};

const LIST: &str = "GET /api/v1/resources/{resource_id}/clients";
const GET: &str = "GET /api/v1/resources/{resource_id}/clients/{client_id}";

/// A client of a resource. `Debug` shows ids only. Its secrets are not read.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ResourceClient {
    /// Such as `m2m_…`; the claim `client_id` of the tokens.
    pub client_id: String,
    /// The name, which a client that registered itself chose.
    pub name: Option<String>,
    /// What it is.
    pub description: Option<String>,
    /// `org_…`, if it is of one organization.
    pub organization_id: Option<String>,
    /// `res_…`.
    pub resource_id: Option<String>,
    /// When it was created.
    pub create_time: Option<SystemTime>,
    /// When it was last changed.
    pub update_time: Option<SystemTime>,
    /// The scopes that it can request.
    pub scopes: Vec<String>,
    /// `aud` of its tokens.
    pub audience: Vec<String>,
    /// Where users are sent after login.
    pub redirect_uris: Vec<String>,
    /// The lifetime of its tokens.
    pub expiry: Option<Duration>,
    /// Whether it registered itself (RFC 7591).
    pub is_dcr: bool,
    /// Whether its id is the URL of its metadata.
    pub is_cimd: bool,
    /// The URL of its metadata.
    pub metadata_uri: Option<String>,
}

/// The clients of a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ResourceClients {
    /// All clients.
    pub clients: Vec<ResourceClient>,
    /// How many of them registered themselves.
    pub total_dcr_clients: u64,
    /// How many of them were created in the dashboard or by the API.
    pub total_static_clients: u64,
}

/// A client, and who gave it consent.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ResourceClientDetails {
    /// The client.
    pub client: ResourceClient,
    /// The users who gave it consent.
    pub consented_users: Vec<ConsentedUser>,
}

/// A user who gave a client consent. `Debug` shows the id of the consent only.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConsentedUser {
    /// `usrcnst_…`.
    pub consent_id: String,
    /// The id of the user in the application.
    pub external_user_id: Option<String>,
    /// What the user allowed.
    pub scopes: Vec<String>,
}

debug_ids!(ResourceClient: client_id, organization_id, resource_id, is_dcr, is_cimd);
debug_ids!(ConsentedUser: consent_id, scopes);

impl ResourceClient {
    fn read(fields: &Fields<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            // The id of some clients is a URL.
            client_id: fields.text("client_id")?.ok_or(Malformed("client_id"))?,
            name: fields.described("name"),
            description: fields.described("description"),
            organization_id: fields.word("organization_id")?,
            resource_id: fields.word("resource_id")?,
            create_time: fields.described_time("create_time"),
            update_time: fields.described_time("update_time"),
            scopes: fields.words("scopes")?,
            audience: fields.words("audience")?,
            redirect_uris: fields.words("redirect_uris")?,
            expiry: fields.seconds("expiry")?,
            is_dcr: fields.flag("is_dcr")?,
            is_cimd: fields.flag("is_cimd")?,
            metadata_uri: fields.described("metadata_uri"),
        })
    }
}

impl ConsentedUser {
    fn read(fields: &Fields<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            consent_id: fields.id("consent_id")?,
            external_user_id: fields.text("external_user_id")?,
            scopes: fields.words("scopes")?,
        })
    }
}

impl Management {
    /// Lists the clients of a resource: `GET /api/v1/resources/{resource_id}/clients` (PREVIEW). Not in pages. Needs
    /// the permission `api_credentials:read`.
    ///
    /// ```
    /// # let run = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/doc_test.rs"));
    /// # run(async |management: auth_scalekit::management::Management| {
    /// let found = management.resource_clients("res_1").await?;
    /// println!("{} clients registered themselves", found.total_dcr_clients);
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`ManagementError`]; of the kind [`NotFound`](crate::management::ManagementErrorKind::NotFound) for an unknown
    /// resource.
    pub async fn resource_clients(
        &self,
        resource_id: &str,
    ) -> Result<ResourceClients, ManagementError> {
        let id = ids::resource(LIST, resource_id)?;
        let call = Call::get(LIST, format!("/api/v1/resources/{id}/clients")).for_page();
        let answer = self.read(&call).await?;
        answer.read_fields(|body| {
            Ok(ResourceClients {
                clients: body.list("clients", ResourceClient::read)?,
                total_dcr_clients: body.count("total_dcr_clients")?,
                total_static_clients: body.count("total_static_clients")?,
            })
        })
    }

    /// Reads a client of a resource: `GET /api/v1/resources/{resource_id}/clients/{client_id}` (PREVIEW). Needs the
    /// permission `api_credentials:read`.
    ///
    /// ```
    /// # let run = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/doc_test.rs"));
    /// # run(async |management: auth_scalekit::management::Management| {
    /// let details = management.resource_client("res_1", "m2m_1").await?;
    /// println!("{} users gave consent", details.consented_users.len());
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`ManagementError`]; of the kind [`NotFound`](crate::management::ManagementErrorKind::NotFound) for an unknown
    /// client or resource, and [`BadRequest`](crate::management::ManagementErrorKind::BadRequest) for a client whose id
    /// is a URL, which cannot be part of the path.
    pub async fn resource_client(
        &self,
        resource_id: &str,
        client_id: &str,
    ) -> Result<ResourceClientDetails, ManagementError> {
        let resource = ids::resource(GET, resource_id)?;
        let client = ids::client(GET, client_id)?;
        let path = format!("/api/v1/resources/{resource}/clients/{client}");
        let answer = self.read(&Call::get(GET, path).for_page()).await?;
        answer.read_fields(|body| {
            Ok(ResourceClientDetails {
                client: body.required("client", ResourceClient::read)?,
                consented_users: body.list("consented_users", ConsentedUser::read)?,
            })
        })
    }
}
