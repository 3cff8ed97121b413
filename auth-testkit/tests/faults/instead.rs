//! Other answers than the true one, in their order and number.

use auth_testkit::{Endpoint, Fault, MockScalekit};
use reqwest::StatusCode;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::raw::{connect, get};
use crate::support::{http, jwks};

#[tokio::test]
async fn a_status_comes_as_often_as_it_was_asked_for() {
    let scalekit = MockScalekit::start().await;
    assert_eq!(get(&scalekit, "/keys").await.status(), "200", "the control");
    let busy = scalekit.fail(Endpoint::Keys, Fault::Status(429)).times(2);
    let broken = scalekit.fail(Endpoint::Keys, Fault::Status(500)).times(1);
    let mut seen = Vec::new();
    for _ in 0..4 {
        let response = http().get(scalekit.keys_url()).send().await.unwrap();
        let waits = response.headers().contains_key("retry-after");
        seen.push((response.status().as_u16(), waits));
    }
    let expected = [(429, true), (429, true), (500, false), (200, false)];
    assert_eq!(seen, expected);
    assert_eq!((busy.hits(), broken.hits()), (2, 1));
    assert_eq!(scalekit.key_fetches(), 5, "failed ones are recorded too");
}

#[tokio::test]
async fn a_fault_is_of_its_endpoint_alone_and_ends_with_its_guard() {
    let scalekit = MockScalekit::start().await;
    let outage = scalekit.fail(Endpoint::Keys, Fault::Status(503));
    for _ in 0..3 {
        assert_eq!(get(&scalekit, "/keys").await.status(), "503");
    }
    let path = "/.well-known/openid-configuration";
    assert_eq!(get(&scalekit, path).await.status(), "200");
    drop(outage);
    jwks(&scalekit).await;

    scalekit.fail(Endpoint::Keys, Fault::Status(503)).keep();
    assert_eq!(get(&scalekit, "/keys").await.status(), "503");
}

#[tokio::test]
#[should_panic(expected = "a fault of Keys was set for 2 requests, and 1 came")]
async fn a_fault_that_is_not_met_is_a_mistake_of_the_test() {
    let scalekit = MockScalekit::start().await;
    let outage = scalekit.fail(Endpoint::Keys, Fault::Status(503)).times(2);
    get(&scalekit, "/keys").await;
    drop(outage);
}

#[tokio::test]
#[should_panic(expected = "a final http status is from 200 to 599; got 103")]
async fn a_status_that_is_not_final_is_a_mistake_of_the_test() {
    let scalekit = MockScalekit::start().await;
    drop(scalekit.fail(Endpoint::Keys, Fault::Status(103)));
}

#[tokio::test]
async fn a_body_of_ones_own_stands_in_for_the_answer() {
    let scalekit = MockScalekit::start().await;
    let body = br#"{"keys":[]} trailing"#.to_vec();
    let _fault = scalekit.fail(Endpoint::Keys, Fault::Body(body.clone()));
    let response = http().get(scalekit.keys_url()).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["content-type"], "application/json");
    assert_eq!(response.bytes().await.unwrap(), body);
}

#[tokio::test]
async fn a_redirect_goes_where_the_test_says() {
    let scalekit = MockScalekit::start().await;
    let elsewhere = "https://evil.example/keys";
    let _fault = scalekit.fail(Endpoint::Keys, Fault::Redirect(elsewhere.to_owned()));
    let response = http().get(scalekit.keys_url()).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::FOUND);
    assert_eq!(response.headers()["location"], elsewhere);
}

#[tokio::test]
async fn a_body_without_an_end_goes_on_until_the_client_has_enough() {
    const ENOUGH: usize = 32 * 1024 * 1024;
    let scalekit = MockScalekit::start().await;
    let endless = scalekit.fail(Endpoint::Keys, Fault::Endless).times(1);
    let mut stream = connect(&scalekit).await;
    let request = "GET /keys HTTP/1.1\r\nhost: x\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut buffer = vec![0; 64 * 1024];
    let mut total = 0;
    while total < ENOUGH {
        let count = stream.read(&mut buffer).await.unwrap();
        assert!(count > 0, "it ended after {total} bytes");
        total += count;
    }
    drop(stream);
    drop(endless);
    // And the issuer has not noticed.
    jwks(&scalekit).await;
}
