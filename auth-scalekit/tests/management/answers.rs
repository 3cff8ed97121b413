//! Answers of the API: which are errors of which kind, and what errors say.

use std::error::Error;
use std::time::Duration;

use auth_core::verifier::Unavailable;
use auth_scalekit::management::ManagementErrorKind::{
    self, BadRequest, NotFound, RateLimited, Refused, Unreadable,
};
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use crate::harness::{Api, assert_reveals_nothing, error, ok, session_body};

const SESSION: &str = "/api/v1/sessions/ses_1";
const NAME: &str = "GET /api/v1/sessions/{session_id}";

#[tokio::test]
async fn each_status_has_its_kind() {
    let advice = ": check SCALEKIT_CLIENT_ID and SCALEKIT_CLIENT_SECRET, the permissions of that client, \
                  and from which addresses it may be used";
    let page = |status| ResponseTemplate::new(status).set_body_raw("<html>marker", "text/html");
    let unavailable = ManagementErrorKind::Unavailable;
    for (answer, kind, text) in [
        (
            error(400, 3, "INVALID_ARGUMENT"),
            BadRequest,
            "status 400 (INVALID_ARGUMENT)",
        ),
        (
            error(403, 7, "PERMISSION_DENIED"),
            Refused,
            "status 403 (PERMISSION_DENIED)",
        ),
        (
            error(401, 16, "IP_NOT_ALLOWED"),
            Refused,
            "status 401 (IP_NOT_ALLOWED)",
        ),
        (page(403), Refused, "status 403"),
        (
            error(404, 5, "NOT_FOUND"),
            NotFound,
            "status 404 (NOT_FOUND)",
        ),
        // Of a proxy or another server: nothing is known about the session.
        (page(404), unavailable, "status 404"),
        (
            error(404, 12, "NOT_FOUND"),
            unavailable,
            "status 404 (NOT_FOUND)",
        ),
        (error(408, 4, "X"), unavailable, "status 408 (X)"),
        (
            error(409, 6, "ALREADY_EXISTS"),
            BadRequest,
            "status 409 (ALREADY_EXISTS)",
        ),
        (
            error(429, 8, "RATE_LIMITED"),
            RateLimited,
            "status 429 (RATE_LIMITED)",
        ),
        (
            error(499, 1, "CANCELLED"),
            unavailable,
            "status 499 (CANCELLED)",
        ),
        (
            error(500, 13, "INTERNAL"),
            unavailable,
            "status 500 (INTERNAL)",
        ),
        (error(503, 14, "eyJ.marker.x"), unavailable, "status 503"),
        (page(502), unavailable, "status 502"),
        (
            ResponseTemplate::new(302).insert_header("location", "/elsewhere"),
            unavailable,
            "status 302",
        ),
    ] {
        let api = Api::start().await;
        api.at("GET", SESSION, answer).await;
        let error = api.management().session("ses_1").await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert_eq!(error.is_not_found(), kind == NotFound);
        let advice = if kind == Refused { advice } else { "" };
        assert_eq!(error.to_string(), format!("{NAME}: {text}{advice}"));
        assert_eq!(error.call(), NAME);
        assert!(text.contains(&error.status().unwrap().to_string()));
        assert_eq!(error.error_code().is_some(), text.contains('('), "{text}");
        assert_reveals_nothing(&format!("{error} {error:?}"));
        assert_eq!(api.count(SESSION).await, 1, "not repeated: {text}");
        assert_eq!(api.count("/elsewhere").await, 0);
    }
}

#[tokio::test]
async fn the_delay_that_the_api_requests_is_reported_and_not_waited_for() {
    for (header, wait) in [(Some("7"), Some(7)), (Some("never"), None), (None, None)] {
        let api = Api::start().await;
        let mut limit = error(429, 8, "RATE_LIMITED");
        if let Some(header) = header {
            limit = limit.insert_header("retry-after", header);
        }
        api.at("GET", SESSION, limit).await;
        let error = api.management().session("ses_1").await.unwrap_err();
        let wait = wait.map(Duration::from_secs);
        assert_eq!(error.retry_after(), wait, "{header:?}");
        let unavailable = Unavailable::from(error);
        assert_eq!(
            unavailable.retry_after(),
            wait.unwrap_or(Duration::from_secs(1))
        );
        let source = unavailable.source().unwrap().to_string();
        assert_eq!(source, format!("{NAME}: status 429 (RATE_LIMITED)"));
    }
}

