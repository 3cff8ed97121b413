//! The protected resource metadata of the MCP server (RFC 9728 section 2).

use http::StatusCode;
use serde_json::{Value, json};

use super::tools;
use crate::oauth::reply::{self, Reply};
use crate::settings::{Misbehaviour, Settings};

/// The reply to a `GET`.
pub(crate) fn respond(settings: &Settings) -> Reply {
    reply::json(StatusCode::OK, &document(settings))
}

/// Lists the scope that every request needs, and not that of the tool `write`: a client that asks for all that are
/// listed would never have to ask again.
fn document(settings: &Settings) -> Value {
    let mut document = json!({
        "scopes_supported": tools::base_scopes(settings),
        "bearer_methods_supported": ["header"],
        "resource_name": "MCP server of the mock",
    });
    if let Some(resource) = settings.advertised_resource() {
        document["resource"] = resource.into();
    }
    if !settings.misbehaves(Misbehaviour::ResourceMetadataWithoutServers) {
        document["authorization_servers"] = json!([settings.issuer()]);
    }
    document
}
