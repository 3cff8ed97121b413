//! Roles and permissions: of the environment, of an organization, and of a member; and lists of users.

use reqwest::Method;
use serde_json::json;

use crate::api::{Api, ids, refused};
use crate::directory_fixture::builder;

#[tokio::test]
async fn users_are_shown_by_id_external_id_and_organization() {
    let scalekit = builder().start().await;
    let api = Api::of(&scalekit).await;
    let all = api.get("/users").await;
    assert_eq!(ids(&all, "users", "id"), ["usr_1", "usr_2", "usr_3"]);
    let ada = json!({ "user": all["users"][0] });
    assert_eq!(api.get("/users/usr_1").await, ada);
    assert_eq!(api.get("/users:external/u%2F1").await, ada);
    let members = api.get("/organizations/org_1/users").await;
    assert_eq!(ids(&members, "users", "id"), ["usr_1", "usr_2"]);
    assert_eq!(members["total_size"], 2);
    let one = api.get("/organizations/org_1/users?page_size=1").await;
    assert_eq!(ids(&one, "users", "id"), ["usr_1"]);
    let token = one["next_page_token"].as_str().unwrap();
    let two = api
        .get(&format!(
            "/organizations/org_1/users?page_size=1&page_token={token}"
        ))
        .await;
    assert_eq!(
        (ids(&two, "users", "id"), &two["next_page_token"]),
        (vec!["usr_2"], &json!(""))
    );
    for (path, expected) in [
        ("/users/usr_404", (404, 5)),
        ("/users/ada", (400, 3)),
        ("/users:external/attic", (404, 5)),
        ("/organizations/org_404/users", (404, 5)),
        ("/organizations/acme/users", (400, 3)),
        ("/organizations/org_1/users?page_size=101", (400, 3)),
    ] {
        let response = api.call(Method::GET, path).await;
        assert_eq!(refused(response).await, expected, "{path}");
    }
}

#[tokio::test]
async fn a_member_has_roles_and_their_permissions() {
    let scalekit = builder().start().await;
    let api = Api::of(&scalekit).await;
    let path = "/organizations/org_1/users/usr_1";
    let roles = api.get(&format!("{path}/roles")).await;
    assert_eq!(ids(&roles, "roles", "name"), ["admin"]);
    assert_eq!(roles["roles"][0]["display_name"], "admin");
    let permissions = api.get(&format!("{path}/permissions")).await;
    assert_eq!(
        ids(&permissions, "permissions", "name"),
        ["notes:read", "notes:write"]
    );
    assert_eq!(permissions["permissions"][0]["tags"], json!([]));
    scalekit.admin().delete_permission("notes:write");
    let permissions = api.get(&format!("{path}/permissions")).await;
    assert_eq!(ids(&permissions, "permissions", "name"), ["notes:read"]);
    for kind in ["roles", "permissions"] {
        for (member, expected) in [
            ("org_2/users/usr_1", (404, 5)),
            ("org_404/users/usr_1", (404, 5)),
            ("org_1/users/usr_404", (404, 5)),
            ("acme/users/usr_1", (400, 3)),
            ("org_1/users/ada", (400, 3)),
        ] {
            let path = format!("/organizations/{member}/{kind}");
            let response = api.call(Method::GET, &path).await;
            assert_eq!(refused(response).await, expected, "{path}");
        }
    }
}

#[tokio::test]
async fn roles_are_listed_with_their_permissions_if_they_are_asked_for() {
    let scalekit = builder().start().await;
    let api = Api::of(&scalekit).await;
    for path in ["/roles", "/organizations/org_1/roles"] {
        let bare = api.get(path).await;
        assert_eq!(ids(&bare, "roles", "name"), ["admin", "reader"]);
        assert!(bare["roles"][0].get("permissions").is_none());
        for member in ["default_creator", "default_member", "is_org_role"] {
            assert_eq!(bare["roles"][0][member], false, "{member}");
        }
        assert_eq!(api.get(&format!("{path}?include=")).await, bare);
        for include in ["permissions", "permissions:all"] {
            let full = api.get(&format!("{path}?include={include}")).await;
            let permissions = ids(&full["roles"][0], "permissions", "name");
            assert_eq!(permissions, ["notes:read", "notes:write"]);
            assert_eq!(full["roles"][0]["permissions"][0]["role_name"], "admin");
        }
        let role = api.get(&format!("{path}/reader")).await;
        assert_eq!(ids(&role["role"], "permissions", "name"), ["notes:read"]);
        for (suffix, expected) in [("?include=attic", (400, 3)), ("/attic", (404, 5))] {
            let response = api.call(Method::GET, &format!("{path}{suffix}")).await;
            assert_eq!(refused(response).await, expected, "{path}{suffix}");
        }
    }
    for path in ["/roles/admin/permissions", "/roles/admin/permissions:all"] {
        let list = api.get(path).await;
        assert_eq!(
            ids(&list, "permissions", "name"),
            ["notes:read", "notes:write"]
        );
    }
    scalekit.admin().update_role("reader", ["notes:list"]);
    scalekit.admin().delete_role("admin");
    let changed = api.get("/roles?include=permissions").await;
    assert_eq!(ids(&changed, "roles", "name"), ["reader"]);
    assert_eq!(
        ids(&changed["roles"][0], "permissions", "name"),
        ["notes:list"]
    );
    let response = api.call(Method::GET, "/organizations/org_404/roles").await;
    assert_eq!(refused(response).await, (404, 5));
    let response = api.call(Method::GET, "/roles/admin/permissions").await;
    assert_eq!(refused(response).await, (404, 5));
}

#[tokio::test]
async fn permissions_are_listed_by_type_and_page() {
    let scalekit = builder().start().await;
    let api = Api::of(&scalekit).await;
    let own = api.get("/permissions?type=ENVIRONMENT").await;
    assert_eq!(
        ids(&own, "permissions", "name"),
        ["notes:read", "notes:write"]
    );
    let scalekits = api.get("/permissions?type=SCALEKIT").await;
    let are_marked = |list: &serde_json::Value, is_of_scalekit: bool| {
        let all = list["permissions"].as_array().unwrap().iter();
        all.clone().count() > 0
            && all
                .clone()
                .all(|one| one["is_scalekit_permission"] == is_of_scalekit)
    };
    assert!(are_marked(&own, false) && are_marked(&scalekits, true));
    let all = api.get("/permissions").await;
    let count = own["total_size"].as_u64().unwrap() + scalekits["total_size"].as_u64().unwrap();
    assert_eq!(all["total_size"], count);
    let first = api.get("/permissions?page_size=1").await;
    assert_eq!(ids(&first, "permissions", "name"), ["notes:read"]);
    let token = first["next_page_token"].as_str().unwrap();
    let second = api
        .get(&format!("/permissions?page_size=1&page_token={token}"))
        .await;
    assert_eq!(ids(&second, "permissions", "name"), ["notes:write"]);
    let one = api.get("/permissions/notes:read").await;
    assert_eq!(one["permission"]["name"], "notes:read");
    for (path, expected) in [
        ("/permissions?page_size=101", (400, 3)),
        ("/permissions?type=attic", (400, 3)),
        ("/permissions/attic", (404, 5)),
    ] {
        let response = api.call(Method::GET, path).await;
        assert_eq!(refused(response).await, expected, "{path}");
    }
}
