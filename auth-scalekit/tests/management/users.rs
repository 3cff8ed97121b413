//! Users of an organization by e-mail address.

use auth_scalekit::management::ManagementErrorKind::{self, BadRequest, NotFound, Unreadable};
use auth_scalekit::webhooks::UserLookup;
use serde_json::{Value, json};
use wiremock::{Request, ResponseTemplate};

use crate::harness::{Api, error, ok};

const PATH: &str = "/api/v1/organizations/org_1/users:search";
const EMAIL: &str = "ada+mcp@example.com";

fn user(id: &str, email: &str) -> Value {
    json!({"id": id, "email": email, "memberships": [{"organization_id": "org_1"}]})
}

#[tokio::test]
async fn only_users_with_exactly_the_address_are_found() {
    let api = Api::start().await;
    let pages = |request: &Request| {
        let is_second = request
            .url
            .query_pairs()
            .any(|(name, _)| name == "page_token");
        ok(&match is_second {
            false => json!({
                "users": [
                    user("usr_1", EMAIL),
                    user("usr_2", "not.ada+mcp@example.com"),
                    user("not an id", "ada+mcp@example.com.example"),
                    {"id": "usr_3", "external_id": EMAIL},
                ],
                "next_page_token": "2",
            }),
            true => json!({
                "users": [user("usr_4", "ADA+MCP@Example.COM"), user("usr_1", EMAIL)],
                "next_page_token": "",
            }),
        })
    };
    api.at("GET", PATH, pages).await;
    let found = api.management().find_users("org_1", EMAIL).await.unwrap();
    assert_eq!(found, ["usr_1", "usr_4"]);
    let requests = api.requests(PATH).await;
    let query: Vec<_> = requests[0].url.query_pairs().collect();
    assert_eq!(
        query,
        [
            ("query".into(), EMAIL.into()),
            ("page_size".into(), "30".into())
        ]
    );
    assert_eq!(requests.len(), 2);
}

#[tokio::test]
async fn letters_beyond_ascii_have_one_case() {
    let api = Api::start().await;
    let users = json!({"users": [user("usr_1", "É@example.com"), user("usr_2", "é@example.com")]});
    api.at("GET", PATH, ok(&users)).await;
    let found = api
        .management()
        .find_users("org_1", "é@EXAMPLE.com")
        .await
        .unwrap();
    assert_eq!(found, ["usr_2"]);
}

#[tokio::test]
async fn what_cannot_be_searched_for_is_an_error() {
    let long = format!("{}@example.com", "a".repeat(88));
    let api = Api::start().await;
    api.at("GET", PATH, ok(&json!({"users": []}))).await;
    for (name, organization, email, is_sent) in [
        ("the control", "org_1", EMAIL, true),
        ("the shortest", "org_1", "a@b", true),
        ("the longest", "org_1", &long, true),
        ("shorter", "org_1", "ab", false),
        ("longer", "org_1", &format!("a{long}"), false),
        ("no organization", "", EMAIL, false),
        ("another path", "org_1/users", EMAIL, false),
    ] {
        let before = api.count(PATH).await;
        let answer = api.management().find_users(organization, email).await;
        let kind = answer.err().map(|error| error.kind());
        assert_eq!(kind, (!is_sent).then_some(BadRequest), "{name}");
        assert_eq!(
            api.count(PATH).await,
            before + usize::from(is_sent),
            "{name}"
        );
    }
}

#[tokio::test]
async fn a_search_that_fails_finds_nobody() {
    let rows: [(_, _, ManagementErrorKind); 4] = [
        (
            "an unknown organization",
            error(404, 5, "NOT_FOUND"),
            NotFound,
        ),
        (
            "no id",
            ok(&json!({"users": [{"email": EMAIL}]})),
            Unreadable,
        ),
        (
            "another id",
            ok(&json!({"users": [user("usr_1/x", EMAIL)]})),
            Unreadable,
        ),
        ("no objects", ok(&json!({"users": ["usr_1"]})), Unreadable),
    ];
    for (name, answer, kind) in rows {
        let api = Api::start().await;
        api.at("GET", PATH, answer).await;
        let error = api
            .management()
            .find_users("org_1", EMAIL)
            .await
            .unwrap_err();
        assert_eq!(error.kind(), kind, "{name}");
    }
}

/// As the lookup of webhooks: what would fail again and again is no reason to wait.
#[tokio::test]
async fn a_lookup_that_fails_for_good_finds_nobody_and_one_that_fails_now_is_tried_again() {
    let found = json!({"users": [user("usr_1", EMAIL)]});
    let rows: [(&str, &str, ResponseTemplate, Option<usize>); 9] = [
        ("the control", EMAIL, ok(&found), Some(1)),
        ("not found", EMAIL, error(404, 5, "NOT_FOUND"), Some(0)),
        ("no permission", EMAIL, error(403, 7, "FORBIDDEN"), Some(0)),
        ("no such call", EMAIL, error(400, 3, "INVALID"), Some(0)),
        ("unreadable", EMAIL, ok(&json!({"users": 1})), Some(0)),
        ("not sent", "ab", ok(&found), Some(0)),
        ("a rate limit", EMAIL, error(429, 8, "RATE_LIMITED"), None),
        ("an outage", EMAIL, error(503, 14, "UNAVAILABLE"), None),
        ("of a proxy", EMAIL, ResponseTemplate::new(404), None),
    ];
    for (name, email, answer, expected) in rows {
        let api = Api::start().await;
        api.at("GET", PATH, answer).await;
        let subjects = api.management().subjects("org_1", email).await;
        assert_eq!(subjects.ok().map(|it| it.len()), expected, "{name}");
    }
}
