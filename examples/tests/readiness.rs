//! The two routes of the server that need no token, while its issuer comes and goes; and what the
//! server logs of tokens whose key is newer than the key set.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    missing_docs,
    reason = "a failure here is the test's failure"
)]

#[path = "../../auth-core/tests/support/logged.rs"]
mod logged;

use std::time::Duration;

use auth_scalekit::ScalekitProvider;
use auth_testkit::{Endpoint, Fault, MockScalekit, TestClock};
use axum::Router;
use axum::body::Body;
use examples::server::app;
use http::{Method, Request, StatusCode};
use tower::ServiceExt;

const URL: &str = "http://localhost:8000/mcp";

async fn issuer() -> (MockScalekit, TestClock) {
    let clock = TestClock::new();
    let scalekit = MockScalekit::builder()
        .resource_url(URL)
        .clock(clock.clone())
        .start()
        .await;
    (scalekit, clock)
}

fn server((scalekit, clock): &(MockScalekit, TestClock)) -> Router {
    let environment = scalekit.environment_url();
    let provider = ScalekitProvider::builder(environment, scalekit.resource_id(), URL)
        .clock(clock.clone())
        .build()
        .unwrap();
    app(provider).unwrap()
}

/// The status, and the seconds of `Retry-After`.
async fn ask(server: &Router, request: http::request::Builder) -> (StatusCode, Option<u64>) {
    let request = request.header("host", "localhost:8000");
    let response = server.clone().oneshot(request.body(Body::empty()).unwrap());
    let response = response.await.unwrap();
    let retry_after = response.headers().get("retry-after");
    let seconds = retry_after.map(|value| value.to_str().unwrap().parse().unwrap());
    (response.status(), seconds)
}

async fn get(server: &Router, path: &str) -> (u16, Option<u64>) {
    let (status, seconds) = ask(server, Request::get(path)).await;
    (status.as_u16(), seconds)
}

#[tokio::test]
async fn alive_at_once_and_ready_with_the_keys() {
    let issuer = issuer().await;
    let server = server(&issuer);
    assert_eq!(get(&server, "/health").await, (200, None));
    assert_eq!(get(&server, "/ready").await, (200, None));
    // Exactly these, and only to be read.
    for (method, path) in [
        (Method::POST, "/ready"),
        (Method::POST, "/health"),
        (Method::GET, "/ready/"),
        (Method::GET, "/readyx"),
        (Method::GET, "/mcp"),
    ] {
        let request = Request::builder().method(method.clone()).uri(path);
        let (status, _) = ask(&server, request).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{method} {path}");
    }
}

#[tokio::test]
async fn not_ready_without_keys_and_ready_when_they_come() {
    let issuer = issuer().await;
    let outage = issuer.0.refuse_connections();
    let server = server(&issuer);
    for _ in 0..10 {
        assert_eq!(get(&server, "/ready").await, (503, Some(1)));
        assert_eq!(get(&server, "/health").await, (200, None));
    }
    drop(outage);
    issuer.1.advance(Duration::from_secs(1));
    assert_eq!(get(&server, "/ready").await, (200, None));
    // Keys that are too old are none.
    let outage = issuer.0.fail(Endpoint::Keys, Fault::Status(500));
    issuer.1.advance(Duration::from_secs(3899));
    assert_eq!(get(&server, "/ready").await, (200, None));
    issuer.1.advance(Duration::from_secs(1));
    assert_eq!(get(&server, "/ready").await.0, 503);
    assert_eq!(get(&server, "/health").await, (200, None));
    drop(outage);
    issuer.1.advance(Duration::from_secs(30));
    assert_eq!(get(&server, "/ready").await, (200, None));
}

/// An unknown key within the budget of fetches is no outage, and worth no line above INFO.
#[tokio::test]
async fn unknown_keys_are_logged_below_warn() {
    /// Few enough that each refusal has a line: what strangers cause is sampled.
    const ASKED: usize = 5;
    logged::begin();
    let issuer = issuer().await;
    let (scalekit, clock) = &issuer;
    let server = server(&issuer);
    let send = async |token: String| {
        let request = Request::get("/mcp").header("authorization", format!("Bearer {token}"));
        ask(&server, request).await
    };
    let unknown = || scalekit.token().unknown_kid();
    // The budget's one fetch, which answers with 401.
    let (status, _) = send(unknown().sign()).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED, "the control");
    // The server judges tokens by the computer's clock, so the issuer's must not run far ahead.
    for window in 0..2 {
        logged::text();
        for _ in 0..ASKED {
            let (status, retry_after) = send(unknown().sign()).await;
            assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
            assert_eq!(retry_after, Some(30), "{window}");
        }
        let log = logged::text();
        let about = |words: &str| log.lines().filter(|line| line.contains(words)).count();
        assert_eq!(about("ERROR") + about("WARN"), 0, "{log}");
        assert_eq!(about("cannot be reached"), 0, "{log}");
        assert_eq!(about("request refused"), ASKED, "one event each: {log}");
        assert_eq!(about("error.type=\"unknown_key\""), ASKED, "{log}");
        let once = about("a token names one that the key set does not have");
        assert_eq!(once, 1, "once for each window: {log}");
        if window == 0 {
            clock.advance(Duration::from_secs(30));
            let (status, _) = send(unknown().sign()).await;
            assert_eq!(status, StatusCode::UNAUTHORIZED, "the next window's fetch");
        }
    }
}

/// What the test above must not make silent.
#[tokio::test]
async fn an_outage_is_a_warning() {
    logged::begin();
    let issuer = issuer().await;
    let _outage = issuer.0.fail(Endpoint::Keys, Fault::Status(500));
    let server = server(&issuer);
    let token = issuer.0.token().sign();
    let request = Request::get("/mcp").header("authorization", format!("Bearer {token}"));
    let (status, _) = ask(&server, request).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    let log = logged::text();
    let warns = log.lines().filter(|line| line.contains("WARN")).count();
    assert_eq!(warns, 2, "the fetch and the request: {log}");
    assert!(
        log.contains("the issuer or its keys cannot be reached"),
        "{log}"
    );
}
