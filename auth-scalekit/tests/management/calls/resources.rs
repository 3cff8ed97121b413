//! Resources, their clients, and consents.

use auth_scalekit::management::ConsentFilter;
use serde_json::{Value, json};

use super::{Kind, Row, many, one};

fn resource() -> Value {
    json!({
        "id": "res_1",
        "name": "notes",
        "resource_uri": "https://mcp.example.com/mcp",
        "description": "notes of a team",
        "resource_type": "MCP_SERVER",
        "logo_uri": "https://mcp.example.com/logo.png",
        "access_token_expiry": 3600,
        "refresh_token_expiry": "86400",
        "create_time": "2026-11-01T00:00:00Z",
        "update_time": "2026-11-01T00:00:00Z",
        "provider": "OKTA",
        "protected_metadata": { "resource": "https://mcp.example.com/mcp" },
        "protected_metadata_uri": "https://env.example.com/metadata",
        "scopes": [
            { "id": "perm_1", "name": "todo:read", "description": "reads", "enabled": true },
            { "id": "perm_2", "name": "todo:write", "enabled": false },
        ],
        "disable_dynamic_client_registration": true,
        "enable_cimd": true,
        "cimd_client_allowlist_enabled": true,
        "cimd_client_allowlist": [{ "type": "URL", "value": "https://client.example.com" }],
        "xaa_enabled": true,
        "intersect_scopes_user_permission": true,
        "resource_scope_selection_allowed": true,
        "disallow_connection_update": true,
    })
}

fn client() -> Value {
    json!({
        "client_id": "m2m_1",
        "name": "marker",
        "description": "marker",
        "organization_id": "org_1",
        "resource_id": "res_1",
        "create_time": "2026-11-01T00:00:00Z",
        "update_time": "2026-11-01T00:00:00Z",
        "scopes": ["todo:read"],
        "audience": ["res_1"],
        "redirect_uris": ["http://127.0.0.1/marker"],
        "expiry": "3600",
        "is_dcr": true,
        "is_cimd": false,
        "metadata_uri": "https://example.com/marker",
        "secrets": [{ "id": "sec_1", "plain_secret": "marker" }],
    })
}

fn consent() -> Value {
    json!({
        "id": "usrcnst_1",
        "external_user_id": "marker@example.com",
        "client_id": "m2m_1",
        "client_name": "marker",
        "scopes": ["todo:read"],
        "granted_at": "2026-11-01T00:00:00Z",
    })
}

pub(super) fn rows() -> Vec<Row> {
    vec![
        Row {
            name: "GET /api/v1/resources",
            path: "/api/v1/resources",
            query: &[("resource_type", "MCP_SERVER"), ("page_size", "30")],
            sent: None,
            kind: Kind::List("resources"),
            answer: json!({ "resources": [resource()], "total_size": 1 }),
            call: |it| Box::pin(async move { many(it.resources().collect_up_to(100).await) }),
        },
        Row {
            name: "GET /api/v1/resources/{resource_id}",
            path: "/api/v1/resources/res_1",
            query: &[],
            sent: None,
            kind: Kind::Read,
            answer: json!({ "resource": resource() }),
            call: |it| Box::pin(async move { one(it.resource("res_1").await) }),
        },
        Row {
            name: "GET /api/v1/resources/{resource_id}/clients",
            path: "/api/v1/resources/res_1/clients",
            query: &[],
            sent: None,
            kind: Kind::Read,
            answer: json!({ "clients": [client()], "total_dcr_clients": 1, "total_static_clients": 0 }),
            call: |it| Box::pin(async move { one(it.resource_clients("res_1").await) }),
        },
        Row {
            name: "GET /api/v1/resources/{resource_id}/clients/{client_id}",
            path: "/api/v1/resources/res_1/clients/m2m_1",
            query: &[],
            sent: None,
            kind: Kind::Read,
            answer: json!({
                "client": client(),
                "consented_users": [{
                    "consent_id": "usrcnst_1",
                    "external_user_id": "marker@example.com",
                    "scopes": ["todo:read"],
                }],
            }),
            call: |it| Box::pin(async move { one(it.resource_client("res_1", "m2m_1").await) }),
        },
        Row {
            name: "GET /api/v1/user_consents",
            path: "/api/v1/user_consents",
            query: &[
                ("resource_id", "res_1"),
                ("page_size", "30"),
                ("filter.external_user_id", "u 1"),
                ("filter.external_user_id", "u&2"),
                ("search", "ada"),
            ],
            sent: None,
            kind: Kind::List("consents"),
            answer: json!({ "consents": [consent()], "total_size": 1, "next_page_token": "" }),
            call: |it| {
                let filter = ConsentFilter::new("res_1");
                let filter = filter.external_user_ids(["u 1", "u&2"]).search("ada");
                let consents = it.consents(&filter);
                Box::pin(async move { many(consents.collect_up_to(100).await) })
            },
        },
        Row {
            name: "DELETE /api/v1/clients/{client_id}/consents/{consent_id}",
            path: "/api/v1/clients/m2m_1/consents/usrcnst_1",
            query: &[],
            sent: None,
            kind: Kind::Change,
            answer: json!({}),
            call: |it| Box::pin(async move { one(it.delete_consent("m2m_1", "usrcnst_1").await) }),
        },
    ]
}
