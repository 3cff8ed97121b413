//! The MCP server as the API shows it.

use serde_json::{Value, json};

use super::access::CREATED;
use crate::oauth::state::State;
use crate::settings::Settings;
use crate::values::id;

/// The name in Scalekit's dashboard.
pub(super) const NAME: &str = "MCP server of the mock";

/// Seconds that a refresh token lives, as in Scalekit's example.
const REFRESH_TOKEN_EXPIRY: &str = "86400";

/// Numbers of 64 bits are strings, as the gateway writes them. Every permission of the environment is a scope; those of
/// the resource are enabled.
pub(super) fn shown(settings: &Settings, state: &State) -> Value {
    let url = settings.resource_url.as_deref().unwrap_or_default();
    let permissions = settings.permissions(&state.user);
    let scopes = permissions.iter().map(|name| {
        json!({
            "id": id::derived("perm", name),
            "name": name,
            "description": format!("The permission {name}"),
            "enabled": settings.is_resource_scope(name),
        })
    });
    let resource = match url {
        "" => settings.resource_id.as_str(),
        url => url,
    };
    json!({
        "id": settings.resource_id,
        "name": NAME,
        "resource_type": "MCP_SERVER",
        "resource_uri": url,
        "resource_id": resource,
        "description": "",
        "provider": "",
        "disable_dynamic_client_registration": !settings.dynamic_registration,
        "enable_cimd": settings.client_metadata_documents,
        "xaa_enabled": !settings.trusted.is_empty(),
        "access_token_expiry": settings.access_token_lifetime.as_secs().to_string(),
        "refresh_token_expiry": REFRESH_TOKEN_EXPIRY,
        "create_time": CREATED,
        "update_time": CREATED,
        "scopes": scopes.collect::<Vec<_>>(),
        "intersect_scopes_user_permission": settings.scopes_within_permissions,
        "resource_scope_selection_allowed": settings.consent_page,
        "disallow_connection_update": false,
        "cimd_client_allowlist": [],
        "cimd_client_allowlist_enabled": false,
        "protected_metadata": {
            "resource": resource,
            "authorization_servers": [settings.issuer()],
            "bearer_methods_supported": ["header"],
            "scopes_supported": settings.scopes,
        },
    })
}
