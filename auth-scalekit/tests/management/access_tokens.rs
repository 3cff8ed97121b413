//! The access token of this server itself: fetched once, kept, replaced.

use std::time::Duration;

use auth_scalekit::management::ManagementErrorKind::{
    self, BadRequest, RateLimited, Refused, Unavailable, Unreadable,
};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use url::form_urlencoded;
use wiremock::ResponseTemplate;

use crate::harness::{
    Api, CLIENT_ID, CLIENT_SECRET, TOKEN, assert_reveals_nothing, error, ok, session_body,
    token_response,
};

const SESSION: &str = "/api/v1/sessions/ses_1";
const TOKENS: &str = "/oauth/token";

async fn with_session() -> Api {
    let api = Api::start().await;
    api.at("GET", SESSION, ok(&session_body())).await;
    api
}

async fn authorizations(api: &Api) -> Vec<String> {
    let requests = api.requests(SESSION).await;
    let lines = requests
        .iter()
        .map(|it| it.headers["authorization"].to_str().unwrap().to_owned());
    lines.collect()
}

#[tokio::test]
async fn the_credentials_are_sent_as_a_form_and_the_token_as_a_bearer_token() {
    let api = with_session().await;
    api.management().session("ses_1").await.unwrap();
    let request = &api.requests(TOKENS).await[0];
    assert_eq!(
        request.headers["content-type"],
        "application/x-www-form-urlencoded"
    );
    assert!(request.headers.get("authorization").is_none());
    let form: Vec<_> = form_urlencoded::parse(&request.body).into_owned().collect();
    let expected = [
        ("grant_type", "client_credentials"),
        ("client_id", CLIENT_ID),
        ("client_secret", CLIENT_SECRET),
    ];
    let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(form, expected);
    assert_eq!(authorizations(&api).await, [format!("Bearer {TOKEN}-1")]);
}

#[tokio::test]
async fn many_calls_at_once_share_one_token() {
    let api = with_session().await;
    let mut calls = JoinSet::new();
    for _ in 0..20 {
        let management = api.management().clone();
        calls.spawn(async move { management.session("ses_1").await });
    }
    for answer in calls.join_all().await {
        answer.unwrap();
    }
    assert_eq!((api.count(TOKENS).await, api.count(SESSION).await), (1, 20));
}

#[tokio::test]
async fn a_token_is_used_for_four_fifths_of_its_lifetime() {
    let api = with_session().await;
    for (second, tokens) in [(0, 1), (799, 1), (1, 2), (799, 2), (1, 3)] {
        api.advance(second);
        api.management().session("ses_1").await.unwrap();
        assert_eq!(
            api.count(TOKENS).await,
            tokens,
            "after {second} more seconds"
        );
    }
}

#[tokio::test]
async fn without_a_newer_token_the_old_one_is_used_until_its_end() {
    let api = Api::without_tokens().await;
    api.at("GET", SESSION, ok(&session_body())).await;
    api.once("POST", TOKENS, ok(&token_response(1))).await;
    api.at("POST", TOKENS, ResponseTemplate::new(503)).await;
    api.management().session("ses_1").await.unwrap();
    api.advance(999);
    api.management().session("ses_1").await.unwrap();
    assert_eq!(api.count(TOKENS).await, 2, "it was tried");
    api.advance(1);
    let error = api.management().session("ses_1").await.unwrap_err();
    assert_eq!(error.kind(), Unavailable);
    assert_eq!(api.count(SESSION).await, 2);
}

#[tokio::test]
async fn a_refused_token_is_replaced_once() {
    for (name, refusal, repeated) in [
        ("as documented", error(401, 16, "UNAUTHENTICATED"), true),
        ("without a code", ResponseTemplate::new(401), true),
        ("another code", error(401, 16, "IP_NOT_ALLOWED"), false),
        ("another status", error(403, 7, "UNAUTHENTICATED"), false),
        ("a rate limit", error(429, 8, "RATE_LIMITED"), false),
        ("an outage", ResponseTemplate::new(503), false),
    ] {
        let api = with_session().await;
        api.management().session("ses_1").await.unwrap();
        api.once("GET", SESSION, refusal).await;
        let answer = api.management().session("ses_1").await;
        assert_eq!(answer.is_ok(), repeated, "{name}");
        let calls = (api.count(TOKENS).await, api.count(SESSION).await);
        assert_eq!(calls, if repeated { (2, 3) } else { (1, 2) }, "{name}");
        if repeated {
            assert_eq!(
                authorizations(&api).await[2],
                format!("Bearer {TOKEN}-2"),
                "{name}"
            );
        }
    }
}

