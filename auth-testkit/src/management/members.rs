//! `GET /api/v1/organizations/{organization}/users/{user}/roles` and `…/permissions`.

use serde_json::{Value, json};

use super::{Call, access, ids};
use crate::oauth::api_error::ApiError;
use crate::settings::Access;

pub(super) fn roles(call: &Call<'_>) -> Result<Value, ApiError> {
    let roles = of_member(call)?.roles;
    let roles = roles.iter().map(|name| access::named_role(name));
    Ok(json!({ "roles": roles.collect::<Vec<_>>() }))
}

/// Those of all the roles of the member.
pub(super) fn permissions(call: &Call<'_>) -> Result<Value, ApiError> {
    let permissions = of_member(call)?.permissions;
    let permissions = permissions
        .iter()
        .map(|name| access::member_permission(name));
    Ok(json!({ "permissions": permissions.collect::<Vec<_>>() }))
}

/// # Errors
///
/// `INVALID_ARGUMENT` for what cannot be an id, `NOT_FOUND` for a user who is not a member.
fn of_member(call: &Call<'_>) -> Result<Access, ApiError> {
    let (organization, id) = (call.segment(1), call.segment(3));
    ids::check(organization, "org", "organization_id")?;
    ids::check(id, "usr", "user_id")?;
    call.check_organization(organization)?;
    let user = call.find_user(id)?;
    match call.settings.is_listed(user, organization) {
        true => Ok(call.settings.access(user, Some(organization))),
        false => Err(ApiError::not_found("the user is not a member")),
    }
}
