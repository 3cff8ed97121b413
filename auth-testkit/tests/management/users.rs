//! The users of an organization are found by e-mail address.

use auth_testkit::settings::{Directory, DirectoryFormat};
use auth_testkit::{MockScalekit, User};
use reqwest::Method;
use serde_json::Value;

use crate::api::{Api, log_in, refused};

const DIRECTORY: &str = r#"
    [roles]
    admin = ["notes:read", "notes:write"]

    [[organizations]]
    id = "org_1"
    name = "Acme"

    [[organizations]]
    id = "org_2"
    name = "Empty"

    [[users]]
    id = "usr_1"
    email = "ada@acme.example"
    external_id = "u-1"
    organizations = [{ id = "org_1", roles = ["admin"] }]

    [[users]]
    id = "usr_2"
    email = "adam@acme.example"
    organizations = [{ id = "org_1" }]
"#;

async fn start() -> MockScalekit {
    let directory = Directory::parse(DIRECTORY, DirectoryFormat::Toml).unwrap();
    MockScalekit::builder().directory(directory).start().await
}

fn ids(list: &Value) -> Vec<&str> {
    let users = list["users"].as_array().unwrap().iter();
    users.map(|user| user["id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_member_is_found_and_described() {
    let scalekit = start().await;
    let api = Api::of(&scalekit).await;
    let path = "/organizations/org_1/users:search?query=ada@acme.example";
    let list = api.get(path).await;
    assert_eq!(ids(&list), ["usr_1"]);
    assert_eq!(
        (&list["total_size"], &list["next_page_token"]),
        (&1.into(), &"".into())
    );
    let user = &list["users"][0];
    assert_eq!(user["email"], "ada@acme.example");
    assert_eq!(user["external_id"], "u-1");
    assert!(user["environment_id"].as_str().unwrap().starts_with("env_"));
    assert!(
        user["user_profile"]["id"]
            .as_str()
            .unwrap()
            .starts_with("usp_")
    );
    assert!(user.get("last_login_time").is_none());
    let membership = &user["memberships"][0];
    assert_eq!(membership["organization_id"], "org_1");
    assert_eq!(membership["membership_status"], "ACTIVE");
    assert_eq!(membership["display_name"], "Acme");
    assert_eq!(membership["roles"][0]["name"], "admin");
    assert_eq!(
        membership["permissions"],
        serde_json::json!(["notes:read", "notes:write"])
    );
    log_in(&scalekit).await;
    let after = api.get(path).await;
    assert!(after["users"][0]["last_login_time"].is_string());
}

#[tokio::test]
async fn the_query_is_a_part_in_either_case_and_bounded() {
    let scalekit = start().await;
    let api = Api::of(&scalekit).await;
    let hundred = "a".repeat(100);
    for (organization, query, expected) in [
        ("org_1", "ada", vec!["usr_1", "usr_2"]),
        ("org_1", "ADAM@acme", vec!["usr_2"]),
        ("org_1", "usr_1", vec!["usr_1"]),
        ("org_1", "eve", vec![]),
        ("org_1", &hundred, vec![]),
        ("org_2", "ada", vec![]),
    ] {
        let path = format!("/organizations/{organization}/users:search?query={query}");
        let list = api.get(&path).await;
        assert_eq!(ids(&list), expected, "{query}");
    }
    for (organization, query, expected) in [
        ("org_1", "query=ad", (400, 3)),
        ("org_1", &format!("query={hundred}a"), (400, 3)),
        ("org_1", "", (400, 3)),
        ("org_1", "query=ada&page_size=31", (400, 3)),
        ("org_1", "query=ada&page_token=1", (400, 3)),
        ("org_404", "query=ada", (404, 5)),
    ] {
        let path = format!("/organizations/{organization}/users:search?{query}");
        let response = api.call(Method::GET, &path).await;
        assert_eq!(refused(response).await, expected, "{path}");
    }
}

#[tokio::test]
async fn pages_have_at_most_the_size_that_was_asked_for() {
    let scalekit = start().await;
    let api = Api::of(&scalekit).await;
    let path = "/organizations/org_1/users:search?query=acme.example&page_size=1";
    let first = api.get(path).await;
    assert_eq!(
        (ids(&first), &first["total_size"]),
        (vec!["usr_1"], &2.into())
    );
    let token = first["next_page_token"].as_str().unwrap();
    let second = api.get(&format!("{path}&page_token={token}")).await;
    assert_eq!(
        (ids(&second), &second["next_page_token"]),
        (vec!["usr_2"], &"".into())
    );
}

#[tokio::test]
async fn who_signs_in_without_a_directory_is_found_under_an_id_of_scalekits_form() {
    let user = User::new("ada-1").email("ada@example.com");
    let scalekit = MockScalekit::builder().user(user).start().await;
    let api = Api::of(&scalekit).await;
    let path = "/organizations/org_1000000001/users:search?query=ada@example.com";
    let list = api.get(path).await;
    let [id] = <[&str; 1]>::try_from(ids(&list)).unwrap();
    let digits = id.strip_prefix("usr_").unwrap();
    assert!(digits.bytes().all(|byte| byte.is_ascii_digit()), "{id}");
    let session = log_in(&scalekit).await.session;
    let shown = api.get(&format!("/sessions/{session}")).await;
    assert_eq!(shown["user_id"], id);
}

#[tokio::test]
async fn who_was_deactivated_is_found_and_inactive_and_who_was_removed_is_not() {
    let scalekit = start().await;
    let api = Api::of(&scalekit).await;
    let path = "/organizations/org_1/users:search?query=acme.example";
    let status = |list: &Value, place: usize| {
        list["users"][place]["memberships"][0]["membership_status"].clone()
    };
    let before = api.get(path).await;
    assert_eq!(
        (ids(&before), status(&before, 0)),
        (vec!["usr_1", "usr_2"], "ACTIVE".into())
    );
    scalekit
        .admin()
        .deactivate_directory_user("ada@acme.example", "org_1");
    scalekit.admin().remove_member("usr_2", "org_1");
    let after = api.get(path).await;
    assert_eq!(
        (ids(&after), status(&after, 0)),
        (vec!["usr_1"], "INACTIVE".into())
    );
    scalekit.admin().delete_organization("org_1");
    assert_eq!(refused(api.call(Method::GET, path).await).await, (404, 5));
}
