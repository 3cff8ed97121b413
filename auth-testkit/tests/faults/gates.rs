//! Requests that wait until the test lets them go.

use auth_testkit::{Endpoint, MockScalekit};
use reqwest::StatusCode;

use crate::support::{http, jwks};

fn fetch(scalekit: &MockScalekit) -> tokio::task::JoinHandle<StatusCode> {
    let request = http().get(scalekit.keys_url());
    tokio::spawn(async move { request.send().await.unwrap().status() })
}

#[tokio::test]
async fn requests_wait_until_they_are_let_go() {
    let scalekit = MockScalekit::start().await;
    let gate = scalekit.hold(Endpoint::Keys);
    let fetches: Vec<_> = (0..3).map(|_| fetch(&scalekit)).collect();
    gate.reached_by(3).await;
    assert_eq!(
        scalekit.key_fetches(),
        3,
        "they are recorded when they come"
    );
    assert!(fetches.iter().all(|fetch| !fetch.is_finished()));
    gate.release();
    for fetch in fetches {
        assert_eq!(fetch.await.unwrap(), StatusCode::OK);
    }
    jwks(&scalekit).await;
}

#[tokio::test]
async fn what_waits_is_handled_when_it_is_let_go() {
    let scalekit = MockScalekit::start().await;
    let gate = scalekit.hold(Endpoint::Keys);
    let url = scalekit.keys_url().to_owned();
    let keys = tokio::spawn(async move { http().get(url).send().await.unwrap().text().await });
    gate.reached_by(1).await;
    scalekit.keys().rotate();
    drop(gate);
    assert!(
        keys.await
            .unwrap()
            .unwrap()
            .contains(&scalekit.keys().kid())
    );
}

#[tokio::test]
async fn a_client_that_gives_up_waits_no_longer() {
    let scalekit = MockScalekit::start().await;
    let gate = scalekit.hold(Endpoint::Keys);
    let fetch = fetch(&scalekit);
    gate.reached_by(1).await;
    fetch.abort();
    while gate.waiting() > 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn an_issuer_can_be_dropped_while_requests_wait() {
    let scalekit = MockScalekit::start().await;
    let gate = scalekit.hold(Endpoint::Keys);
    let request = http().get(scalekit.keys_url());
    let fetch = tokio::spawn(request.send());
    gate.reached_by(1).await;
    drop(scalekit);
    fetch.await.unwrap().unwrap_err();
}
