//! The directory of an organization: read from a file, changed with the events that there are, and listed.

use std::time::Duration;

use auth_core::support::Clock;
use auth_testkit::settings::{Directory, DirectoryFormat};
use auth_testkit::{Admin, DirectoryUserDraft, MockScalekit, TestClock};
use reqwest::Method;
use serde_json::{Value, json};

use crate::api::{Api, accepted, ids, refused};
use crate::support::claims;

const DIRECTORY: &str = r#"
    [roles]
    admin = ["notes:read"]

    [[organizations]]
    id = "org_1"

    [[organizations]]
    id = "org_2"

    [[users]]
    id = "usr_1"
    email = "ada@acme.example"
    organizations = [{ id = "org_1", roles = ["admin"] }]

    [[users]]
    id = "usr_9"
    email = "eve@acme.example"
    organizations = [{ id = "org_2" }]

    [[directories]]
    organization = "org_1"
    id = "dir_1"
    name = "Acme's Okta"
    groups = [{ name = "engineering", id = "dirgroup_1", role = "admin" }, { name = "sales" }]

    [[directories.users]]
    id = "diruser_1"
    email = "ada@acme.example"
    given_name = "Ada"
    family_name = "Byron"
    groups = ["engineering"]

    [[directories.users]]
    email = "bea@acme.example"
    active = false
"#;

const USERS: &str = "/organizations/org_1/directories/dir_1/users";
const GROUPS: &str = "/organizations/org_1/directories/dir_1/groups";

async fn start(clock: &TestClock) -> (MockScalekit, Api) {
    let directory = Directory::parse(DIRECTORY, DirectoryFormat::Toml).unwrap();
    let builder = MockScalekit::builder().directory(directory);
    let scalekit = builder.clock(clock.clone()).start().await;
    let api = Api::of(&scalekit).await;
    (scalekit, api)
}

/// The newest event.
async fn last_event(api: &Api) -> Value {
    let list = accepted(api.post_json("/events/paginated", &json!({})).await).await;
    list["events"][0].clone()
}

fn emails(list: &Value) -> Vec<&str> {
    ids(list, "users", "email")
}

#[tokio::test]
async fn a_directory_of_the_file_is_listed_with_users_and_groups() {
    let (_scalekit, api) = start(&TestClock::new()).await;
    let list = api.get("/organizations/org_1/directories").await;
    let directory = &list["directories"][0];
    for (name, value) in [
        ("id", json!("dir_1")),
        ("name", json!("Acme's Okta")),
        ("directory_type", json!("SCIM")),
        ("organization_id", json!("org_1")),
        ("enabled", json!(true)),
        ("directory_provider", json!("OKTA")),
        ("total_users", json!(2)),
        ("total_groups", json!(2)),
        (
            "role_assignments",
            json!({ "assignments": [{ "group_id": "dirgroup_1", "role_name": "admin" }] }),
        ),
    ] {
        assert_eq!(directory[name], value, "{name}");
    }
    let one = api.get("/organizations/org_1/directories/dir_1").await;
    assert_eq!(one["directory"], *directory);
    let other = api.get("/organizations/org_2/directories").await;
    assert_eq!(other, json!({ "directories": [] }));
    let users = api.get(USERS).await;
    assert_eq!(emails(&users), ["ada@acme.example", "bea@acme.example"]);
    let ada = &users["users"][0];
    assert_eq!(
        (&ada["id"], &ada["given_name"], &ada["family_name"]),
        (&json!("diruser_1"), &json!("Ada"), &json!("Byron"))
    );
    assert_eq!(ada["emails"], json!(["ada@acme.example"]));
    assert_eq!(
        (&ada["groups"][0]["id"], &ada["groups"][0]["total_users"]),
        (&json!("dirgroup_1"), &json!(1))
    );
    // Whether a user is active is in the detail alone.
    assert!(ada.get("active").is_none() && ada.get("user_detail").is_none());
    let detailed = api.get(&format!("{USERS}?include_detail=true")).await;
    assert_eq!(
        (
            &detailed["users"][0]["user_detail"]["active"],
            &detailed["users"][1]["user_detail"]["active"]
        ),
        (&json!(true), &json!(false))
    );
    let of_group = api
        .get(&format!("{USERS}?directory_group_id=dirgroup_1"))
        .await;
    assert_eq!(emails(&of_group), ["ada@acme.example"]);
    let groups = api.get(GROUPS).await;
    assert_eq!(
        ids(&groups, "groups", "display_name"),
        ["engineering", "sales"]
    );
    let detailed = api.get(&format!("{GROUPS}?include_detail=true")).await;
    assert!(detailed["groups"][0]["group_detail"].is_object());
}

