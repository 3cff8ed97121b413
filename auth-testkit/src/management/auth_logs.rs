//! `GET /api/v1/logs/authentication/requests`: who has tried to sign in, the newest first.

use std::time::SystemTime;

use serde_json::{Value, json};

use super::page::{Limits, Page};
use super::{Call, call, resource};
use crate::auth_log::{AuthLogEntry, AuthStatus};
use crate::oauth::Params;
use crate::oauth::api_error::ApiError;
use crate::settings::Settings;
use crate::values::{id, timestamp};

/// Scalekit documents none.
const LIMITS: Limits = Limits::up_to(100).default_of(30);

pub(super) fn list(call: &Call<'_>) -> Result<Value, ApiError> {
    let params = Params::of_query(call.request);
    let page = Page::asked(&params, LIMITS)?;
    let filter = Filter::asked(&params)?;
    let rows = call.state.auth_log.newest_first();
    let cut = page.cut(rows.filter(|(_, entry)| filter.admits(entry)));
    Ok(cut
        .map(|(id, entry)| shown(call.settings, id, entry))
        .shown("authRequests"))
}

/// Times are inclusive.
struct Filter {
    /// Empty: all.
    statuses: Vec<AuthStatus>,
    start: Option<SystemTime>,
    end: Option<SystemTime>,
    email: Option<String>,
    resource: Option<String>,
    client: Option<String>,
    connected_account: Option<String>,
}

impl Filter {
    /// # Errors
    ///
    /// `INVALID_ARGUMENT` for an unknown status, and for a time that is not in RFC 3339.
    fn asked(params: &Params) -> Result<Self, ApiError> {
        let statuses = params.all("status").map(|name| {
            let message = "status must be INITIATED, PENDING, SUCCESS or FAILED";
            AuthStatus::of_name(name)
                .ok_or_else(|| ApiError::violation("status", "string.in", message))
        });
        let text = |name: &str| params.get(name).map(str::to_owned);
        Ok(Self {
            statuses: statuses.collect::<Result<_, _>>()?,
            start: call::time(params, "start_time")?,
            end: call::time(params, "end_time")?,
            email: text("email"),
            resource: text("resource_id"),
            client: text("client_id"),
            connected_account: text("connected_account_identifier"),
        })
    }

    fn admits(&self, entry: &AuthLogEntry) -> bool {
        let is_email = |email: &String| email.eq_ignore_ascii_case(&entry.email);
        (self.statuses.is_empty() || self.statuses.contains(&entry.status))
            && self.start.is_none_or(|start| entry.at >= start)
            && self.end.is_none_or(|end| entry.at <= end)
            && self.email.as_ref().is_none_or(is_email)
            && (self.resource.is_none() || self.resource == entry.resource)
            && (self.client.as_ref()).is_none_or(|client| *client == entry.client_id)
            && (self.connected_account.is_none()
                || self.connected_account == entry.connected_account)
    }
}

fn shown(settings: &Settings, id: &str, entry: &AuthLogEntry) -> Value {
    let organization = entry.organization.as_deref().unwrap_or_default();
    let connection = id::derived("conn", organization);
    let is_of_resource = entry.resource.is_some();
    json!({
        "auth_request_id": id,
        "organization_id": organization,
        "environment_id": settings.environment_id(),
        "connection_id": connection,
        "connection_type": "OIDC",
        "connection_provider": "OKTA",
        "connection_details": [{
            "connection_id": connection,
            "organization_id": organization,
            "connection_type": "OIDC",
            "connection_provider": "OKTA",
        }],
        "email": entry.email,
        "status": entry.status.name(),
        "timestamp": timestamp::format(entry.at),
        "workflow": "SSO",
        "resource_id": entry.resource.as_deref().unwrap_or_default(),
        "resource_name": if is_of_resource { resource::NAME } else { "" },
        "resource_type": if is_of_resource { "mcp" } else { "" },
        "client_id": entry.client_id,
        "client_name": entry.client_name,
        "client_type": if is_of_resource { "M2M" } else { "ENV" },
        "connected_account_identifier": entry.connected_account.as_deref().unwrap_or_default(),
    })
}
