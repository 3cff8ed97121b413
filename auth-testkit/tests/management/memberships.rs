//! Memberships begin, change and end over the API, with the events that an administrator's changes have.

use auth_testkit::MockScalekit;
use reqwest::Method;
use serde_json::{Value, json};

use crate::api::{Api, accepted, created, ids, refused};
use crate::directory_fixture::builder;

const ADA_IN_2: &str = "/memberships/organizations/org_2/users/usr_1";

async fn start() -> (MockScalekit, Api) {
    let scalekit = builder().start().await;
    let api = Api::of(&scalekit).await;
    (scalekit, api)
}

/// The newest event, by type and user.
async fn last_event(api: &Api) -> (Value, Value) {
    let list = accepted(api.post_json("/events/paginated", &json!({})).await).await;
    let event = &list["events"][0];
    (event["type"].clone(), event["data"]["user"]["id"].clone())
}

fn roles_in(user: &Value, organization: &str) -> Value {
    let memberships = user["user"]["memberships"].as_array().unwrap().iter();
    let mut found = memberships.filter(|one| one["organization_id"] == organization);
    let roles = found.next().map(|one| ids(one, "roles", "name").join(" "));
    json!(roles)
}

#[tokio::test]
async fn a_membership_begins_changes_and_ends() {
    let (_scalekit, api) = start().await;
    let body = json!({ "roles": [{ "name": "reader" }] });
    let user = created(api.post_json(ADA_IN_2, &body).await).await;
    assert_eq!(user["user"]["id"], "usr_1");
    assert_eq!(roles_in(&user, "org_2"), "reader");
    let membership = "user.organization_membership";
    let about = |what: &str| (json!(format!("{membership}_{what}")), json!("usr_1"));
    assert_eq!(last_event(&api).await, about("created"));
    let response = api.post_json(ADA_IN_2, &body).await;
    assert_eq!(refused(response).await, (409, 6));
    let body = json!({ "roles": [{ "name": "admin" }, { "name": "reader" }] });
    let changed = accepted(api.send_json(Method::PATCH, ADA_IN_2, &body).await).await;
    assert_eq!(roles_in(&changed, "org_2"), "admin reader");
    assert_eq!(last_event(&api).await, about("updated"));
    let same = accepted(api.call(Method::PATCH, ADA_IN_2).await).await;
    assert_eq!(roles_in(&same, "org_2"), "admin reader");
    let ended = accepted(api.call(Method::DELETE, ADA_IN_2).await).await;
    assert_eq!(ended, json!({}));
    assert_eq!(last_event(&api).await, about("deleted"));
    assert_eq!(
        roles_in(&api.get("/users/usr_1").await, "org_2"),
        json!(null)
    );
    for method in [Method::PATCH, Method::DELETE] {
        let response = api.call(method, ADA_IN_2).await;
        assert_eq!(refused(response).await, (404, 5));
    }
}

#[tokio::test]
async fn the_user_can_be_named_by_the_external_id() {
    let (_scalekit, api) = start().await;
    let path = "/memberships/organizations/org_2/users:external/u%2F1";
    created(api.call(Method::POST, path).await).await;
    accepted(api.call(Method::PATCH, path).await).await;
    accepted(api.call(Method::DELETE, path).await).await;
    let path = "/memberships/organizations/org_2/users:external/attic";
    let response = api.call(Method::POST, path).await;
    assert_eq!(refused(response).await, (404, 5));
}

#[tokio::test]
async fn who_has_no_membership_left_is_deleted_unless_it_is_not_to_cascade() {
    for (query, is_there) in [
        ("", false),
        ("?cascade=true", false),
        ("?cascade=false", true),
    ] {
        let (_scalekit, api) = start().await;
        let path = |organization: &str, user: &str| {
            format!("/memberships/organizations/{organization}/users/{user}{query}")
        };
        accepted(api.call(Method::DELETE, &path("org_1", "usr_2")).await).await;
        api.get("/users/usr_2").await;
        accepted(api.call(Method::DELETE, &path("org_1", "usr_1")).await).await;
        let response = api.call(Method::GET, "/users/usr_1").await;
        assert_eq!(response.status().is_success(), is_there, "{query}");
        let users = api.get("/users").await;
        assert_eq!(ids(&users, "users", "id").contains(&"usr_1"), is_there);
    }
}

#[tokio::test]
async fn what_cannot_be_changed_is_refused() {
    let (_scalekit, api) = start().await;
    for (path, body, expected) in [
        ("org_404/users/usr_1", json!({}), (404, 5)),
        ("org_2/users/usr_404", json!({}), (404, 5)),
        ("acme/users/usr_1", json!({}), (400, 3)),
        ("org_2/users/ada", json!({}), (400, 3)),
        (
            "org_2/users/usr_1",
            json!({ "roles": [{ "name": "attic" }] }),
            (400, 3),
        ),
        ("org_2/users/usr_1", json!({ "roles": "admin" }), (400, 3)),
        (
            "org_2/users/usr_1",
            json!({ "metadata": { "a": "b" } }),
            (400, 3),
        ),
        ("org_2/users/usr_1", json!({ "attic": 1 }), (400, 3)),
    ] {
        let path = format!("/memberships/organizations/{path}");
        let response = api.post_json(&path, &body).await;
        assert_eq!(refused(response).await, expected, "{path} {body}");
    }
    let response = api
        .call(Method::DELETE, &format!("{ADA_IN_2}?cascade=x"))
        .await;
    assert_eq!(refused(response).await, (400, 3));
    created(
        api.post_json(ADA_IN_2, &json!({ "metadata": { "team": "b" } }))
            .await,
    )
    .await;
}
