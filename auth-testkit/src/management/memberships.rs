//! `/api/v1/memberships/organizations/{organization}/users/{user}`, and by the external id of the user: memberships
//! begin, change and end, with the events that they have when an administrator changes them.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Call, body, ids, users};
use crate::oauth::Params;
use crate::oauth::api_error::ApiError;
use crate::settings::User;

const METADATA: body::MapRules = body::MapRules {
    pairs: 20,
    names: (3, 25),
    values: (1, 256),
};

/// The members of `CreateMembership` and `UpdateMembership`. Metadata is checked and not kept.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Asked {
    roles: Option<Vec<AskedRole>>,
    metadata: BTreeMap<String, String>,
    inviter_email: Option<String>,
}

/// The name alone counts.
#[derive(Debug, Deserialize)]
struct AskedRole {
    name: String,
}

impl Asked {
    /// The body, and its roles if it names any.
    ///
    /// # Errors
    ///
    /// `INVALID_ARGUMENT` for a body that is none, and a role that is unknown.
    fn read(call: &Call<'_>) -> Result<Option<Vec<String>>, ApiError> {
        let asked: Self = body::read_or_default(call.request.body(), "a membership")?;
        METADATA.check("metadata", &asked.metadata)?;
        if let Some(inviter) = &asked.inviter_email {
            body::at_most("inviter_email", inviter, 254)?;
        }
        let Some(roles) = asked.roles else {
            return Ok(None);
        };
        let known = call.settings.roles(&call.state.user);
        let names = roles
            .into_iter()
            .map(|role| match known.contains_key(&role.name) {
                true => Ok(role.name),
                false => Err(ApiError::violation("roles", "known", "a role is unknown")),
            });
        names.collect::<Result<_, _>>().map(Some)
    }
}

pub(super) fn create(call: &mut Call<'_>) -> Result<Value, ApiError> {
    let (user, organization) = named(call)?;
    let roles = Asked::read(call)?.unwrap_or_default();
    if call.settings.is_listed(&user, &organization) {
        return Err(ApiError::already_exists("the user is a member already"));
    }
    call.change().add_member(&user.sub, &organization, roles)?;
    Ok(users::wrapped(call, &user))
}

/// Without roles in the body they stay as they are.
pub(super) fn update(call: &mut Call<'_>) -> Result<Value, ApiError> {
    let (user, organization) = named(call)?;
    let unchanged = call.settings.access(&user, Some(&organization)).roles;
    let roles = Asked::read(call)?.unwrap_or(unchanged);
    call.change()
        .change_roles(&user.sub, &organization, roles)?;
    Ok(users::wrapped(call, &user))
}

/// Unless `cascade` is false, it also deletes the user who has no membership left.
pub(super) fn delete(call: &mut Call<'_>) -> Result<Value, ApiError> {
    let (user, organization) = named(call)?;
    let cascades = match Params::of_query(call.request).get("cascade") {
        None | Some("true") => true,
        Some("false") => false,
        Some(_) => {
            let message = "cascade must be true or false";
            return Err(ApiError::violation("cascade", "bool", message));
        }
    };
    let change = &mut call.change();
    change.remove_member(&user.sub, &organization)?;
    if cascades {
        change.delete_user_without_membership(&user);
    }
    Ok(json!({}))
}

/// The user and the organization of the path.
///
/// # Errors
///
/// `INVALID_ARGUMENT` for what cannot be an id, `NOT_FOUND` for what is unknown.
fn named(call: &Call<'_>) -> Result<(User, String), ApiError> {
    let organization = call.segment(2);
    ids::check(organization, "org", "organization_id")?;
    call.check_organization(organization)?;
    let user = match call.segment(3) {
        "users" => {
            ids::check(call.segment(4), "usr", "id")?;
            call.find_user(call.segment(4))?
        }
        _ => call.find_external_user(&call.decoded(4)?)?,
    };
    Ok((user.clone(), organization.to_owned()))
}