#[tokio::test]
async fn users_are_created_changed_and_deleted_with_events() {
    let clock = TestClock::new();
    let (scalekit, api) = start(&clock).await;
    let admin = scalekit.admin();
    let start = humantime::format_rfc3339(clock.now()).to_string();
    clock.advance(Duration::from_secs(60));
    let draft = DirectoryUserDraft::new("cyd@acme.example").name("Cyd", "C");
    let id = admin.create_directory_user("org_1", draft.clone().groups(["engineering"]));
    let event = last_event(&api).await;
    assert_eq!(event["type"], "organization.directory.user_created");
    let data = &event["data"];
    assert_eq!(
        (&data["id"], &data["active"], &data["given_name"]),
        (&json!(id), &json!(true), &json!("Cyd"))
    );
    assert_eq!(
        data["groups"],
        json!([{ "id": "dirgroup_1", "name": "engineering" }])
    );
    assert_eq!(data["roles"], json!([{ "role_name": "admin" }]));
    let changed = api.get(&format!("{USERS}?updated_after={start}")).await;
    assert_eq!(ids(&changed, "users", "id"), [id.as_str()]);
    let renamed = DirectoryUserDraft::new("cyd.c@acme.example").groups(["sales"]);
    admin.update_directory_user("cyd@acme.example", "org_1", renamed);
    let event = last_event(&api).await;
    assert_eq!(event["type"], "organization.directory.user_updated");
    let data = &event["data"];
    assert_eq!(
        (&data["id"], &data["email"], &data["groups"][0]["name"]),
        (&json!(id), &json!("cyd.c@acme.example"), &json!("sales"))
    );
    let users = api.get(USERS).await;
    assert_eq!(emails(&users)[2], "cyd.c@acme.example");
    admin.deactivate_directory_user("cyd.c@acme.example", "org_1");
    let event = last_event(&api).await;
    assert_eq!(
        (&event["data"]["id"], &event["data"]["active"]),
        (&json!(id), &json!(false))
    );
    let detailed = api.get(&format!("{USERS}?include_detail=true")).await;
    assert_eq!(detailed["users"][2]["user_detail"]["active"], false);
    admin.delete_directory_user("cyd.c@acme.example", "org_1");
    let event = last_event(&api).await;
    assert_eq!(
        (&event["type"], &event["data"]["id"]),
        (&json!("organization.directory.user_deleted"), &json!(id))
    );
    assert_eq!(api.get(USERS).await["total_size"], 2);
}

#[tokio::test]
async fn groups_are_created_renamed_and_deleted_with_events() {
    let (scalekit, api) = start(&TestClock::new()).await;
    let admin = scalekit.admin();
    let id = admin.create_directory_group("support", "org_1");
    let event = last_event(&api).await;
    assert_eq!(
        (
            &event["type"],
            &event["data"]["id"],
            &event["data"]["directory_id"]
        ),
        (
            &json!("organization.directory.group_created"),
            &json!(id),
            &json!("dir_1")
        )
    );
    admin.rename_directory_group("engineering", "org_1", "development");
    let event = last_event(&api).await;
    assert_eq!(
        (
            &event["type"],
            &event["data"]["id"],
            &event["data"]["display_name"]
        ),
        (
            &json!("organization.directory.group_updated"),
            &json!("dirgroup_1"),
            &json!("development")
        )
    );
    let users = api.get(USERS).await;
    assert_eq!(
        users["users"][0]["groups"][0]["display_name"],
        "development"
    );
    admin.delete_directory_group("development", "org_1");
    let event = last_event(&api).await;
    assert_eq!(
        (&event["type"], &event["data"]["id"]),
        (
            &json!("organization.directory.group_deleted"),
            &json!("dirgroup_1")
        )
    );
    let groups = api.get(GROUPS).await;
    assert_eq!(ids(&groups, "groups", "display_name"), ["sales", "support"]);
    assert_eq!(api.get(USERS).await["users"][0]["groups"], json!([]));
}

