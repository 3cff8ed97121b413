//! `GET /api/v1/organizations/{organization}/users:search?query=…`.

use serde_json::{Value, json};

use super::page::Page;
use super::{Call, user};
use crate::oauth::Params;
use crate::oauth::api_error::ApiError;
use crate::oauth::people;
use crate::settings::User;

const DEFAULT_SIZE: usize = 10;
const MAX_SIZE: usize = 30;

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
    let page = Page::asked(&params, DEFAULT_SIZE, MAX_SIZE)?;
    let people = people::all(settings, state);
    let is_member = |user: &&&User| {
        // One who was deactivated is still there.
        let is_inactive = settings.changes.is_inactive(user, organization);
        settings.is_member(user, organization) || is_inactive
    };
    let mut described = settings.directory.organizations.iter();
    let is_described = described.any(|known| known.id == organization);
    let is_known = is_described || people.iter().any(|user| is_member(&user));
    if !is_known || settings.changes.is_deleted(organization) {
        return Err(ApiError::not_found("organization not found"));
    }
    let members = people.iter().filter(is_member);
    let cut = page.cut(members.filter(|user| matches(user, query)));
    let users = cut
        .items
        .iter()
        .map(|user| user::shown(settings, state, user));
    Ok(json!({
        "users": users.collect::<Vec<_>>(),
        "next_page_token": cut.next,
        "prev_page_token": cut.previous,
        "total_size": cut.total,
    }))
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
