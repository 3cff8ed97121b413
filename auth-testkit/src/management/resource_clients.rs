//! `GET /api/v1/resources/{resource}/clients` and `…/{client}`: the clients of the MCP server. They are not paged.

use serde_json::{Value, json};

use super::access::CREATED;
use super::{Call, resources};
use crate::oauth::api_error::ApiError;
use crate::oauth::state::{State, StoredClient};
use crate::settings::Settings;
use crate::values::id;

pub(super) fn list(call: &Call<'_>) -> Result<Value, ApiError> {
    resources::check(call)?;
    let clients = call.state.clients_of_resource();
    let dynamic = clients.iter().filter(|client| client.is_dynamic()).count();
    let documents = clients.iter().filter(|client| client.is_document).count();
    let shown = clients.iter().map(|client| shown(call.settings, client));
    Ok(json!({
        "clients": shown.collect::<Vec<_>>(),
        "total_dcr_clients": dynamic,
        "total_static_clients": clients.len() - dynamic - documents,
    }))
}

/// With the users who have consented.
pub(super) fn show(call: &Call<'_>) -> Result<Value, ApiError> {
    resources::check(call)?;
    let wanted = call.decoded(3)?;
    let clients = call.state.clients_of_resource();
    let found = clients
        .iter()
        .find(|client| client.id == wanted || client.issued_id == wanted);
    let found = found.ok_or_else(|| ApiError::not_found("client not found"))?;
    Ok(json!({
        "client": shown(call.settings, found),
        "consented_users": consented(call.state, &found.issued_id),
    }))
}

fn consented(state: &State, issued_id: &str) -> Vec<Value> {
    let all = state.consents.newest_first();
    let of_client = all.filter(|consent| consent.issued_client_id == issued_id);
    let shown = of_client.map(|consent| {
        json!({
            "consent_id": consent.id,
            "external_user_id": consent.external_user_id,
            "scopes": consent.scopes,
        })
    });
    shown.collect()
}

fn shown(settings: &Settings, client: &StoredClient) -> Value {
    let registered = &client.registered;
    let secrets = registered.secret.as_ref().map(|secret| {
        json!({
            "id": id::derived("sks", &client.id),
            "create_time": CREATED,
            "update_time": CREATED,
            "secret_suffix": secret.suffix(),
            "status": "ACTIVE",
        })
    });
    let claims = registered.custom_claims.iter();
    let claims = claims.map(|(key, value)| {
        let text = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        json!({ "key": key, "value": text })
    });
    let scopes = registered.scopes.as_ref().unwrap_or(&settings.scopes);
    json!({
        "client_id": client.issued_id,
        "name": registered.name,
        "description": "",
        "organization_id": registered.organization.as_deref().unwrap_or_default(),
        "create_time": CREATED,
        "update_time": CREATED,
        "secrets": secrets.into_iter().collect::<Vec<_>>(),
        "scopes": scopes,
        "audience": settings.audience(),
        "custom_claims": claims.collect::<Vec<_>>(),
        "expiry": settings.access_token_lifetime.as_secs().to_string(),
        "resource_id": settings.resource_id,
        "redirect_uris": registered.redirect_uris,
        "is_dcr": client.is_dynamic(),
        "is_cimd": client.is_document,
        "metadata_uri": if client.is_document { client.id.as_str() } else { "" },
    })
}