#[tokio::test]
async fn who_is_created_under_a_name_that_another_had_has_another_id() {
    let create = |admin: &Admin<'_>, organization: &str| {
        let draft = DirectoryUserDraft::new("cyd@acme.example");
        admin.create_directory_user(organization, draft)
    };
    let (first_past, first_api) = start(&TestClock::new()).await;
    let (second_past, _) = start(&TestClock::new()).await;
    let (admin, other) = (first_past.admin(), second_past.admin());
    let first = create(&admin, "org_1");
    // Each mock makes the same ids of the same changes.
    assert_eq!(create(&other, "org_1"), first);
    assert_ne!(create(&admin, "org_2"), first);
    let renamed = DirectoryUserDraft::new("dot@acme.example");
    admin.update_directory_user("cyd@acme.example", "org_1", renamed);
    let second = create(&admin, "org_1");
    admin.delete_directory_user("cyd@acme.example", "org_1");
    let third = create(&admin, "org_1");
    let users = first_api.get(USERS).await;
    let listed = ids(&users, "users", "id");
    assert_eq!(listed[2..], [first.as_str(), third.as_str()]);
    assert!(second != first && second != third);
    other.delete_directory_user("cyd@acme.example", "org_1");
    assert_eq!(create(&other, "org_1"), second);

    let first = admin.create_directory_group("support", "org_1");
    assert_eq!(other.create_directory_group("support", "org_1"), first);
    admin.rename_directory_group("support", "org_1", "help");
    let second = admin.create_directory_group("support", "org_1");
    admin.delete_directory_group("support", "org_1");
    let third = admin.create_directory_group("support", "org_1");
    let groups = first_api.get(GROUPS).await;
    let listed = ids(&groups, "groups", "id");
    assert_eq!(listed[2..], [first.as_str(), third.as_str()]);
    assert!(second != first && second != third);
}

#[tokio::test]
async fn a_member_is_inactive_while_the_user_of_the_directory_is() {
    let (scalekit, api) = start(&TestClock::new()).await;
    let admin = scalekit.admin();
    let status = async || {
        let user = api.get("/users/usr_1").await;
        user["user"]["memberships"][0]["membership_status"].clone()
    };
    assert_eq!(status().await, "ACTIVE");
    let draft = DirectoryUserDraft::new("ada@acme.example");
    admin.update_directory_user("ada@acme.example", "org_1", draft.clone().active(false));
    assert_eq!(status().await, "INACTIVE");
    admin.update_directory_user("ada@acme.example", "org_1", draft);
    assert_eq!(status().await, "ACTIVE");
}

#[tokio::test]
async fn a_member_is_inactive_and_active_again_as_changes_have_made_it() {
    let (scalekit, api) = start(&TestClock::new()).await;
    let admin = scalekit.admin();
    admin.change_roles("usr_1", "org_1", ["editor"]);
    // The file has no such membership.
    admin.add_member("usr_9", "org_1", ["editor"]);
    admin.create_directory_user("org_1", DirectoryUserDraft::new("eve@acme.example"));
    for (user, email) in [("usr_1", "ada@acme.example"), ("usr_9", "eve@acme.example")] {
        let member = async || {
            let shown = api.get(&format!("/users/{user}")).await;
            let memberships = shown["user"]["memberships"].as_array().unwrap().iter();
            let mut of_organization = memberships.filter(|one| one["organization_id"] == "org_1");
            let one = of_organization.next().unwrap();
            let roles = ids(one, "roles", "name").join(" ");
            (one["membership_status"].clone(), roles)
        };
        let expected = |status: &str| (json!(status), "editor".to_owned());
        assert_eq!(member().await, expected("ACTIVE"), "{user}");
        for _ in 0..2 {
            admin.deactivate_directory_user(email, "org_1");
            assert_eq!(member().await, expected("INACTIVE"), "{user}");
        }
        for _ in 0..2 {
            admin.update_directory_user(email, "org_1", DirectoryUserDraft::new(email));
            assert_eq!(member().await, expected("ACTIVE"), "{user}");
        }
        let issued = claims(&scalekit.token_of(user, "org_1").sign());
        assert_eq!(issued["roles"], json!(["editor"]), "{user}");
    }
}

#[tokio::test]
async fn a_directory_is_switched_off_and_on_and_created() {
    let (scalekit, api) = start(&TestClock::new()).await;
    let admin = scalekit.admin();
    let enabled = async |organization: &str| {
        let list = api
            .get(&format!("/organizations/{organization}/directories"))
            .await;
        list["directories"][0]["enabled"].clone()
    };
    admin.disable_directory("org_1");
    assert_eq!(last_event(&api).await["data"]["id"], "dir_1");
    assert_eq!(enabled("org_1").await, false);
    admin.enable_directory("org_1");
    assert_eq!(enabled("org_1").await, true);
    assert_eq!(enabled("org_2").await, Value::Null);
    admin.enable_directory("org_2");
    assert_eq!(enabled("org_2").await, true);
    admin.delete_organization("org_1");
    let response = api
        .call(Method::GET, "/organizations/org_1/directories")
        .await;
    assert_eq!(refused(response).await, (404, 5));
}

