//! Organizations: the list, and one by its id or external id.

use auth_testkit::MockScalekit;
use reqwest::Method;
use serde_json::json;

use crate::api::{Api, ids, refused};
use crate::directory_fixture::{builder, large};

#[tokio::test]
async fn organizations_are_listed_and_shown() {
    let scalekit = builder().start().await;
    let api = Api::of(&scalekit).await;
    let list = api.get("/organizations").await;
    assert_eq!(ids(&list, "organizations", "id"), ["org_1", "org_2"]);
    assert_eq!(
        (
            &list["total_size"],
            &list["next_page_token"],
            &list["prev_page_token"]
        ),
        (&json!(2), &json!(""), &json!(""))
    );
    let acme = &list["organizations"][0];
    for (name, value) in [
        ("display_name", json!("Acme")),
        ("external_id", json!("acme/eu")),
        ("region_code", json!("US")),
        ("metadata", json!(null)),
    ] {
        assert_eq!(acme[name], value, "{name}");
    }
    assert_eq!(acme["settings"]["features"][1]["name"], "dir_sync");
    assert!(list["organizations"][1].get("external_id").is_none());
    let shown = json!({ "organization": acme });
    assert_eq!(api.get("/organizations/org_1").await, shown);
    assert_eq!(api.get("/organizations:external/acme%2Feu").await, shown);
    let found = api.get("/organizations?external_id=acme/eu").await;
    assert_eq!(ids(&found, "organizations", "id"), ["org_1"]);
    scalekit.admin().delete_organization("org_1");
    let list = api.get("/organizations").await;
    assert_eq!(ids(&list, "organizations", "id"), ["org_2"]);
    for (path, expected) in [
        ("/organizations/org_1", (404, 5)),
        ("/organizations/org_404", (404, 5)),
        ("/organizations/acme", (400, 3)),
        ("/organizations:external/acme%2Feu", (404, 5)),
        ("/organizations:external/%ff", (400, 3)),
    ] {
        let response = api.call(Method::GET, path).await;
        assert_eq!(refused(response).await, expected, "{path}");
    }
}

#[tokio::test]
async fn without_a_directory_there_is_the_organization_of_the_user() {
    let scalekit = MockScalekit::start().await;
    let api = Api::of(&scalekit).await;
    let list = api.get("/organizations").await;
    assert_eq!(ids(&list, "organizations", "id"), ["org_1000000001"]);
    scalekit
        .admin()
        .add_member("usr_1000000001", "org_7", ["member"]);
    let list = api.get("/organizations").await;
    assert_eq!(
        ids(&list, "organizations", "id"),
        ["org_1000000001", "org_7"]
    );
}

#[tokio::test]
async fn organizations_and_users_come_in_pages_of_10_to_100() {
    let scalekit = large(25).start().await;
    let api = Api::of(&scalekit).await;
    for (path, items) in [("/organizations", "organizations"), ("/users", "users")] {
        let first = api.get(path).await;
        assert_eq!(ids(&first, items, "id").len(), 10, "{path}");
        assert_eq!(first["total_size"], 25);
        let page = async |token: &serde_json::Value| {
            let token = token.as_str().unwrap();
            api.get(&format!("{path}?page_size=10&page_token={token}"))
                .await
        };
        let second = page(&first["next_page_token"]).await;
        let third = page(&second["next_page_token"]).await;
        assert_eq!(ids(&third, items, "id").len(), 5);
        assert_eq!(third["next_page_token"], "");
        assert_eq!(page(&second["prev_page_token"]).await, first);
        let mut all: Vec<&str> = Vec::new();
        for page in [&first, &second, &third] {
            all.extend(ids(page, items, "id"));
        }
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 25);
        let whole = api.get(&format!("{path}?page_size=100")).await;
        assert_eq!(ids(&whole, items, "id").len(), 25);
        for bad in [
            "page_size=9",
            "page_size=101",
            "page_size=x",
            "page_token=x",
        ] {
            let response = api.call(Method::GET, &format!("{path}?{bad}")).await;
            assert_eq!(refused(response).await, (400, 3), "{path} {bad}");
        }
    }
}
