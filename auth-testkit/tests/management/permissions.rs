//! Every call needs its permission: a client that has all others is refused, and one that has it alone is not.

use auth_testkit::MockScalekit;
use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::api::{Api, refused};

/// The calls, with the permission that Scalekit documents for each.
const CALLS: &[(&str, &str, &str)] = &[
    ("POST", "/tokens", "api_credentials:write"),
    ("GET", "/tokens", "api_credentials:read"),
    ("POST", "/tokens:validate", "api_credentials:read"),
    ("POST", "/tokens:invalidate", "api_credentials:rotate"),
    ("POST", "/tokens:update", "api_credentials:write"),
    ("GET", "/sessions/ses_1", "sessions:read"),
    ("POST", "/sessions/ses_1/revoke", "sessions:revoke"),
    ("GET", "/users/usr_1/sessions", "sessions:read"),
    ("POST", "/users/usr_1/sessions/revoke", "sessions:revoke"),
    ("GET", "/organizations/org_1/users:search", "users:read"),
    ("GET", "/organizations", "organizations:read"),
    ("GET", "/organizations/org_1", "organizations:read"),
    ("GET", "/organizations:external/acme", "organizations:read"),
    ("GET", "/users", "users:read"),
    ("GET", "/users/usr_1", "users:read"),
    ("GET", "/users:external/ada", "users:read"),
    ("GET", "/organizations/org_1/users", "users:read"),
    (
        "POST",
        "/memberships/organizations/org_1/users/usr_1",
        "users:write",
    ),
    (
        "PATCH",
        "/memberships/organizations/org_1/users/usr_1",
        "users:write",
    ),
    (
        "DELETE",
        "/memberships/organizations/org_1/users/usr_1",
        "users:delete",
    ),
    (
        "POST",
        "/memberships/organizations/org_1/users:external/ada",
        "users:write",
    ),
    (
        "PATCH",
        "/memberships/organizations/org_1/users:external/ada",
        "users:write",
    ),
    (
        "DELETE",
        "/memberships/organizations/org_1/users:external/ada",
        "users:delete",
    ),
    (
        "GET",
        "/organizations/org_1/users/usr_1/roles",
        "users:read",
    ),
    (
        "GET",
        "/organizations/org_1/users/usr_1/permissions",
        "users:read",
    ),
    ("GET", "/roles", "app_authorization:read"),
    ("GET", "/roles/admin", "app_authorization:read"),
    ("GET", "/roles/admin/permissions", "app_authorization:read"),
    (
        "GET",
        "/roles/admin/permissions:all",
        "app_authorization:read",
    ),
    ("GET", "/organizations/org_1/roles", "organizations_read"),
    (
        "GET",
        "/organizations/org_1/roles/admin",
        "organizations_read",
    ),
    ("GET", "/permissions", "app_authorization:read"),
    ("GET", "/permissions/notes:read", "app_authorization:read"),
    ("GET", "/organizations/org_1/directories", "scim:read"),
    ("GET", "/organizations/org_1/directories/dir_1", "scim:read"),
    (
        "GET",
        "/organizations/org_1/directories/dir_1/users",
        "scim:read",
    ),
    (
        "GET",
        "/organizations/org_1/directories/dir_1/groups",
        "scim:read",
    ),
    ("GET", "/resources", "mcp_servers:read"),
    ("GET", "/resources/res_1", "mcp_servers:read"),
    ("GET", "/resources/res_1/clients", "api_credentials:read"),
    (
        "GET",
        "/resources/res_1/clients/m2m_1",
        "api_credentials:read",
    ),
    ("GET", "/user_consents", "mcp_servers:read"),
    (
        "DELETE",
        "/clients/m2m_1/consents/usrcnst_1",
        "api_credentials:write",
    ),
    ("GET", "/logs/authentication/requests", "auth_logs:read"),
];

#[tokio::test]
async fn a_call_without_its_permission_is_403_and_names_it() {
    let mut permissions: Vec<&str> = CALLS.iter().map(|(_, _, permission)| *permission).collect();
    permissions.sort_unstable();
    permissions.dedup();
    for permission in &permissions {
        let scalekit = MockScalekit::start().await;
        let others: Vec<&str> = permissions
            .iter()
            .copied()
            .filter(|one| one != permission)
            .collect();
        let (with, without) = (MockScalekit::start().await, scalekit);
        let with = (Api::limited_to(&with, &[permission]).await, with);
        let without = (Api::limited_to(&without, &others).await, without);
        let of_permission = CALLS.iter().filter(|(_, _, needed)| needed == permission);
        for (method, path, _) in of_permission {
            let method: Method = method.parse().unwrap();
            let response = with.0.call(method.clone(), path).await;
            assert_ne!(response.status(), StatusCode::FORBIDDEN, "{method} {path}");
            let response = without.0.call(method.clone(), path).await;
            assert_eq!(response.status(), StatusCode::FORBIDDEN, "{method} {path}");
            let body: Value = response.json().await.unwrap();
            let detail = &body["details"][0];
            assert_eq!(
                (&body["code"], &detail["error_code"]),
                (&7.into(), &"PERMISSION_DENIED".into())
            );
            assert_eq!(
                detail["resource_info"]["required_permissions"],
                serde_json::json!([permission])
            );
        }
    }
}

#[tokio::test]
async fn events_need_no_permission() {
    let scalekit = MockScalekit::start().await;
    let api = Api::limited_to(&scalekit, &[]).await;
    let response = api.call(Method::POST, "/events/paginated").await;
    assert_eq!(response.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_call_without_a_token_is_401() {
    let scalekit = MockScalekit::start().await;
    let api = Api::of(&scalekit).await;
    for (method, path, _) in CALLS {
        let method: Method = method.parse().unwrap();
        let known = api.call(method.clone(), path).await.status();
        assert_ne!(known, StatusCode::UNAUTHORIZED, "{method} {path}");
        assert_ne!(known, StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
        let response = api.call_with(None, method.clone(), path).await;
        assert_eq!(refused(response).await, (401, 16), "{method} {path}");
    }
}