#[tokio::test]
async fn pages_are_bounded_and_what_cannot_be_read_is_refused() {
    let (scalekit, api) = start(&TestClock::new()).await;
    for number in 0..10 {
        let draft = DirectoryUserDraft::new(format!("u{number}@acme.example"));
        scalekit.admin().create_directory_user("org_1", draft);
        scalekit
            .admin()
            .create_directory_group(&format!("g{number}"), "org_1");
    }
    for (path, items) in [(USERS, "users"), (GROUPS, "groups")] {
        let first = api.get(path).await;
        assert_eq!(
            (ids(&first, items, "id").len(), &first["total_size"]),
            (10, &json!(12))
        );
        let token = first["next_page_token"].as_str().unwrap();
        let second = api.get(&format!("{path}?page_token={token}")).await;
        assert_eq!(
            (ids(&second, items, "id").len(), &second["next_page_token"]),
            (2, &json!(""))
        );
        let whole = api.get(&format!("{path}?page_size=30")).await;
        assert_eq!(ids(&whole, items, "id").len(), 12);
        for bad in [
            "page_size=31",
            "page_token=x",
            "include_detail=x",
            "updated_after=x",
        ] {
            let response = api.call(Method::GET, &format!("{path}?{bad}")).await;
            assert_eq!(refused(response).await, (400, 3), "{path} {bad}");
        }
    }
    for (path, expected) in [
        ("/organizations/org_404/directories", (404, 5)),
        ("/organizations/acme/directories", (400, 3)),
        ("/organizations/org_1/directories/dir_2", (404, 5)),
        ("/organizations/org_2/directories/dir_1/users", (404, 5)),
        ("/organizations/org_1/directories/okta/groups", (400, 3)),
        (
            "/organizations/org_1/directories/dir_1/users?directory_group_id=sales",
            (400, 3),
        ),
    ] {
        let response = api.call(Method::GET, path).await;
        assert_eq!(refused(response).await, expected, "{path}");
    }
}

#[test]
fn a_mistake_in_the_file_is_named() {
    let parse = |text: &str| Directory::parse(text, DirectoryFormat::Toml);
    parse(DIRECTORY).unwrap();
    for (good, bad, place) in [
        (
            "organization = \"org_1\"",
            "organization = \"org_404\"",
            "directories[0].organization",
        ),
        ("id = \"dir_1\"", "id = \"okta\"", "directories[0].id"),
        (
            "role = \"admin\"",
            "role = \"attic\"",
            "directories[0].groups[0].role",
        ),
        (
            "name = \"sales\"",
            "name = \"engineering\"",
            "directories[0].groups[1].name",
        ),
        (
            "active = false",
            "active = \"no\"",
            "directories[0].users[1].active",
        ),
        (
            "bea@acme.example",
            "Ada@acme.example",
            "directories[0].users[1].email",
        ),
        (
            "groups = [\"engineering\"]",
            "groups = [\"attic\"]",
            "directories[0].users[0].groups[0]",
        ),
    ] {
        let error = parse(&DIRECTORY.replacen(good, bad, 1)).unwrap_err();
        assert_eq!(error.place(), place, "{error}");
    }
}

#[tokio::test]
async fn a_builder_fills_a_directory_without_events() {
    let users = (0..40).map(|number| {
        let draft = DirectoryUserDraft::new(format!("u{number}@acme.example"));
        draft.groups([["even", "odd"][number % 2]])
    });
    let builder = MockScalekit::builder().directory_users("org_1000000001", users);
    let scalekit = builder.start().await;
    let api = Api::of(&scalekit).await;
    let list = api.get("/organizations/org_1000000001/directories").await;
    let directory = &list["directories"][0];
    assert_eq!(
        (&directory["total_users"], &directory["total_groups"]),
        (&json!(40), &json!(2))
    );
    let id = directory["id"].as_str().unwrap();
    let groups = format!("/organizations/org_1000000001/directories/{id}/groups");
    let groups = api.get(&groups).await;
    assert_eq!(ids(&groups, "groups", "display_name"), ["even", "odd"]);
    assert_eq!(groups["groups"][0]["total_users"], 20);
    assert_eq!(last_event(&api).await, Value::Null);
}