#[tokio::test]
async fn what_is_not_as_documented_is_unreadable() {
    let with = |name: &str, value: Value| {
        let mut body = session_body();
        body[name] = value;
        ok(&body)
    };
    let json = |body: &str| ResponseTemplate::new(200).set_body_raw(body, "application/json");
    let deep = format!(r#"{{"a":{}{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    let reserved = r#"{"session_id":"ses_1","x":{"$serde_json::private::RawValue":"{}"}}"#;
    for (name, answer, is_readable) in [
        ("the control", ok(&session_body()), true),
        ("an unknown member", with("new", json!([{}])), true),
        (
            "no organization",
            with("organization_id", json!(null)),
            true,
        ),
        ("no end", with("idle_expires_at", json!(null)), true),
        (
            "a malformed end",
            with("idle_expires_at", json!("tomorrow")),
            false,
        ),
        (
            "an end of another type",
            with("absolute_expires_at", json!(0)),
            false,
        ),
        ("another session", with("session_id", json!("ses_2")), false),
        ("no id", with("session_id", json!(null)), false),
        ("no user", with("user_id", json!("")), false),
        ("no status", with("status", json!(null)), false),
        ("a status of another type", with("status", json!(1)), false),
        (
            "a long status",
            with("status", json!("x".repeat(257))),
            false,
        ),
        ("a list", json("[]"), false),
        ("nothing", json(""), false),
        (
            "a duplicate member",
            json(r#"{"session_id":"ses_1","session_id":"ses_1"}"#),
            false,
        ),
        ("a name that a parser reserves", json(reserved), false),
        ("deep", json(&deep), false),
        (
            "not UTF-8",
            ResponseTemplate::new(200)
                .set_body_raw(b"{\"a\":\"\xff\"}".to_vec(), "application/json"),
            false,
        ),
        (
            "another type",
            ResponseTemplate::new(200).set_body_raw(session_body().to_string(), "text/html"),
            false,
        ),
        (
            "more than 64 KiB",
            with("new", json!("x".repeat(64 * 1024))),
            false,
        ),
    ] {
        let api = Api::start().await;
        api.at("GET", SESSION, answer).await;
        let answer = api.management().session("ses_1").await;
        assert_eq!(answer.is_ok(), is_readable, "{name}: {answer:?}");
        if let Err(error) = answer {
            assert_eq!(error.kind(), Unreadable, "{name}: {error}");
            assert_eq!((error.status(), error.error_code()), (None, None), "{name}");
        }
    }
}

#[tokio::test]
async fn a_call_ends_without_an_answer() {
    let api = Api::start().await;
    let late = ok(&session_body()).set_delay(Duration::from_secs(3600));
    api.once("GET", SESSION, ok(&session_body())).await;
    api.at("GET", SESSION, late).await;
    api.management().session("ses_1").await.unwrap();
    // The time limits of tokio pass at once when nothing else happens.
    tokio::time::pause();
    let begun = tokio::time::Instant::now();
    let error = api.management().session("ses_1").await.unwrap_err();
    assert_eq!(error.kind(), ManagementErrorKind::Unavailable);
    assert_eq!(
        error.to_string(),
        format!("{NAME}: no response (timed out)")
    );
    let took = begun.elapsed();
    assert!(took <= Duration::from_secs(11), "{took:?}");
}

#[tokio::test]
async fn debug_shows_no_secret() {
    let api = Api::start().await;
    api.at("GET", SESSION, ok(&session_body())).await;
    api.management().session("ses_1").await.unwrap();
    let shown = format!("{:?} {:?}", api.management(), api.provider);
    assert!(shown.contains("127.0.0.1"), "{shown}");
    assert_reveals_nothing(&shown);
}
