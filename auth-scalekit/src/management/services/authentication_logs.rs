//! The log of logins of the environment.

use std::time::SystemTime;

use super::debug_ids::debug_ids;
use super::ids;
use crate::management::call::Call;
use crate::management::client::Management;
use crate::management::error::ManagementError;
use crate::management::fields::{Fields, Malformed};
use crate::management::open_enum::open_enum;
use crate::management::page_stream::Pages;

const LIST: &str = "GET /api/v1/logs/authentication/requests";

/// A login, or an attempt. `Debug` shows ids and its state only.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AuthenticationRequest {
    /// Such as `ar_…`.
    pub auth_request_id: String,
    /// `org_…`.
    pub organization_id: Option<String>,
    /// `env_…`.
    pub environment_id: Option<String>,
    /// The connection by which the user logged in, `conn_…`.
    pub connection_id: Option<String>,
    /// Such as `OIDC`.
    pub connection_type: Option<String>,
    /// Such as `OKTA`.
    pub connection_provider: Option<String>,
    /// The e-mail address of the user.
    pub email: Option<String>,
    /// Its state.
    pub status: Option<AuthenticationStatus>,
    /// When it began.
    pub timestamp: Option<SystemTime>,
    /// The kind of login, as the API writes it.
    pub workflow: Option<String>,
    /// The resource that the client requested access to, `res_…`.
    pub resource_id: Option<String>,
    /// The name of that resource.
    pub resource_name: Option<String>,
    /// Such as `mcp`.
    pub resource_type: Option<String>,
    /// The client.
    pub client_id: Option<String>,
    /// The name of the client.
    pub client_name: Option<String>,
    /// The type of the client.
    pub client_type: Option<AuthenticationClientType>,
}

debug_ids!(AuthenticationRequest: auth_request_id, organization_id, resource_id, client_id, status, timestamp);

open_enum! {
    /// The state of an [`AuthenticationRequest`].
    pub enum AuthenticationStatus {
        /// It was begun.
        Initiated = "INITIATED",
        /// The user has not finished yet.
        Pending = "PENDING",
        /// The user is logged in.
        Success = "SUCCESS",
        /// It has failed.
        Failed = "FAILED",
    }
}

open_enum! {
    /// The type of the client of an [`AuthenticationRequest`].
    pub enum AuthenticationClientType {
        /// The environment itself.
        Environment = "ENV",
        /// A native application.
        Native = "NTV",
        /// An application in a browser.
        SinglePage = "SPA",
        /// A machine.
        Machine = "M2M",
    }
}

/// Which logins to list. Default: all. `Debug` shows ids and states only.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct AuthenticationLogFilter {
    email: Option<String>,
    statuses: Vec<AuthenticationStatus>,
    start_time: Option<SystemTime>,
    end_time: Option<SystemTime>,
    resource_id: Option<String>,
    client_id: Option<String>,
}

debug_ids!(AuthenticationLogFilter: statuses, start_time, end_time, resource_id, client_id);

impl AuthenticationRequest {
    fn read(fields: &Fields<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            auth_request_id: fields.id("auth_request_id")?,
            organization_id: fields.word("organization_id")?,
            environment_id: fields.word("environment_id")?,
            connection_id: fields.word("connection_id")?,
            connection_type: fields.described("connection_type"),
            connection_provider: fields.described("connection_provider"),
            email: fields.described("email"),
            status: fields.name("status", AuthenticationStatus::parse)?,
            timestamp: fields.described_time("timestamp"),
            workflow: fields.described("workflow"),
            resource_id: fields.word("resource_id")?,
            resource_name: fields.described("resource_name"),
            resource_type: fields.described("resource_type"),
            client_id: fields.text("client_id")?,
            client_name: fields.described("client_name"),
            client_type: fields.described_name("client_type", AuthenticationClientType::parse),
        })
    }
}

impl AuthenticationLogFilter {
    /// All logins of the environment.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Only those of the user with this e-mail address.
    #[must_use]
    pub fn email(mut self, address: impl Into<String>) -> Self {
        self.email = Some(address.into());
        self
    }

    /// Only those in one of these states.
    #[must_use]
    pub fn statuses(mut self, statuses: impl IntoIterator<Item = AuthenticationStatus>) -> Self {
        self.statuses = statuses.into_iter().collect();
        self
    }

    /// Only those from this time on.
    #[must_use]
    pub fn start_time(mut self, time: SystemTime) -> Self {
        self.start_time = Some(time);
        self
    }

    /// Only those until this time, inclusive.
    #[must_use]
    pub fn end_time(mut self, time: SystemTime) -> Self {
        self.end_time = Some(time);
        self
    }

    /// Only those for this resource (`res_…`).
    #[must_use]
    pub fn resource(mut self, resource_id: impl Into<String>) -> Self {
        self.resource_id = Some(resource_id.into());
        self
    }

    /// Only those of this client.
    #[must_use]
    pub fn client(mut self, client_id: impl Into<String>) -> Self {
        self.client_id = Some(client_id.into());
        self
    }

    fn call(&self) -> Result<Call, ManagementError> {
        let resource = self.resource_id.as_deref();
        let resource = resource.map(|id| ids::resource(LIST, id)).transpose()?;
        let mut call = Call::get(LIST, "/api/v1/logs/authentication/requests".into())
            .query_some("resource_id", resource);
        for status in &self.statuses {
            call = call.query("status", status.as_str());
        }
        Ok(call
            .query_some("email", self.email.as_deref())
            .query_some("client_id", self.client_id.as_deref())
            .query_time("start_time", self.start_time)
            .query_time("end_time", self.end_time))
    }
}

impl Management {
    /// Lists logins, the newest first: `GET /api/v1/logs/authentication/requests`. Needs the permission
    /// `auth_logs:read`.
    ///
    /// ```
    /// use auth_scalekit::management::AuthenticationLogFilter;
    ///
    /// # let run = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/doc_test.rs"));
    /// # run(async |management: auth_scalekit::management::Management| {
    /// let filter = AuthenticationLogFilter::new().resource("res_1");
    /// let mut logs = management.authentication_logs(&filter);
    /// while let Some(login) = logs.try_next().await? {
    ///     println!("{}: {:?}", login.auth_request_id, login.status);
    /// }
    /// # Ok(())
    /// # });
    /// ```
    pub fn authentication_logs(
        &self,
        filter: &AuthenticationLogFilter,
    ) -> Pages<AuthenticationRequest> {
        Pages::new(self, filter.call(), |answer| {
            answer.read_fields(|page| page.list("authRequests", AuthenticationRequest::read))
        })
    }
}
