//! Roles and permissions: of a user, of the environment, of an organization.

use auth_scalekit::management::{IncludedPermissions, PermissionType};
use serde_json::{Value, json};

use super::{Kind, Row, many, one};

fn role() -> Value {
    json!({
        "id": "role_1",
        "name": "admin",
        "display_name": "Admin",
        "description": "may do all",
        "extends": "member",
        "default_creator": true,
        "default_member": false,
        "is_org_role": true,
        "dependent_roles_count": 2,
        "permissions": [{
            "id": "perm_1",
            "name": "todo:read",
            "description": "",
            "role_name": "member",
            "create_time": "2026-11-01T00:00:00Z",
            "update_time": "2026-11-01T00:00:00Z",
        }],
    })
}

fn permissions() -> Value {
    let permission = json!({
        "id": "perm_1",
        "name": "todo:read",
        "description": "reads",
        "create_time": "2026-11-01T00:00:00Z",
        "update_time": "2026-11-01T00:00:00Z",
        "is_scalekit_permission": true,
    });
    json!({ "permissions": [permission], "next_page_token": "", "total_size": 1 })
}

pub(super) fn rows() -> Vec<Row> {
    vec![
        Row {
            name: "GET /api/v1/organizations/{organization_id}/users/{user_id}/roles",
            path: "/api/v1/organizations/org_1/users/usr_1/roles",
            query: &[],
            sent: None,
            kind: Kind::Read,
            answer: json!({ "roles": [{ "id": "role_1", "name": "admin", "display_name": "Admin" }] }),
            call: |it| Box::pin(async move { many(it.user_roles("org_1", "usr_1").await) }),
        },
        Row {
            name: "GET /api/v1/organizations/{organization_id}/users/{user_id}/permissions",
            path: "/api/v1/organizations/org_1/users/usr_1/permissions",
            query: &[],
            sent: None,
            kind: Kind::Read,
            answer: json!({
                "permissions": [{ "id": "perm_1", "name": "todo:read", "description": "", "tags": ["a"] }],
            }),
            call: |it| Box::pin(async move { many(it.user_permissions("org_1", "usr_1").await) }),
        },
        Row {
            name: "GET /api/v1/roles",
            path: "/api/v1/roles",
            query: &[("include", "permissions:all")],
            sent: None,
            kind: Kind::Read,
            answer: json!({ "roles": [role()] }),
            call: |it| {
                Box::pin(async move { many(it.roles(IncludedPermissions::WithInherited).await) })
            },
        },
        Row {
            name: "GET /api/v1/roles/{role_name}",
            path: "/api/v1/roles/admin",
            query: &[],
            sent: None,
            kind: Kind::Read,
            answer: json!({ "role": role() }),
            call: |it| Box::pin(async move { one(it.role("admin").await) }),
        },
        Row {
            name: "GET /api/v1/organizations/{org_id}/roles",
            path: "/api/v1/organizations/org_1/roles",
            query: &[("include", "permissions")],
            sent: None,
            kind: Kind::Read,
            answer: json!({ "roles": [role()] }),
            call: |it| {
                let included = IncludedPermissions::Direct;
                Box::pin(async move { many(it.organization_roles("org_1", included).await) })
            },
        },
        Row {
            name: "GET /api/v1/organizations/{org_id}/roles/{role_name}",
            path: "/api/v1/organizations/org_1/roles/admin",
            query: &[],
            sent: None,
            kind: Kind::Read,
            answer: json!({ "role": role() }),
            call: |it| Box::pin(async move { one(it.organization_role("org_1", "admin").await) }),
        },
        Row {
            name: "GET /api/v1/permissions",
            path: "/api/v1/permissions",
            query: &[("type", "ENVIRONMENT"), ("page_size", "100")],
            sent: None,
            kind: Kind::List("permissions"),
            answer: permissions(),
            call: |it| {
                let permissions = it.permissions(PermissionType::Environment);
                Box::pin(async move { many(permissions.collect_up_to(100).await) })
            },
        },
        Row {
            name: "GET /api/v1/roles/{role_name}/permissions",
            path: "/api/v1/roles/admin/permissions",
            query: &[],
            sent: None,
            kind: Kind::Read,
            answer: permissions(),
            call: |it| Box::pin(async move { many(it.role_permissions("admin").await) }),
        },
        Row {
            name: "GET /api/v1/roles/{role_name}/permissions:all",
            path: "/api/v1/roles/admin/permissions:all",
            query: &[],
            sent: None,
            kind: Kind::Read,
            answer: permissions(),
            call: |it| Box::pin(async move { many(it.effective_role_permissions("admin").await) }),
        },
    ]
}
