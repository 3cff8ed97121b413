//! `GET /api/v1/user_consents` and `DELETE /api/v1/clients/{client}/consents/{consent}`.

use serde_json::{Value, json};

use super::page::{Limits, Page};
use super::{Call, ids};
use crate::oauth::Params;
use crate::oauth::api_error::ApiError;
use crate::values::timestamp;

const LIMITS: Limits = Limits::up_to(30);

/// How many users the filter can name.
const FILTERED: usize = 25;

/// The newest first. Those of users that the filter names, or else those whose user or client the search finds.
pub(super) fn list(call: &Call<'_>) -> Result<Value, ApiError> {
    let params = Params::of_query(call.request);
    let page = Page::asked(&params, LIMITS)?;
    let Some(resource) = params.get("resource_id") else {
        let message = "resource_id is missing";
        return Err(ApiError::violation("resource_id", "required", message));
    };
    let users: Vec<&str> = params.all("filter.external_user_id").collect();
    if users.len() > FILTERED {
        return Err(ApiError::violation(
            "filter.external_user_id",
            "repeated.max_items",
            &format!("at most {FILTERED} users can be named"),
        ));
    }
    let search = params.get("search").unwrap_or_default().to_lowercase();
    let all = call.state.consents.newest_first();
    let found = all.filter(|consent| {
        let is_found = |text: &str| text.to_lowercase().contains(&search);
        let is_wanted = match users.as_slice() {
            [] => is_found(&consent.external_user_id) || is_found(&consent.client_name),
            users => users.contains(&consent.external_user_id.as_str()),
        };
        is_wanted && resource == call.settings.resource_id
    });
    let cut = page.cut(found);
    Ok(cut
        .map(|consent| {
            json!({
                "id": consent.id,
                "external_user_id": consent.external_user_id,
                "client_id": consent.issued_client_id,
                "client_name": consent.client_name,
                "scopes": consent.scopes,
                "granted_at": timestamp::format(consent.granted),
            })
        })
        .shown("consents"))
}

/// The refresh tokens of the user and the client end, and access tokens stay valid until they expire.
pub(super) fn delete(call: &mut Call<'_>) -> Result<Value, ApiError> {
    let (client, consent) = (call.segment(1), call.segment(3));
    ids::check(client, "m2m", "client_id")?;
    ids::check(consent, "usrcnst", "consent_id")?;
    let parties = call.state.consents.parties(consent, client);
    let (sub, client) = parties.ok_or_else(|| ApiError::not_found("consent not found"))?;
    call.state.delete_consent(&sub, &client);
    Ok(json!({}))
}
