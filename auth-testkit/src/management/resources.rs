//! `GET /api/v1/resources` and `…/{resource}`: the environment has one MCP server.

use serde_json::{Value, json};

use super::page::{Limits, Page};
use super::{Call, resource};
use crate::oauth::Params;
use crate::oauth::api_error::ApiError;

const LIMITS: Limits = Limits::up_to(30);

const TYPES: [&str; 5] = ["WEB", "MOBILE", "DESKTOP", "SERVER", "MCP_SERVER"];

pub(super) fn list(call: &Call<'_>) -> Result<Value, ApiError> {
    let params = Params::of_query(call.request);
    let page = Page::asked(&params, LIMITS)?;
    let kind = params.get("resource_type").unwrap_or_default();
    if !TYPES.contains(&kind) {
        let message = "resource_type must be one of the types, such as MCP_SERVER";
        return Err(ApiError::violation("resource_type", "required", message));
    }
    let found = (kind == "MCP_SERVER").then(|| resource::shown(call.settings, call.state));
    Ok(page.cut(found.into_iter()).shown("resources"))
}

pub(super) fn show(call: &Call<'_>) -> Result<Value, ApiError> {
    check(call)?;
    Ok(json!({ "resource": resource::shown(call.settings, call.state) }))
}

/// # Errors
///
/// `NOT_FOUND` when the path names another resource.
pub(super) fn check(call: &Call<'_>) -> Result<(), ApiError> {
    match call.segment(1) == call.settings.resource_id {
        true => Ok(()),
        false => Err(ApiError::not_found("resource not found")),
    }
}
