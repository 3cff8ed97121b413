//! Resources: the MCP servers that are registered in the environment.

use std::time::{Duration, SystemTime};

use auth_core::support::json::RawObject;

use super::ids;
use crate::management::call::Call;
use crate::management::client::Management;
use crate::management::error::ManagementError;
use crate::management::fields::{Fields, Malformed};
use crate::management::open_enum::open_enum;
use crate::management::page_stream::Pages;

const LIST: &str = "GET /api/v1/resources";
const GET: &str = "GET /api/v1/resources/{resource_id}";
/// The most that the API accepts.
const PAGE_SIZE: &str = "30";

/// A resource, such as an MCP server.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Resource {
    /// `res_…`; in `aud` of the tokens.
    pub id: String,
    /// The name for people.
    pub name: Option<String>,
    /// The URL of the server.
    pub resource_uri: Option<String>,
    /// What it is.
    pub description: Option<String>,
    /// Its type.
    pub resource_type: Option<ResourceType>,
    /// The URL of the logo.
    pub logo_uri: Option<String>,
    /// The lifetime of access tokens.
    pub access_token_expiry: Option<Duration>,
    /// The lifetime of refresh tokens.
    pub refresh_token_expiry: Option<Duration>,
    /// When it was created.
    pub create_time: Option<SystemTime>,
    /// When it was last changed.
    pub update_time: Option<SystemTime>,
    /// The provider of the connection by which users log in.
    pub provider: Option<String>,
    /// The protected resource metadata (RFC 9728) that Scalekit proposes.
    pub protected_metadata: Option<RawObject>,
    /// Where Scalekit publishes it.
    pub protected_metadata_uri: Option<String>,
    /// The scopes of the server.
    pub scopes: Vec<ResourceScope>,
    /// Whether clients cannot register themselves (RFC 7591).
    pub disable_dynamic_client_registration: bool,
    /// Whether a client id may be the URL of the client's metadata.
    pub enable_cimd: bool,
    /// Whether only the clients of `cimd_client_allowlist` may do so.
    pub cimd_client_allowlist_enabled: bool,
    /// Up to 20 entries.
    pub cimd_client_allowlist: Vec<CimdAllowlistEntry>,
    /// Whether cross-app access is enabled.
    pub xaa_enabled: bool,
    /// Whether tokens have only those scopes that are permissions of the user.
    pub intersect_scopes_user_permission: bool,
    /// Whether users choose scopes when they give consent.
    pub resource_scope_selection_allowed: bool,
    /// Whether the connection cannot be changed.
    pub disallow_connection_update: bool,
}

/// A scope of a [`Resource`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ResourceScope {
    /// The id of the scope.
    pub id: Option<String>,
    /// The name, as in the claim `scope`.
    pub name: String,
    /// What it permits.
    pub description: Option<String>,
    /// Whether clients can request it.
    pub enabled: bool,
}

/// A client whose metadata is accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CimdAllowlistEntry {
    /// `PREDEFINED` or `URL`.
    pub entry_type: Option<String>,
    /// The name of the client, or the URL.
    pub value: Option<String>,
}

open_enum! {
    /// The type of a [`Resource`].
    pub enum ResourceType {
        /// A web application.
        Web = "WEB",
        /// A mobile application.
        Mobile = "MOBILE",
        /// A desktop application.
        Desktop = "DESKTOP",
        /// A server.
        Server = "SERVER",
        /// An MCP server.
        McpServer = "MCP_SERVER",
    }
}

impl Resource {
    fn read(fields: &Fields<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            id: fields.id("id")?,
            name: fields.described("name"),
            resource_uri: fields.text("resource_uri")?,
            description: fields.described("description"),
            resource_type: fields.name("resource_type", ResourceType::parse)?,
            logo_uri: fields.described("logo_uri"),
            access_token_expiry: fields.seconds("access_token_expiry")?,
            refresh_token_expiry: fields.seconds("refresh_token_expiry")?,
            create_time: fields.described_time("create_time"),
            update_time: fields.described_time("update_time"),
            provider: fields.described("provider"),
            protected_metadata: fields.raw("protected_metadata")?,
            protected_metadata_uri: fields.described("protected_metadata_uri"),
            scopes: fields.list("scopes", ResourceScope::read)?,
            disable_dynamic_client_registration: fields
                .flag("disable_dynamic_client_registration")?,
            enable_cimd: fields.flag("enable_cimd")?,
            cimd_client_allowlist_enabled: fields.flag("cimd_client_allowlist_enabled")?,
            cimd_client_allowlist: fields
                .list("cimd_client_allowlist", CimdAllowlistEntry::read)?,
            xaa_enabled: fields.flag("xaa_enabled")?,
            intersect_scopes_user_permission: fields.flag("intersect_scopes_user_permission")?,
            resource_scope_selection_allowed: fields.flag("resource_scope_selection_allowed")?,
            disallow_connection_update: fields.flag("disallow_connection_update")?,
        })
    }
}

impl ResourceScope {
    fn read(fields: &Fields<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            id: fields.word("id")?,
            name: fields.id("name")?,
            description: fields.described("description"),
            enabled: fields.flag("enabled")?,
        })
    }
}

impl CimdAllowlistEntry {
    fn read(fields: &Fields<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            entry_type: fields.word("type")?,
            value: fields.text("value")?,
        })
    }
}

impl Management {
    /// Lists the MCP servers of the environment: `GET /api/v1/resources` (PREVIEW). Needs the permission
    /// `mcp_servers:read`.
    ///
    /// ```
    /// # let run = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/doc_test.rs"));
    /// # run(async |management: auth_scalekit::management::Management| {
    /// for resource in management.resources().collect_up_to(100).await? {
    ///     println!("{}: {:?}", resource.id, resource.resource_uri);
    /// }
    /// # Ok(())
    /// # });
    /// ```
    pub fn resources(&self) -> Pages<Resource> {
        let call = Call::get(LIST, "/api/v1/resources".into());
        let call = call
            .query("resource_type", ResourceType::McpServer.as_str())
            .query("page_size", PAGE_SIZE);
        Pages::new(self, Ok(call), |answer| {
            answer.read_fields(|page| page.list("resources", Resource::read))
        })
    }

    /// Reads a resource: `GET /api/v1/resources/{resource_id}` (PREVIEW). Needs the permission `mcp_servers:read`.
    ///
    /// ```
    /// # let run = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/doc_test.rs"));
    /// # run(async |management: auth_scalekit::management::Management| {
    /// let resource = management.resource("res_1").await?;
    /// let scopes = resource.scopes.iter().filter(|scope| scope.enabled);
    /// println!("{} scopes", scopes.count());
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`ManagementError`]; of the kind [`NotFound`](crate::management::ManagementErrorKind::NotFound) for an unknown
    /// resource.
    pub async fn resource(&self, resource_id: &str) -> Result<Resource, ManagementError> {
        let id = ids::resource(GET, resource_id)?;
        let call = Call::get(GET, format!("/api/v1/resources/{id}")).for_page();
        let answer = self.read(&call).await?;
        let resource = answer.read_fields(|body| body.required("resource", Resource::read))?;
        match resource.id == id {
            true => Ok(resource),
            false => Err(answer.unreadable("another resource")),
        }
    }
}
