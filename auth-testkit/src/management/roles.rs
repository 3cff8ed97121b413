//! `GET /api/v1/roles`, `…/{role}`, their permissions, and the same of an organization, which has no other roles here.

use serde_json::{Value, json};

use super::{Call, access, ids};
use crate::oauth::Params;
use crate::oauth::api_error::ApiError;

/// All roles; with their permissions if `include` asks for them.
pub(super) fn list(call: &Call<'_>) -> Result<Value, ApiError> {
    let includes = includes_permissions(call)?;
    let roles = call.settings.roles(&call.state.user);
    let shown = roles.iter().map(|(name, permissions)| match includes {
        true => with_permissions(name, permissions),
        false => access::role(name),
    });
    Ok(json!({ "roles": shown.collect::<Vec<_>>() }))
}

pub(super) fn list_of_organization(call: &Call<'_>) -> Result<Value, ApiError> {
    check_organization(call)?;
    list(call)
}

pub(super) fn show(call: &Call<'_>) -> Result<Value, ApiError> {
    shown(call, 1)
}

pub(super) fn show_of_organization(call: &Call<'_>) -> Result<Value, ApiError> {
    check_organization(call)?;
    shown(call, 3)
}

/// No role of the mock extends another: there are no inherited ones.
pub(super) fn permissions(call: &Call<'_>) -> Result<Value, ApiError> {
    let (name, permissions) = find(call, 1)?;
    Ok(json!({ "permissions": of_role(&name, &permissions) }))
}

fn shown(call: &Call<'_>, place: usize) -> Result<Value, ApiError> {
    let (name, permissions) = find(call, place)?;
    Ok(json!({ "role": with_permissions(&name, &permissions) }))
}

/// # Errors
///
/// `NOT_FOUND` when there is no role of the name at this place of the path.
fn find(call: &Call<'_>, place: usize) -> Result<(String, Vec<String>), ApiError> {
    let name = call.decoded(place)?;
    let found = call.settings.roles(&call.state.user).remove(&name);
    let found = found.ok_or_else(|| ApiError::not_found("role not found"))?;
    Ok((name, found))
}

fn check_organization(call: &Call<'_>) -> Result<(), ApiError> {
    ids::check(call.segment(1), "org", "org_id")?;
    call.check_organization(call.segment(1))
}

/// # Errors
///
/// `INVALID_ARGUMENT` when `include` has another value.
fn includes_permissions(call: &Call<'_>) -> Result<bool, ApiError> {
    match Params::of_query(call.request).get("include") {
        None => Ok(false),
        Some("permissions" | "permissions:all") => Ok(true),
        Some(_) => Err(ApiError::violation(
            "include",
            "string.in",
            "include must be permissions or permissions:all",
        )),
    }
}

fn with_permissions(name: &str, permissions: &[String]) -> Value {
    let mut role = access::role(name);
    role["permissions"] = of_role(name, permissions).into();
    role
}

fn of_role(role: &str, permissions: &[String]) -> Vec<Value> {
    let shown = permissions.iter().map(|name| {
        let mut permission = access::permission(name, false);
        permission["role_name"] = role.into();
        permission
    });
    shown.collect()
}
