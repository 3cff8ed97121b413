//! `GET /api/v1/organizations/{organization}/users` and `…/users:search?query=…`.

use serde_json::Value;

use super::page::{Limits, Page};
use super::{Call, ids, user};
use crate::oauth::Params;
use crate::oauth::api_error::ApiError;
use crate::oauth::people;
use crate::settings::User;

const LIMITS: Limits = Limits::up_to(30);

/// Of the list.
const LIST_LIMITS: Limits = Limits::up_to(100);

/// The members of an organization, those included who were deactivated.
pub(super) fn list(call: &Call<'_>) -> Result<Value, ApiError> {
    let (settings, state) = (call.settings, &*call.state);
    let organization = call.segment(1);
    ids::check(organization, "org", "organization_id")?;
    let page = Page::asked(&Params::of_query(call.request), LIST_LIMITS)?;
    call.check_organization(organization)?;
    let people = people::all(settings, state).into_iter();
    let members = people.filter(|user| settings.is_listed(user, organization));
    let cut = page.cut(members);
    Ok(cut
        .map(|user| user::shown(settings, state, user))
        .shown("users"))
}

/// The members of an organization whose e-mail address, name or id contains the query, in either case: the caller
/// has to compare what it looks for.
pub(super) fn search(call: &Call<'_>) -> Result<Value, ApiError> {
    let (settings, state) = (call.settings, &*call.state);
    let organization = call.segment(1);
    let params = Params::of_query(call.request);
    let query = params.get("query").unwrap_or_default();
    if !(3..=100).contains(&query.chars().count()) {
        return Err(ApiError::violation(
            "query",
            "string.len",
            "query must have 3 to 100 characters",
        ));
    }
    let page = Page::asked(&params, LIMITS)?;
    call.check_organization(organization)?;
    let people = people::all(settings, state).into_iter();
    let found =
        people.filter(|user| settings.is_listed(user, organization) && matches(user, query));
    let cut = page.cut(found);
    Ok(cut
        .map(|user| user::shown(settings, state, user))
        .shown("users"))
}

fn matches(user: &User, query: &str) -> bool {
    let query = query.to_lowercase();
    let id = user.id();
    let external_id = user.external_id.as_deref().unwrap_or_default();
    let searched = [user.email.as_str(), user.name(), &id, external_id];
    searched
        .iter()
        .any(|text| text.to_lowercase().contains(&query))
}
