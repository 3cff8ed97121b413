//! Organizations.

use serde_json::{Value, json};

use super::{Kind, Row, many, one};

fn organization() -> Value {
    json!({
        "id": "org_1",
        "display_name": "marker",
        "external_id": "marker",
        "slug": "marker",
        "logo_url": "https://example.com/marker",
        "region_code": "EU",
        "create_time": "2026-11-01T00:00:00Z",
        "update_time": "2026-11-01T00:00:00Z",
        "metadata": { "plan": "marker" },
        "settings": { "features": [{ "name": "sso", "enabled": true }, { "name": "dir_sync" }] },
    })
}

pub(super) fn rows() -> Vec<Row> {
    vec![
        Row {
            name: "GET /api/v1/organizations",
            path: "/api/v1/organizations",
            query: &[("page_size", "100")],
            sent: None,
            kind: Kind::List("organizations"),
            answer: json!({
                "organizations": [organization()],
                "next_page_token": "",
                "prev_page_token": "",
                "total_size": 1,
            }),
            call: |it| Box::pin(async move { many(it.organizations().collect_up_to(100).await) }),
        },
        Row {
            name: "GET /api/v1/organizations/{id}",
            path: "/api/v1/organizations/org_1",
            query: &[],
            sent: None,
            kind: Kind::Read,
            answer: json!({ "organization": organization() }),
            call: |it| Box::pin(async move { one(it.organization("org_1").await) }),
        },
        Row {
            name: "GET /api/v1/organizations:external/{external_id}",
            path: "/api/v1/organizations:external/acme%20inc",
            query: &[],
            sent: None,
            kind: Kind::Read,
            answer: json!({ "organization": organization() }),
            call: |it| {
                Box::pin(async move { one(it.organization_by_external_id("acme inc").await) })
            },
        },
    ]
}
