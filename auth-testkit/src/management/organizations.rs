//! `GET /api/v1/organizations`, `…/{organization}` and `/api/v1/organizations:external/{external_id}`.

use serde_json::{Value, json};

use super::access::CREATED;
use super::page::{Limits, Page};
use super::{Call, ids};
use crate::event::organization_shown;
use crate::oauth::Params;
use crate::oauth::api_error::ApiError;
use crate::settings::Organization;

const LIMITS: Limits = Limits::between(10, 100);

pub(super) fn list(call: &Call<'_>) -> Result<Value, ApiError> {
    let params = Params::of_query(call.request);
    let page = Page::asked(&params, LIMITS)?;
    let wanted = params.get("external_id");
    let all = call.settings.organizations(&call.state.user).into_iter();
    let found = all.filter(|one| wanted.is_none() || one.external_id.as_deref() == wanted);
    let cut = page.cut(found);
    Ok(cut
        .map(|organization| organization_shown(&organization, CREATED))
        .shown("organizations"))
}

pub(super) fn show(call: &Call<'_>) -> Result<Value, ApiError> {
    let id = call.segment(1);
    ids::check(id, "org", "id")?;
    wrapped(call, |organization| organization.id == id)
}

pub(super) fn show_external(call: &Call<'_>) -> Result<Value, ApiError> {
    let external_id = call.decoded(1)?;
    wrapped(call, |organization| {
        organization.external_id.as_ref() == Some(&external_id)
    })
}

/// # Errors
///
/// `NOT_FOUND` when there is no such organization.
fn wrapped(call: &Call<'_>, is_wanted: impl Fn(&Organization) -> bool) -> Result<Value, ApiError> {
    let all = call.settings.organizations(&call.state.user);
    let found = all.iter().find(|organization| is_wanted(organization));
    let found = found.ok_or_else(|| ApiError::not_found("organization not found"))?;
    Ok(json!({ "organization": organization_shown(found, CREATED) }))
}
