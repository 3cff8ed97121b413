//! The rate limit of the API, and faults of its endpoints.

use std::time::Duration;

use auth_testkit::settings::ManagementRateLimit;
use auth_testkit::{Endpoint, Fault, MockScalekit, TestClock};
use reqwest::{Method, Response, StatusCode};
use serde_json::Value;

use crate::api::Api;

const PATH: &str = "/organizations";

async fn start(clock: &TestClock, limit: ManagementRateLimit) -> (MockScalekit, Api) {
    let builder = MockScalekit::builder().clock(clock.clone());
    let scalekit = builder.management_rate_limit(limit).start().await;
    let api = Api::of(&scalekit).await;
    (scalekit, api)
}

async fn assert_limited(response: Response, retry_after: Option<&str>) {
    assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
    let header = response.headers().get("retry-after");
    let header = header.map(|value| value.to_str().unwrap().to_owned());
    assert_eq!(header.as_deref(), retry_after);
    let body: Value = response.json().await.unwrap();
    let detail = &body["details"][0];
    assert_eq!(
        (&body["code"], &detail["error_code"]),
        (&8.into(), &"RATE_LIMITED".into())
    );
}

#[tokio::test]
async fn more_calls_than_the_limit_are_429_until_the_minute_is_over() {
    let clock = TestClock::new();
    let (_scalekit, api) = start(&clock, ManagementRateLimit::per_minute(2)).await;
    api.get(PATH).await;
    // It does not count.
    api.call_with(None, Method::GET, PATH).await;
    clock.advance(Duration::from_secs(30));
    api.get("/roles").await;
    assert_limited(api.call(Method::GET, PATH).await, None).await;
    clock.advance(Duration::from_secs(29));
    assert_limited(api.call(Method::GET, "/roles").await, None).await;
    clock.advance(Duration::from_secs(1));
    api.get(PATH).await;
    api.get(PATH).await;
    assert_limited(api.call(Method::GET, PATH).await, None).await;
}

#[tokio::test]
async fn retry_after_has_the_seconds_until_then() {
    let clock = TestClock::new();
    let limit = ManagementRateLimit::per_minute(1).with_retry_after();
    let (_scalekit, api) = start(&clock, limit).await;
    api.get(PATH).await;
    clock.advance(Duration::from_millis(10_500));
    assert_limited(api.call(Method::GET, PATH).await, Some("50")).await;
    clock.advance(Duration::from_secs(50));
    api.get(PATH).await;
}

#[tokio::test]
async fn faults_apply_to_the_new_endpoints() {
    let clock = TestClock::new();
    let scalekit = MockScalekit::builder().clock(clock.clone()).start().await;
    let api = Api::of(&scalekit).await;
    api.get(PATH).await;
    for (status, code) in [(429, 8), (409, 6), (500, 13)] {
        let fault = scalekit.fail(Endpoint::Organizations, Fault::Status(status));
        let response = api.call(Method::GET, PATH).await;
        assert_eq!(response.status(), status);
        let body: Value = response.json().await.unwrap();
        assert_eq!(body["code"], code);
        drop(fault);
    }
    let fault = scalekit.fail(Endpoint::Organizations, Fault::Truncate(10));
    let response = api.call(Method::GET, PATH).await;
    assert_eq!(response.status(), StatusCode::OK);
    response.bytes().await.unwrap_err();
    drop(fault);
    let slow = scalekit.fail(
        Endpoint::Organizations,
        Fault::Delay(Duration::from_secs(3600)),
    );
    let pending = tokio::spawn({
        let api = api.clone();
        async move { api.get(PATH).await }
    });
    // The delay has begun when its request is counted.
    while slow.hits() == 0 {
        tokio::task::yield_now().await;
    }
    clock.advance(Duration::from_secs(3600));
    assert_eq!(pending.await.unwrap()["total_size"], 1);
    drop(slow);
    api.get(PATH).await;
}
