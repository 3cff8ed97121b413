//! `GET /api/v1/permissions` and `…/{permission}`.

use serde_json::{Value, json};

use super::page::{Limits, Page};
use super::{Call, access};
use crate::oauth::Params;
use crate::oauth::api_error::ApiError;

const LIMITS: Limits = Limits::up_to(100);

/// Some of those that Scalekit has itself, for the users of its portal.
const OF_SCALEKIT: [&str; 4] = [
    "directories_read",
    "organizations_read",
    "organizations_users_invite",
    "organizations_users_read",
];

/// Those of the environment come first.
pub(super) fn list(call: &Call<'_>) -> Result<Value, ApiError> {
    let params = Params::of_query(call.request);
    let page = Page::asked(&params, LIMITS)?;
    let (has_own, has_scalekits) = match params.get("type") {
        None | Some("ALL") => (true, true),
        Some("ENVIRONMENT") => (true, false),
        Some("SCALEKIT") => (false, true),
        Some(_) => {
            let message = "type must be ALL, SCALEKIT or ENVIRONMENT";
            return Err(ApiError::violation("type", "enum.defined_only", message));
        }
    };
    let all = all(call).into_iter();
    let found = all.filter(|(_, is_of_scalekit)| match is_of_scalekit {
        true => has_scalekits,
        false => has_own,
    });
    let cut = page.cut(found);
    Ok(cut
        .map(|(name, is_of_scalekit)| access::permission(&name, is_of_scalekit))
        .shown("permissions"))
}

pub(super) fn show(call: &Call<'_>) -> Result<Value, ApiError> {
    let wanted = call.decoded(1)?;
    let found = all(call).into_iter().find(|(name, _)| *name == wanted);
    let (name, is_of_scalekit) =
        found.ok_or_else(|| ApiError::not_found("permission not found"))?;
    Ok(json!({ "permission": access::permission(&name, is_of_scalekit) }))
}

/// Each with whether it is one of Scalekit's.
fn all(call: &Call<'_>) -> Vec<(String, bool)> {
    let own = call.settings.permissions(&call.state.user).into_iter();
    let scalekits = OF_SCALEKIT.iter().map(|name| ((*name).to_owned(), true));
    own.map(|name| (name, false)).chain(scalekits).collect()
}
