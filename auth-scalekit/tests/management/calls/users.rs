//! Users and memberships.

use auth_scalekit::management::MembershipSettings;
use serde_json::{Value, json};

use super::{Kind, Row, many, one};

fn user() -> Value {
    json!({
        "id": "usr_1",
        "environment_id": "env_1",
        "email": "marker@example.com",
        "external_id": "marker-u/1",
        "create_time": "2026-11-01T00:00:00Z",
        "update_time": "2026-11-01T00:00:00.5Z",
        "last_login_time": "2026-11-02T00:00:00Z",
        "metadata": { "team": "marker" },
        "memberships": [{
            "organization_id": "org_1",
            "membership_status": "ACTIVE",
            "roles": [{ "id": "role_1", "name": "admin", "display_name": "Admin" }],
            "permissions": ["todo:read", "todo:write"],
            "name": "marker",
            "display_name": "marker",
            "join_time": "2026-11-01T00:00:00Z",
            "created_at": "2026-11-01T00:00:00Z",
            "accepted_at": "2026-11-01T00:00:00Z",
            "expires_at": "2026-12-01T00:00:00Z",
            "inviter_email": "marker@example.com",
            "provisioning_method": "invitation",
            "metadata": { "desk": "marker" },
        }],
        "user_profile": {
            "id": "usp_1",
            "given_name": "marker",
            "family_name": "marker",
            "name": "marker",
            "preferred_username": "marker",
            "locale": "en-US",
            "email_verified": true,
            "phone_number": "marker",
            "phone_number_verified": false,
            "picture": "https://example.com/marker",
            "groups": ["marker"],
            "custom_attributes": { "cost_center": "marker" },
            "metadata": { "shoe": "marker" },
            "external_identities": [{ "connection_id": "conn_1" }],
        },
    })
}

pub(super) fn rows() -> Vec<Row> {
    let page =
        json!({ "users": [user()], "next_page_token": "", "prev_page_token": "", "total_size": 1 });
    let membership = "/api/v1/memberships/organizations/org_1/users/usr_1";
    vec![
        Row {
            name: "GET /api/v1/users/{id}",
            path: "/api/v1/users/usr_1",
            query: &[],
            sent: None,
            kind: Kind::Read,
            answer: json!({ "user": user() }),
            call: |it| Box::pin(async move { one(it.user("usr_1").await) }),
        },
        Row {
            name: "GET /api/v1/users:external/{external_id}",
            path: "/api/v1/users:external/u%2F1",
            query: &[],
            sent: None,
            kind: Kind::Read,
            answer: json!({ "user": user() }),
            call: |it| Box::pin(async move { one(it.user_by_external_id("u/1").await) }),
        },
        Row {
            name: "GET /api/v1/users",
            path: "/api/v1/users",
            query: &[("page_size", "30")],
            sent: None,
            kind: Kind::List("users"),
            answer: page.clone(),
            call: |it| Box::pin(async move { many(it.users().collect_up_to(100).await) }),
        },
        Row {
            name: "GET /api/v1/organizations/{organization_id}/users",
            path: "/api/v1/organizations/org_1/users",
            query: &[("page_size", "30")],
            sent: None,
            kind: Kind::List("users"),
            answer: page,
            call: |it| {
                let users = it.organization_users("org_1");
                Box::pin(async move { many(users.collect_up_to(100).await) })
            },
        },
        Row {
            name: "POST /api/v1/memberships/organizations/{organization_id}/users/{id}",
            path: membership,
            query: &[],
            sent: Some(json!({
                "roles": [{ "name": "admin" }],
                "metadata": { "desk": "7" },
                "inviter_email": "ada@example.com",
            })),
            kind: Kind::Change,
            answer: json!({ "user": user() }),
            call: |it| {
                let settings = MembershipSettings::new()
                    .roles(["admin"])
                    .metadata("desk", "7")
                    .inviter_email("ada@example.com");
                Box::pin(
                    async move { one(it.create_membership("org_1", "usr_1", &settings).await) },
                )
            },
        },
        Row {
            name: "PATCH /api/v1/memberships/organizations/{organization_id}/users/{id}",
            path: membership,
            query: &[],
            sent: Some(json!({ "roles": [] })),
            kind: Kind::Change,
            answer: json!({ "user": user() }),
            call: |it| {
                let settings = MembershipSettings::new().roles([""; 0]);
                Box::pin(
                    async move { one(it.update_membership("org_1", "usr_1", &settings).await) },
                )
            },
        },
        Row {
            name: "DELETE /api/v1/memberships/organizations/{organization_id}/users/{id}",
            path: membership,
            query: &[("cascade", "false")],
            sent: None,
            kind: Kind::Change,
            answer: json!({}),
            call: |it| {
                Box::pin(async move { one(it.delete_membership("org_1", "usr_1", false).await) })
            },
        },
    ]
}
