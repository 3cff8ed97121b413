//! Directories, with their users and groups.

use std::time::{Duration, SystemTime};

use auth_scalekit::management::{DirectoryGroupFilter, DirectoryUserFilter};
use serde_json::json;

use super::{Kind, Row, many};

pub(super) fn rows() -> Vec<Row> {
    let directory = json!({
        "id": "dir_1",
        "organization_id": "org_1",
        "name": "marker",
        "directory_type": "SCIM",
        "directory_provider": "OKTA",
        "enabled": true,
        "status": "COMPLETED",
        "last_synced_at": "2026-11-01T00:00:00Z",
        "total_users": 2,
        "total_groups": 1,
        "role_assignments": { "assignments": [{ "group_id": "dirgroup_1", "role_name": "billing_admin" }] },
        "email": "marker@example.com",
    });
    let group = json!({
        "id": "dirgroup_1",
        "display_name": "marker",
        "total_users": 2,
        "updated_at": "2026-11-01T00:00:00Z",
        "group_detail": { "name": "marker" },
    });
    let user = json!({
        "id": "diruser_1",
        "email": "marker@example.com",
        "emails": ["marker@example.com"],
        "preferred_username": "marker",
        "given_name": "marker",
        "family_name": "marker",
        "updated_at": "2026-11-01T00:00:00Z",
        "groups": [group],
        "user_detail": { "active": false, "name": "marker" },
    });
    vec![
        Row {
            name: "GET /api/v1/organizations/{organization_id}/directories",
            path: "/api/v1/organizations/org_1/directories",
            query: &[],
            sent: None,
            kind: Kind::Read,
            answer: json!({ "directories": [directory] }),
            call: |it| Box::pin(async move { many(it.directories("org_1").await) }),
        },
        Row {
            name: "GET /api/v1/organizations/{organization_id}/directories/{directory_id}/users",
            path: "/api/v1/organizations/org_1/directories/dir_1/users",
            query: &[
                ("page_size", "30"),
                ("directory_group_id", "dirgroup_1"),
                ("updated_after", "1970-01-01T00:00:01Z"),
                ("include_detail", "true"),
            ],
            sent: None,
            kind: Kind::List("users"),
            answer: json!({ "users": [user], "total_size": 1, "next_page_token": "" }),
            call: |it| {
                let filter = DirectoryUserFilter::new()
                    .group("dirgroup_1")
                    .updated_after(SystemTime::UNIX_EPOCH + Duration::from_secs(1))
                    .include_detail();
                let users = it.directory_users("org_1", "dir_1", &filter);
                Box::pin(async move { many(users.collect_up_to(100).await) })
            },
        },
        Row {
            name: "GET /api/v1/organizations/{organization_id}/directories/{directory_id}/groups",
            path: "/api/v1/organizations/org_1/directories/dir_1/groups",
            query: &[
                ("page_size", "30"),
                ("updated_after", "1970-01-01T00:00:01Z"),
                ("include_detail", "true"),
                ("include_external_groups", "true"),
            ],
            sent: None,
            kind: Kind::List("groups"),
            answer: json!({ "groups": [group], "total_size": 1, "next_page_token": "" }),
            call: |it| {
                let filter = DirectoryGroupFilter::new()
                    .updated_after(SystemTime::UNIX_EPOCH + Duration::from_secs(1))
                    .include_detail()
                    .include_external_groups();
                let groups = it.directory_groups("org_1", "dir_1", &filter);
                Box::pin(async move { many(groups.collect_up_to(100).await) })
            },
        },
    ]
}
