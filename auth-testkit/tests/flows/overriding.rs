//! An author's own mock wins over the issuer, and is still counted.

use auth_testkit::{Endpoint, MockScalekit};
use reqwest::StatusCode;
use wiremock::matchers::{method, path};
use wiremock::{Mock, ResponseTemplate};

use crate::support::{http, jwks};

#[tokio::test]
async fn a_mock_of_ones_own_overrides_the_keys() {
    let scalekit = MockScalekit::start().await;
    let broken = Mock::given(method("GET"))
        .and(path("/keys"))
        .respond_with(ResponseTemplate::new(503).insert_header("retry-after", "7"))
        .up_to_n_times(1)
        .expect(1);
    broken.mount(scalekit.server()).await;
    let response = http().get(scalekit.keys_url()).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(response.headers()["retry-after"], "7");
    assert_eq!(jwks(&scalekit).await["keys"].as_array().unwrap().len(), 1);
    assert_eq!(scalekit.key_fetches(), 2, "both answers count");
}

#[tokio::test]
async fn another_path_can_be_added() {
    let scalekit = MockScalekit::start().await;
    let status = Mock::given(path("/status")).respond_with(ResponseTemplate::new(204));
    status.mount(scalekit.server()).await;
    let url = format!("{}/status", scalekit.environment_url());
    let response = http().get(url).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::NO_CONTENT);
    assert_eq!(scalekit.requests(Endpoint::Other).len(), 1);
    jwks(&scalekit).await;
}
