//! What each answer of the API means. The mock cannot give most of them, so they are scripted.

use auth_core::support::Clock;
use auth_core::token::BearerToken;
use auth_core::verifier::{TokenVerifier, VerifyRequest};
use auth_scalekit::ScalekitProvider;
use auth_testkit::TestClock;
use serde_json::{Value, json};
use wiremock::matchers::{body_json, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::stage::{MCP_URL, keys, reason};

const KEY: &str = "0123456789abcdefABCDEF";

fn described() -> Value {
    json!({
        "token_id": "apit_1",
        "organization_id": "org_1",
        "custom_claims": {},
        "roles": [],
        "created_at": "2026-11-01T00:00:00Z",
        "token_suffix": "CDEF",
    })
}

fn ok(body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(body)
}

/// An answer about a key with one member more, or another value of it.
fn with(name: &str, value: Value) -> ResponseTemplate {
    let mut info = described();
    info[name] = value;
    ok(&json!({ "token_info": info }))
}

fn error(status: u16, code: u8) -> ResponseTemplate {
    ResponseTemplate::new(status)
        .set_body_json(json!({ "code": code, "message": "m", "details": [] }))
}

/// The verdict about a key when the API answers so.
async fn verdict(answer: ResponseTemplate) -> &'static str {
    let server = MockServer::start().await;
    let token = json!({ "access_token": "t", "token_type": "Bearer", "expires_in": 1000 });
    let at = |address: &str| Mock::given(method("POST")).and(path(address.to_owned()));
    at("/oauth/token")
        .respond_with(ok(&token))
        .mount(&server)
        .await;
    at("/api/v1/tokens:validate")
        .and(body_json(json!({ "token": KEY })))
        .respond_with(answer)
        .mount(&server)
        .await;
    verdict_of(&server).await
}

fn provider(server: &MockServer, clock: &TestClock) -> ScalekitProvider {
    ScalekitProvider::builder(server.uri(), "res_1", MCP_URL)
        .management("skc_1", "s3cr3t")
        .api_keys(keys())
        .clock(clock.clone())
        .build()
        .unwrap()
}

async fn verdict_of(server: &MockServer) -> &'static str {
    let clock = TestClock::new();
    let provider = provider(server, &clock);
    let request = VerifyRequest::new(BearerToken::new(KEY).unwrap(), clock.now());
    reason(&provider.verify(request).await)
}

#[tokio::test]
async fn an_answer_about_the_key_decides_and_every_other_one_does_not() {
    let control = ok(&json!({ "token_info": described() }));
    assert_eq!(verdict(control).await, "accepted", "the control");
    for (name, answer, expected) in [
        ("an unknown member", with("x", json!([1, {}])), "accepted"),
        ("null members", with("user_id", Value::Null), "accepted"),
        ("an empty member", with("user_id", json!("")), "accepted"),
        (
            "an expiry to come",
            with("expiry", json!("2999-01-01T00:00:00Z")),
            "accepted",
        ),
        (
            "an expiry that has passed",
            with("expiry", json!("2026-01-01T00:00:00Z")),
            "expired",
        ),
        (
            "a creation that is no time",
            with("created_at", json!("0001-01-01T00:00:00Z")),
            "accepted",
        ),
        (
            "an expiry before all times",
            with("expiry", json!("0001-01-01T00:00:00Z")),
            "unavailable",
        ),
        (
            "another organization",
            with("organization_id", json!("org_2")),
            "wrong_audience",
        ),
        ("not found", error(404, 5), "revoked"),
        ("not acceptable as a key", error(400, 3), "revoked"),
        (
            "no organization",
            with("organization_id", Value::Null),
            "unavailable",
        ),
        ("no id", with("token_id", json!("")), "unavailable"),
        (
            "an expiry that is no time",
            with("expiry", json!(7)),
            "unavailable",
        ),
        (
            "claims that are no strings",
            with("custom_claims", json!({ "a": 1 })),
            "unavailable",
        ),
        (
            "roles that are no list",
            with("roles", json!("admin")),
            "unavailable",
        ),
        (
            "roles that are no strings",
            with("roles", json!([{ "name": "admin" }])),
            "unavailable",
        ),
        ("nothing about a key", ok(&json!({})), "unavailable"),
        ("a list", ok(&json!([])), "unavailable"),
        (
            "no JSON",
            ResponseTemplate::new(200).set_body_string("<html>"),
            "unavailable",
        ),
        ("no content", ResponseTemplate::new(204), "unavailable"),
        (
            "not found, of a proxy",
            ResponseTemplate::new(404),
            "unavailable",
        ),
        (
            "a bad request, of a proxy",
            ResponseTemplate::new(400),
            "unavailable",
        ),
        ("a precondition", error(400, 9), "unavailable"),
        ("unauthenticated", error(401, 16), "unavailable"),
        ("forbidden", error(403, 7), "unavailable"),
        ("a conflict", error(409, 6), "unavailable"),
        ("gone", ResponseTemplate::new(410), "unavailable"),
        ("too many calls", error(429, 8), "unavailable"),
        ("a failure", error(500, 13), "unavailable"),
        ("not available", error(503, 14), "unavailable"),
        (
            "a redirect",
            ResponseTemplate::new(302).insert_header("location", "/other"),
            "unavailable",
        ),
    ] {
        assert_eq!(verdict(answer).await, expected, "{name}");
    }
    let twice = r#"{"token_info":{"token_id":"apit_1","organization_id":"org_1","organization_id":"org_1"}}"#;
    let twice = ResponseTemplate::new(200).set_body_raw(twice, "application/json");
    assert_eq!(verdict(twice).await, "unavailable", "a member twice");
}

/// An error of the token endpoint is about this server, whatever it looks like.
#[tokio::test]
async fn no_answer_of_the_token_endpoint_is_about_the_key() {
    for (status, code) in [(400, 3), (401, 16), (403, 7), (404, 5), (429, 8), (500, 13)] {
        let server = MockServer::start().await;
        Mock::given(method("POST"))
            .respond_with(error(status, code))
            .mount(&server)
            .await;
        assert_eq!(verdict_of(&server).await, "unavailable", "{status}");
    }
}

/// If the API should answer 401 to some strings, a caller who sends them must not stop the calls about all keys.
#[tokio::test]
async fn a_string_that_is_not_authenticated_stops_no_other_key() {
    let server = MockServer::start().await;
    let token = json!({ "access_token": "t", "token_type": "Bearer", "expires_in": 1000 });
    let at = |address: &str| Mock::given(method("POST")).and(path(address.to_owned()));
    let validate = || at("/api/v1/tokens:validate");
    at("/oauth/token")
        .respond_with(ok(&token))
        .mount(&server)
        .await;
    validate()
        .and(body_json(json!({ "token": KEY })))
        .respond_with(ok(&json!({ "token_info": described() })))
        .mount(&server)
        .await;
    validate().respond_with(error(401, 16)).mount(&server).await;
    let clock = TestClock::new();
    let provider = provider(&server, &clock);
    let verdict = async |key: &str| {
        let request = VerifyRequest::new(BearerToken::new(key).unwrap(), clock.now());
        reason(&provider.verify(request).await)
    };
    assert_eq!(verdict(KEY).await, "accepted", "the control");
    for round in 0..10 {
        for number in 0..5 {
            let invented = format!("{round}{number}{}", "x".repeat(20));
            assert_eq!(verdict(&invented).await, "unavailable");
        }
        clock.advance(std::time::Duration::from_secs(2));
        assert_eq!(verdict(KEY).await, "accepted", "round {round}");
    }
}