#[tokio::test]
async fn an_api_that_refuses_every_token_does_not_get_many() {
    let api = Api::start().await;
    api.at("GET", SESSION, error(401, 16, "UNAUTHENTICATED"))
        .await;
    for (seconds, tokens, calls) in [(0, 2, 2), (0, 2, 3), (9, 2, 4), (1, 3, 6)] {
        api.advance(seconds);
        let error = api.management().session("ses_1").await.unwrap_err();
        assert_eq!(error.kind(), Refused);
        let counted = (api.count(TOKENS).await, api.count(SESSION).await);
        assert_eq!(counted, (tokens, calls), "after {seconds} more seconds");
    }
}

#[tokio::test]
async fn after_a_failure_the_token_endpoint_has_a_rest() {
    let api = Api::without_tokens().await;
    api.at("GET", SESSION, ok(&session_body())).await;
    let limit = ResponseTemplate::new(429).insert_header("retry-after", "7");
    api.once("POST", TOKENS, limit).await;
    api.at("POST", TOKENS, ok(&token_response(1))).await;
    for (seconds, wait) in [(0, Some(7)), (0, Some(7)), (6, Some(1)), (1, None)] {
        api.advance(seconds);
        let answer = api.management().session("ses_1").await;
        let error = answer.err();
        let retry_after = error.as_ref().and_then(|error| error.retry_after());
        assert_eq!(retry_after, wait.map(Duration::from_secs));
        if let Some(error) = error {
            assert_eq!(error.kind(), RateLimited);
            assert_eq!(error.to_string(), "POST /oauth/token: status 429");
        }
    }
    assert_eq!(api.count(TOKENS).await, 2);
}

#[tokio::test]
async fn responses_of_the_token_endpoint() {
    let with = |name: &str, value: Value| {
        let mut body = token_response(1);
        body[name] = value;
        ok(&body)
    };
    let oauth = |status: u16, code: &str| {
        let body = json!({ "error": code, "error_description": "marker" });
        ResponseTemplate::new(status).set_body_json(body)
    };
    let text = |body: &str| ResponseTemplate::new(200).set_body_raw(body, "application/json");
    let html = ResponseTemplate::new(200).set_body_raw("<html>marker", "text/html");
    let rows: [(&str, ResponseTemplate, Option<ManagementErrorKind>); 23] = [
        ("the control", ok(&token_response(1)), None),
        (
            "a string of digits",
            with("expires_in", json!("1000")),
            None,
        ),
        ("no lifetime", with("expires_in", json!(null)), None),
        (
            "a negative lifetime",
            with("expires_in", json!(-1)),
            Some(Unreadable),
        ),
        (
            "another lifetime",
            with("expires_in", json!("soon")),
            Some(Unreadable),
        ),
        ("in another case", with("token_type", json!("bearer")), None),
        (
            "another type",
            with("token_type", json!("DPoP")),
            Some(Unreadable),
        ),
        ("no type", with("token_type", json!(null)), Some(Unreadable)),
        (
            "no token",
            with("access_token", json!(null)),
            Some(Unreadable),
        ),
        (
            "an empty token",
            with("access_token", json!("")),
            Some(Unreadable),
        ),
        (
            "not a token",
            with("access_token", json!("marker\r\nx: y")),
            Some(Unreadable),
        ),
        (
            "a duplicate member",
            text(r#"{"access_token":"a","access_token":"b"}"#),
            Some(Unreadable),
        ),
        ("not JSON", text("marker"), Some(Unreadable)),
        ("a page", html, Some(Unreadable)),
        (
            "created",
            ResponseTemplate::new(201).set_body_json(token_response(1)),
            Some(Unavailable),
        ),
        (
            "a wrong secret",
            oauth(401, "invalid_client"),
            Some(Refused),
        ),
        (
            "the same as 400",
            oauth(400, "invalid_client"),
            Some(Refused),
        ),
        (
            "another grant",
            oauth(400, "unauthorized_client"),
            Some(Refused),
        ),
        (
            "a bad request",
            oauth(400, "invalid_request"),
            Some(BadRequest),
        ),
        ("too many", oauth(429, "slow_down"), Some(RateLimited)),
        (
            "no such endpoint",
            error(404, 5, "NOT_FOUND"),
            Some(Unavailable),
        ),
        ("an outage", ResponseTemplate::new(503), Some(Unavailable)),
        (
            "a redirect",
            ResponseTemplate::new(302).insert_header("location", "/elsewhere"),
            Some(Unavailable),
        ),
    ];
    for (name, response, kind) in rows {
        let api = Api::without_tokens().await;
        api.at("GET", SESSION, ok(&session_body())).await;
        api.at("POST", TOKENS, response).await;
        let answer = api.management().session("ses_1").await;
        let found = answer.as_ref().err().map(|error| error.kind());
        assert_eq!(found, kind, "{name}: {answer:?}");
        if let Err(error) = answer {
            assert_reveals_nothing(&format!("{error} {error:?}"));
            assert!(
                error.to_string().starts_with("POST /oauth/token: "),
                "{name}"
            );
        }
        assert_eq!(api.count("/elsewhere").await, 0);
    }
}
