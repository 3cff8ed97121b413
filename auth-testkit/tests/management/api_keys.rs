//! API keys are created, validated, listed, changed and invalidated, over the API and from Rust.

use std::time::Duration;

use auth_testkit::settings::{Directory, DirectoryFormat};
use auth_testkit::{ApiKeyDraft, MockScalekit, TestClock};
use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::api::{Api, accepted, created, ids, refused};

const DIRECTORY: &str = r#"
    [roles]
    admin = ["notes:read"]

    [[organizations]]
    id = "org_1"
    name = "Acme"
    external_id = "acme"

    [[organizations]]
    id = "org_2"

    [[users]]
    id = "usr_1"
    email = "ada@acme.example"
    external_id = "u-1"
    organizations = [{ id = "org_1", roles = ["admin"] }]
"#;

async fn start(clock: &TestClock) -> MockScalekit {
    let directory = Directory::parse(DIRECTORY, DirectoryFormat::Toml).unwrap();
    let builder = MockScalekit::builder().directory(directory);
    builder.clock(clock.clone()).start().await
}

async fn call(api: &Api, verb: &str, key: &str) -> Response {
    let path = format!("/tokens:{verb}");
    api.post_json(&path, &json!({ "token": key })).await
}

#[tokio::test]
async fn a_key_is_created_and_validated_by_itself_and_by_its_id() {
    let scalekit = start(&TestClock::new()).await;
    let api = Api::of(&scalekit).await;
    let asked = json!({
        "organization_id": "org_1",
        "user_id": "usr_1",
        "custom_claims": { "team": "ops" },
        "expiry": "2999-01-01T00:00:00Z",
        "description": "ci",
    });
    let made = created(api.post_json("/tokens", &asked).await).await;
    let (key, id) = (
        made["token"].as_str().unwrap(),
        made["token_id"].as_str().unwrap(),
    );
    assert_eq!(key.len(), 50);
    assert!(key.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    assert!(id.starts_with("apit_"));
    let info = &made["token_info"];
    for (name, value) in [
        ("token_id", json!(id)),
        ("organization_id", json!("org_1")),
        ("organization_external_id", json!("acme")),
        ("user_id", json!("usr_1")),
        ("user_external_id", json!("u-1")),
        ("custom_claims", json!({ "team": "ops" })),
        ("expiry", json!("2999-01-01T00:00:00Z")),
        ("description", json!("ci")),
        ("token_suffix", json!(key.split_at(46).1)),
        ("email", json!("ada@acme.example")),
        ("roles", json!(["admin"])),
    ] {
        assert_eq!(info[name], value, "{name}");
    }
    assert!(info["created_at"].is_string());
    for value in [key, id] {
        let validated = accepted(call(&api, "validate", value).await).await;
        assert_eq!(&validated["token_info"], info);
    }
}

#[tokio::test]
async fn optional_members_are_left_out() {
    let scalekit = start(&TestClock::new()).await;
    let api = Api::of(&scalekit).await;
    let asked = json!({ "organization_id": "org_2" });
    let made = created(api.post_json("/tokens", &asked).await).await;
    let members: Vec<&String> = made["token_info"].as_object().unwrap().keys().collect();
    let expected = [
        "created_at",
        "custom_claims",
        "organization_external_id",
        "organization_id",
        "roles",
        "token_id",
        "token_suffix",
    ];
    let mut members: Vec<&str> = members.into_iter().map(String::as_str).collect();
    members.sort_unstable();
    assert_eq!(members, expected);
}

#[tokio::test]
async fn an_unknown_expired_or_invalidated_key_is_404() {
    let clock = TestClock::new();
    let scalekit = start(&clock).await;
    let api = Api::of(&scalekit).await;
    let hour = Duration::from_secs(3600);
    let draft = || ApiKeyDraft::new("org_1");
    let brief = scalekit.admin().create_api_key(draft().expires_in(hour));
    let invalidated = scalekit.admin().create_api_key(draft());
    let lasting = scalekit.admin().create_api_key(draft());
    for key in [&brief, &invalidated, &lasting] {
        accepted(call(&api, "validate", key.expose()).await).await;
    }
    scalekit.admin().invalidate_api_key(invalidated.id());
    clock.advance(hour - Duration::from_secs(1));
    accepted(call(&api, "validate", brief.expose()).await).await;
    clock.advance(Duration::from_secs(1));
    for key in [brief.expose(), brief.id(), invalidated.expose(), "attic"] {
        for verb in ["validate", "update"] {
            let refusal = refused(call(&api, verb, key).await).await;
            assert_eq!(refusal, (404, 5), "{verb}");
        }
    }
    accepted(call(&api, "validate", lasting.expose()).await).await;
    scalekit.admin().delete_organization("org_1");
    let refusal = refused(call(&api, "validate", lasting.expose()).await).await;
    assert_eq!(refusal, (404, 5));
}

#[tokio::test]
async fn a_key_of_a_deleted_user_is_404_and_in_no_list() {
    for (query, is_kept) in [("?cascade=false", true), ("", false)] {
        let scalekit = start(&TestClock::new()).await;
        let api = Api::of(&scalekit).await;
        let admin = scalekit.admin();
        let draft = || ApiKeyDraft::new("org_1");
        let (of_organization, of_user) = (
            admin.create_api_key(draft()),
            admin.create_api_key(draft().user("usr_1")),
        );
        let list = || api.get("/tokens?organization_id=org_1");
        let both = [of_user.id(), of_organization.id()];
        assert_eq!(ids(&list().await, "tokens", "token_id"), both);
        let info = accepted(call(&api, "validate", of_user.expose()).await).await;
        assert_eq!(info["token_info"]["roles"], json!(["admin"]));
        let path = format!("/memberships/organizations/org_1/users/usr_1{query}");
        accepted(api.call(Method::DELETE, &path).await).await;
        accepted(call(&api, "validate", of_organization.expose()).await).await;
        let validated = call(&api, "validate", of_user.expose()).await;
        if is_kept {
            let info = &accepted(validated).await["token_info"];
            assert_eq!(
                (&info["user_id"], &info["roles"]),
                (&json!("usr_1"), &json!([]))
            );
            assert_eq!(ids(&list().await, "tokens", "token_id"), both);
        } else {
            assert_eq!(refused(validated).await, (404, 5));
            assert_eq!(ids(&list().await, "tokens", "token_id"), both[1..]);
        }
    }
}

#[tokio::test]
async fn a_key_of_an_inactive_member_has_no_roles() {
    let scalekit = start(&TestClock::new()).await;
    let api = Api::of(&scalekit).await;
    let admin = scalekit.admin();
    let key = admin.create_api_key(ApiKeyDraft::new("org_1").user("usr_1"));
    let info =
        async || accepted(call(&api, "validate", key.expose()).await).await["token_info"].clone();
    assert_eq!(info().await["roles"], json!(["admin"]));
    admin.deactivate_directory_user("ada@acme.example", "org_1");
    let shown = info().await;
    assert_eq!(
        (&shown["user_id"], &shown["roles"]),
        (&json!("usr_1"), &json!([]))
    );
}

#[tokio::test]
async fn invalidation_can_be_repeated() {
    let scalekit = start(&TestClock::new()).await;
    let api = Api::of(&scalekit).await;
    let key = scalekit.admin().create_api_key(ApiKeyDraft::new("org_1"));
    for value in [key.expose(), key.id()] {
        let body = accepted(call(&api, "invalidate", value).await).await;
        assert_eq!(body, json!({}));
    }
    let refusal = refused(call(&api, "validate", key.expose()).await).await;
    assert_eq!(refusal, (404, 5));
    let refusal = refused(call(&api, "invalidate", "attic").await).await;
    assert_eq!(refusal, (404, 5));
}

#[tokio::test]
async fn a_change_merges_claims_and_an_empty_value_removes_one() {
    let scalekit = start(&TestClock::new()).await;
    let api = Api::of(&scalekit).await;
    let draft = ApiKeyDraft::new("org_1").description("ci");
    let draft = draft.custom_claim("team", "ops").custom_claim("tier", "1");
    let key = scalekit.admin().create_api_key(draft);
    let asked = json!({
        "token": key.id(),
        "custom_claims": { "tier": "", "team": "dev", "zone": "eu" },
    });
    let changed = accepted(api.post_json("/tokens:update", &asked).await).await;
    let info = &changed["token_info"];
    let claims = json!({ "team": "dev", "zone": "eu" });
    assert_eq!(
        (&info["custom_claims"], &info["description"]),
        (&claims, &json!("ci"))
    );
    let asked = json!({ "token": key.expose(), "description": "cd" });
    let changed = accepted(api.post_json("/tokens:update", &asked).await).await;
    let info = &changed["token_info"];
    assert_eq!(
        (&info["custom_claims"], &info["description"]),
        (&claims, &json!("cd"))
    );
}

#[tokio::test]
async fn the_user_of_a_key_is_shown_as_of_now() {
    let scalekit = start(&TestClock::new()).await;
    let api = Api::of(&scalekit).await;
    let draft = ApiKeyDraft::new("org_1").user("ada@acme.example");
    let key = scalekit.admin().create_api_key(draft);
    let roles = async || {
        let validated = accepted(call(&api, "validate", key.expose()).await).await;
        validated["token_info"]["roles"].clone()
    };
    assert_eq!(roles().await, json!(["admin"]));
    scalekit.admin().remove_member("usr_1", "org_1");
    assert_eq!(roles().await, json!([]));
}

#[tokio::test]
async fn a_list_has_the_valid_keys_of_the_organization_by_pages() {
    let scalekit = start(&TestClock::new()).await;
    let api = Api::of(&scalekit).await;
    let make = |draft| scalekit.admin().create_api_key(draft);
    let mut expected: Vec<_> = (0..11).map(|_| make(ApiKeyDraft::new("org_1"))).collect();
    expected.reverse();
    let expected: Vec<&str> = expected.iter().map(auth_testkit::ApiKey::id).collect();
    let elsewhere = make(ApiKeyDraft::new("org_2"));
    let gone = make(ApiKeyDraft::new("org_1"));
    scalekit.admin().invalidate_api_key(gone.id());
    let first = api.get("/tokens?organization_id=org_1").await;
    assert_eq!(ids(&first, "tokens", "token_id"), expected[..10]);
    assert_eq!(
        (&first["total_count"], &first["prev_page_token"]),
        (&json!(11), &json!(""))
    );
    let token = first["next_page_token"].as_str().unwrap();
    let second = api
        .get(&format!("/tokens?organization_id=org_1&page_token={token}"))
        .await;
    assert_eq!(ids(&second, "tokens", "token_id"), expected[10..]);
    assert_eq!(second["next_page_token"], "");
    let other = api.get("/tokens?organization_id=org_2&page_size=30").await;
    assert_eq!(ids(&other, "tokens", "token_id"), [elsewhere.id()]);
    let owned = make(ApiKeyDraft::new("org_1").user("usr_1"));
    let of_user = api.get("/tokens?organization_id=org_1&user_id=usr_1").await;
    assert_eq!(ids(&of_user, "tokens", "token_id"), [owned.id()]);
    for bad in [
        "",
        "organization_id=acme",
        "organization_id=org_1&page_size=31",
        "organization_id=org_1&user_id=ada",
        "organization_id=org_1&page_token=x",
    ] {
        let response = api.call(Method::GET, &format!("/tokens?{bad}")).await;
        assert_eq!(refused(response).await, (400, 3), "{bad}");
    }
}

#[tokio::test]
async fn what_cannot_be_created_is_refused() {
    let scalekit = start(&TestClock::new()).await;
    let api = Api::of(&scalekit).await;
    let good = json!({ "organization_id": "org_1" });
    created(api.post_json("/tokens", &good).await).await;
    let with = |name: &str, value: Value| {
        let mut asked = good.clone();
        asked[name] = value;
        asked
    };
    for (asked, expected) in [
        (with("organization_id", json!("acme")), (400, 3)),
        (with("organization_id", json!("org_404")), (404, 5)),
        (with("user_id", json!("ada")), (400, 3)),
        (with("user_id", json!("usr_404")), (404, 5)),
        (with("custom_claims", json!({ "": "x" })), (400, 3)),
        (with("custom_claims", json!({ "x": "" })), (400, 3)),
        (
            with("custom_claims", json!({ "x": "y".repeat(257) })),
            (400, 3),
        ),
        (with("description", json!("y".repeat(256))), (400, 3)),
        (with("expiry", json!("yesterday")), (400, 3)),
        (with("expiry", json!("2000-01-01T00:00:00Z")), (400, 3)),
        (with("attic", json!(1)), (400, 3)),
        (json!([]), (400, 3)),
    ] {
        let response = api.post_json("/tokens", &asked).await;
        assert_eq!(refused(response).await, expected, "{asked}");
    }
    // Not a member of that one.
    let asked = json!({ "organization_id": "org_2", "user_id": "usr_1" });
    let response = api.post_json("/tokens", &asked).await;
    assert_eq!(refused(response).await, (404, 5));
    let response = call(&api, "validate", "").await;
    assert_eq!(refused(response).await, (400, 3));
}
