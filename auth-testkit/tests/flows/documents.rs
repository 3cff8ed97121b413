//! Clients that are known by the document at their own id (CIMD).

use std::time::Duration;

use auth_testkit::settings::Leniency;
use auth_testkit::{Endpoint, MockScalekit, TestClock};
use reqwest::StatusCode;
use serde_json::{Value, json};
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::support::{REDIRECT, authorization, authorize, code, exchange, get_json, tokens};

/// A host of documents on this machine, and an issuer that may go there.
struct Harness {
    scalekit: MockScalekit,
    clock: TestClock,
    host: MockServer,
}

impl Harness {
    async fn start() -> Self {
        let clock = TestClock::new();
        let builder = MockScalekit::builder().clock(clock.clone());
        Self {
            scalekit: builder
                .lenient(Leniency::LoopbackClientMetadata)
                .start()
                .await,
            clock,
            host: MockServer::builder().start().await,
        }
    }

    fn id(&self) -> String {
        format!("{}/client.json", self.host.uri())
    }

    fn document(&self) -> Value {
        json!({ "client_id": self.id(), "client_name": "App", "redirect_uris": [REDIRECT] })
    }

    async fn serve(&self, template: ResponseTemplate) {
        self.host.reset().await;
        let mock = Mock::given(path("/client.json")).respond_with(template);
        mock.mount(&self.host).await;
    }

    async fn fetches(&self) -> usize {
        self.host.received_requests().await.unwrap().len()
    }

    /// Why an authorization request for this id is refused.
    async fn refusal(&self, id: &str) -> String {
        let response = authorize(&self.scalekit, &authorization(id)).await;
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{id}");
        let text = response.text().await.unwrap();
        assert!(text.starts_with("invalid_client_metadata_url"), "{text}");
        text
    }
}

#[tokio::test]
async fn a_client_logs_in_by_its_document_which_is_fetched_once_in_a_while() {
    let harness = Harness::start().await;
    let control = ResponseTemplate::new(200).set_body_json(harness.document());
    harness.serve(control).await;
    let id = harness.id();
    let metadata = format!(
        "{}/.well-known/oauth-authorization-server",
        harness.scalekit.issuer()
    );
    let metadata = get_json(&metadata).await;
    assert_eq!(metadata["client_id_metadata_document_supported"], true);
    for _ in 0..3 {
        let code = code(&harness.scalekit, &id).await;
        tokens(&harness.scalekit, &exchange(&id, &code)).await;
    }
    assert_eq!(harness.fetches().await, 1);
    harness.clock.advance(Duration::from_secs(300));
    code(&harness.scalekit, &id).await;
    assert_eq!(harness.fetches().await, 2);
}

#[tokio::test]
async fn a_published_document_is_read_like_a_fetched_one_and_nothing_is_fetched() {
    let scalekit = MockScalekit::start().await;
    let id = "https://app.invalid/client.json";
    let mut document = json!({ "client_id": id, "redirect_uris": [REDIRECT] });
    scalekit.publish_client_metadata(id, &document);
    let code = code(&scalekit, id).await;
    tokens(&scalekit, &exchange(id, &code)).await;

    document["client_id"] = json!("https://app.invalid/other.json");
    scalekit.publish_client_metadata(id, &document);
    let response = authorize(&scalekit, &authorization(id)).await;
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    assert!(response.text().await.unwrap().contains("not its own url"));
}

#[tokio::test]
#[should_panic(expected = "url: cannot be the id of a client: it must be https")]
async fn a_document_is_published_where_a_client_can_have_its_id() {
    let scalekit = MockScalekit::start().await;
    scalekit.publish_client_metadata("http://app.invalid/client.json", &json!({}));
}

#[tokio::test]
async fn a_bad_document_is_refused_with_the_reason_and_fetched_again_when_it_is_mended() {
    let harness = Harness::start().await;
    let good = harness.document();
    let changed = |name: &str, value: Value| {
        let mut document = good.clone();
        document[name] = value;
        ResponseTemplate::new(200).set_body_json(document)
    };
    let html = ResponseTemplate::new(200).set_body_raw(good.to_string(), "text/html");
    let elsewhere = ResponseTemplate::new(302).insert_header("location", "/other.json");
    let table = [
        (
            "not its own url",
            changed("client_id", json!("https://other.example/x")),
        ),
        (
            "not a JSON object with a client_id",
            changed("client_id", json!(7)),
        ),
        (
            "redirect_uris is missing",
            changed("redirect_uris", json!([])),
        ),
        (
            "must be https",
            changed("redirect_uris", json!(["http://app.example/cb"])),
        ),
        (
            "holds a client secret",
            changed("client_secret", json!("s")),
        ),
        (
            "needs a shared secret",
            changed("token_endpoint_auth_method", json!("client_secret_post")),
        ),
        (
            "more than 5120 bytes",
            changed("client_name", json!("x".repeat(5120))),
        ),
        ("gave status 404", ResponseTemplate::new(404)),
        ("gave status 302", elsewhere),
        ("not served as application/json", html),
    ];
    for (reason, template) in table {
        harness.serve(template).await;
        let text = harness.refusal(&harness.id()).await;
        assert!(text.contains(reason), "{reason}: {text}");
        assert_eq!(harness.fetches().await, 1, "{reason}");
    }
    harness
        .serve(ResponseTemplate::new(200).set_body_json(good))
        .await;
    code(&harness.scalekit, &harness.id()).await;
}

#[tokio::test]
async fn nothing_is_fetched_from_where_an_issuer_must_not_go() {
    let harness = Harness::start().await;
    let good = ResponseTemplate::new(200).set_body_json(harness.document());
    harness.serve(good).await;
    code(&harness.scalekit, &harness.id()).await;

    // The same document, and an issuer without the leniency.
    let strict = MockScalekit::start().await;
    let response = authorize(&strict, &authorization(&harness.id())).await;
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    assert!(response.text().await.unwrap().contains("it must be https"));
    assert_eq!(harness.fetches().await, 1);

    for (id, reason) in [
        ("https://localhost/client.json", "it is on this machine"),
        ("https://127.0.0.1/client.json", "it is on this machine"),
        ("https://[::1]/client.json", "it is on this machine"),
        (
            "https://10.0.0.1/client.json",
            "an address that is not public",
        ),
        (
            "https://169.254.169.254/client.json",
            "an address that is not public",
        ),
        (
            "https://[fd00::1]/client.json",
            "an address that is not public",
        ),
        ("http://app.example/client.json", "it must be https"),
        ("https://app.example/", "it must have a path"),
        (
            "https://app.example/a/../client.json",
            "not written in its normal form",
        ),
        ("https://me@app.example/client.json", "a user name"),
        ("https://app.example/client.json#x", "a fragment"),
        ("m2m_404", "it is not a URL"),
    ] {
        let response = authorize(&strict, &authorization(id)).await;
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{id}");
        let text = response.text().await.unwrap();
        assert!(text.contains(reason), "{id}: {text}");
    }
}

#[tokio::test]
async fn documents_can_be_switched_off() {
    let scalekit = MockScalekit::builder()
        .client_metadata_documents(false)
        .start()
        .await;
    let url = format!(
        "{}/.well-known/oauth-authorization-server",
        scalekit.issuer()
    );
    let metadata = get_json(&url).await;
    assert!(
        metadata
            .get("client_id_metadata_document_supported")
            .is_none()
    );
    let response = authorize(&scalekit, &authorization("https://app.example/client.json")).await;
    assert!(response.text().await.unwrap().contains("switched off"));
    assert_eq!(scalekit.requests(Endpoint::Authorize).len(), 1);
}
