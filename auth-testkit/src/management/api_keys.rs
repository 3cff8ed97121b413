//! `/api/v1/tokens`: API keys are created, listed, validated, changed and invalidated.

use std::collections::BTreeMap;
use std::time::SystemTime;

use serde::Deserialize;
use serde_json::{Value, json};

use super::page::{Limits, Page};
use super::{Call, api_key, body, ids};
use crate::api_key::{ApiKeyDraft, ApiKeyRecord};
use crate::change::Refusal;
use crate::oauth::Params;
use crate::oauth::api_error::ApiError;

const LIMITS: Limits = Limits::up_to(30);

const CLAIMS: body::MapRules = body::MapRules {
    pairs: 20,
    names: (1, 30),
    values: (1, 256),
};

/// The characters of a description.
const DESCRIPTION: usize = 255;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CreateToken {
    organization_id: String,
    user_id: Option<String>,
    #[serde(default)]
    custom_claims: BTreeMap<String, String>,
    #[serde(default, deserialize_with = "body::time")]
    expiry: Option<SystemTime>,
    description: Option<String>,
}

/// The answer alone has the key.
pub(super) fn create(call: &mut Call<'_>) -> Result<Value, ApiError> {
    let asked: CreateToken = body::read(call.request.body(), "an api key to be created")?;
    ids::check(&asked.organization_id, "org", "organization_id")?;
    let user = asked.user_id.filter(|id| !id.is_empty());
    if let Some(user) = &user {
        ids::check(user, "usr", "user_id")?;
    }
    CLAIMS.check("custom_claims", &asked.custom_claims)?;
    let description = asked.description.unwrap_or_default();
    body::at_most("description", &description, DESCRIPTION)?;
    if asked.expiry.is_some_and(|expiry| expiry <= call.now) {
        let message = "expiry must be in the future";
        return Err(ApiError::violation("expiry", "timestamp.gt_now", message));
    }
    let draft = ApiKeyDraft {
        user,
        custom_claims: asked.custom_claims,
        description: Some(description).filter(|text| !text.is_empty()),
        ..ApiKeyDraft::new(asked.organization_id).expires_at(asked.expiry)
    };
    let created = call.change().create_api_key(draft)?;
    let record = call.state.api_keys.get(created.id());
    let info = record.map(|record| api_key::shown(call.settings, call.state, record));
    Ok(json!({
        "token": created.expose(),
        "token_id": created.id(),
        "token_info": info,
    }))
}

/// Those of an organization that are valid, the newest first.
pub(super) fn list(call: &Call<'_>) -> Result<Value, ApiError> {
    let params = Params::of_query(call.request);
    let organization = params.get("organization_id").unwrap_or_default();
    ids::check(organization, "org", "organization_id")?;
    let page = Page::asked(&params, LIMITS)?;
    let user = params.get("user_id").map(|id| {
        ids::check(id, "usr", "user_id")?;
        call.find_user(id).map(|user| user.sub.clone())
    });
    let user = user.transpose()?;
    let all = call.state.api_keys.newest_first();
    let found = all.filter(|key| {
        key.organization == organization
            && (user.is_none() || key.user == user)
            && key.is_valid(&call.settings.changes, call.now)
    });
    let cut = page.cut(found);
    let tokens = cut.items.iter();
    let tokens = tokens.map(|key| api_key::shown(call.settings, call.state, key));
    Ok(json!({
        "tokens": tokens.collect::<Vec<_>>(),
        "total_count": cut.total,
        "next_page_token": cut.next,
        "prev_page_token": cut.previous,
    }))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyOrId {
    #[serde(default)]
    token: String,
}

pub(super) fn validate(call: &Call<'_>) -> Result<Value, ApiError> {
    let KeyOrId { token } = body::read(call.request.body(), "an api key to be validated")?;
    let found = find(call, &token)?;
    Ok(json!({ "token_info": api_key::shown(call.settings, call.state, found) }))
}

/// One that was invalidated before, or has expired, is none that is unknown.
pub(super) fn invalidate(call: &mut Call<'_>) -> Result<Value, ApiError> {
    let KeyOrId { token } = body::read(call.request.body(), "an api key to be invalidated")?;
    call.change().invalidate_api_key(&token)?;
    Ok(json!({}))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct UpdateToken {
    #[serde(default)]
    token: String,
    #[serde(default)]
    custom_claims: BTreeMap<String, String>,
    description: Option<String>,
}

/// The claims are added to those that are there; an empty value removes one.
pub(super) fn update(call: &mut Call<'_>) -> Result<Value, ApiError> {
    let asked: UpdateToken = body::read(call.request.body(), "a change of an api key")?;
    let (removed, set): (BTreeMap<_, _>, BTreeMap<_, _>) = asked
        .custom_claims
        .into_iter()
        .partition(|(_, value)| value.is_empty());
    let mut claims = find(call, &asked.token)?.custom_claims.clone();
    claims.retain(|name, _| !removed.contains_key(name));
    claims.extend(set);
    CLAIMS.check("custom_claims", &claims)?;
    if let Some(description) = &asked.description {
        body::at_most("description", description, DESCRIPTION)?;
    }
    if let Some(key) = call.state.api_keys.get_mut(&asked.token) {
        key.custom_claims = claims;
        if let Some(description) = asked.description {
            key.description = Some(description).filter(|text| !text.is_empty());
        }
    }
    let found = find(call, &asked.token)?;
    Ok(json!({ "token_info": api_key::shown(call.settings, call.state, found) }))
}

/// # Errors
///
/// `INVALID_ARGUMENT` without a key, `NOT_FOUND` when it is unknown or not valid, which the API does not distinguish.
fn find<'a>(call: &'a Call<'_>, key_or_id: &str) -> Result<&'a ApiKeyRecord, ApiError> {
    if key_or_id.is_empty() {
        return Err(ApiError::violation("token", "required", "token is missing"));
    }
    let found = call.state.api_keys.get(key_or_id);
    let found = found.filter(|key| key.is_valid(&call.settings.changes, call.now));
    found.ok_or_else(|| Refusal::UnknownApiKey.into())
}
