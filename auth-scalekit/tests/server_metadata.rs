//! The authorization server's metadata, passed on through the layer.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failure here is the test's failure"
)]

mod support;

use std::time::Duration;

use auth_core::layer::AuthLayer;
use auth_core::operation::RequestBody;
use auth_core::provider::AuthProvider;
use auth_testkit::MockScalekit;
use http::{Request, Response};
use support::Pair;
use tower::{Layer, ServiceExt};
use wiremock::matchers::path_regex;
use wiremock::{Mock, ResponseTemplate};

const PATH: &str = "/.well-known/oauth-authorization-server";

async fn get(pair: &Pair, method: &str) -> (u16, http::HeaderMap, String) {
    let inner = tower::service_fn(|_: Request<RequestBody<String>>| async {
        Ok::<_, std::convert::Infallible>(Response::new(String::from("inner")))
    });
    let service = AuthLayer::new(pair.provider.clone()).unwrap().layer(inner);
    let request = Request::builder().method(method).uri(PATH);
    let response = service
        .oneshot(request.body(String::new()).unwrap())
        .await
        .unwrap();
    let (parts, body) = response.into_parts();
    let body = http_body_util::BodyExt::collect(body)
        .await
        .unwrap()
        .to_bytes();
    let text = String::from_utf8(body.to_vec()).unwrap();
    (parts.status.as_u16(), parts.headers, text)
}

async fn metadata_answers(scalekit: &MockScalekit, template: ResponseTemplate) {
    Mock::given(path_regex("oauth-authorization-server"))
        .respond_with(template)
        .with_priority(1)
        .mount(scalekit.server())
        .await;
}

#[tokio::test]
async fn it_is_passed_on_byte_for_byte_and_kept() {
    let pair = Pair::start().await;
    let (status, headers, body) = get(&pair, "GET").await;
    assert_eq!(status, 200, "{body}");
    assert_eq!(headers["content-type"], "application/json");
    assert_eq!(headers["access-control-allow-origin"], "*");
    assert_eq!(headers["cache-control"], "public, max-age=300");
    let document: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!(document["issuer"], pair.scalekit.issuer());
    for _ in 0..10 {
        assert_eq!(get(&pair, "GET").await.2, body);
    }
    assert_eq!(pair.scalekit.metadata_fetches(), 1);
    assert_eq!(get(&pair, "OPTIONS").await.0, 204);
    assert_eq!(get(&pair, "POST").await.0, 405);
}

#[tokio::test]
async fn the_append_form_is_asked_for_when_the_insert_form_is_not_there() {
    let pair = Pair::start().await;
    let scalekit = MockScalekit::builder()
        .resource_url(support::MCP_URL)
        .path_inserted_metadata(false)
        .start()
        .await;
    let provider = support::builder(&scalekit).build().unwrap();
    let pair = Pair {
        scalekit,
        provider,
        ..pair
    };
    assert_eq!(get(&pair, "GET").await.0, 200);
    assert_eq!(pair.scalekit.metadata_fetches(), 2);
}

#[tokio::test]
async fn failures_are_opaque() {
    let json =
        |body: &str| ResponseTemplate::new(200).set_body_raw(body.as_bytes(), "application/json");
    // The second place is asked only if the first says that nothing is there.
    let rows = [
        ("500", ResponseTemplate::new(500), 1),
        ("404", ResponseTemplate::new(404), 2),
        (
            "a page",
            ResponseTemplate::new(200).set_body_raw("<html>", "text/html"),
            1,
        ),
        ("not an object", json("[]"), 1),
        ("no issuer", json("{}"), 1),
        (
            "another issuer",
            json(r#"{"issuer":"https://evil.example"}"#),
            1,
        ),
    ];
    for (name, answer, fetches) in rows {
        let pair = Pair::start().await;
        metadata_answers(&pair.scalekit, answer).await;
        let (status, headers, body) = get(&pair, "GET").await;
        assert_eq!(status, 502, "{name}");
        assert_eq!(pair.scalekit.metadata_fetches(), fetches, "{name}");
        assert_eq!(headers["access-control-allow-origin"], "*", "{name}");
        assert_eq!(headers["cache-control"], "no-store", "{name}");
        assert_eq!(
            body, r#"{"error":"server_error","error_description":"The document is unavailable"}"#,
            "{name}"
        );
    }
}

#[tokio::test]
async fn a_dead_issuer_is_503_and_an_answer_at_hand_is_used() {
    let dead = Pair::start().await;
    let Pair {
        scalekit,
        provider,
        clock,
    } = dead;
    let environment = scalekit.environment_url().to_owned();
    drop(scalekit);
    let other = MockScalekit::start().await;
    let pair = Pair {
        scalekit: other,
        provider,
        clock,
    };
    let (status, headers, body) = get(&pair, "GET").await;
    assert_eq!(
        (status, headers["retry-after"].to_str().unwrap()),
        (503, "5")
    );
    assert!(
        !body.contains(&environment) && !body.contains("127.0.0.1"),
        "{body}"
    );

    let pair = Pair::start().await;
    let before = get(&pair, "GET").await.2;
    metadata_answers(&pair.scalekit, ResponseTemplate::new(500)).await;
    pair.clock.advance(Duration::from_secs(600));
    assert_eq!(get(&pair, "GET").await.2, before);
}

#[tokio::test]
async fn it_can_be_switched_off() {
    let pair = Pair::with(|builder| builder.forward_server_metadata(false)).await;
    assert_eq!(get(&pair, "GET").await.0, 401);
}

#[tokio::test]
async fn no_other_document_is_passed_on() {
    let pair = Pair::start().await;
    for (path, is_there) in [(PATH, true), ("/.well-known/openid-configuration", false)] {
        let documents = pair.provider.documents();
        let mut of_path = documents.iter().filter(|document| document.path() == path);
        assert_eq!(of_path.next().is_some(), is_there, "{path}");
    }
}

#[tokio::test]
async fn it_is_read_from_this_machine_by_its_name() {
    let (scalekit, clock) = support::issuer().await;
    let named = scalekit.environment_url().replace("127.0.0.1", "localhost");
    assert_ne!(named, scalekit.environment_url());
    let issuer = scalekit.issuer().replace("127.0.0.1", "localhost");
    let document = serde_json::json!({ "issuer": issuer });
    metadata_answers(
        &scalekit,
        ResponseTemplate::new(200).set_body_json(document),
    )
    .await;
    let pair = Pair::beside((scalekit, clock), |builder| builder.environment_url(named));
    let (status, _, body) = get(&pair, "GET").await;
    assert_eq!(status, 200, "{body}");
    assert!(body.contains(&issuer), "{body}");
}
