//! Dynamic client registration.

use auth_testkit::{MockScalekit, TestClock};
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};
use std::time::{Duration, SystemTime};

use crate::support::{
    REDIRECT, authorization, code, code_for, error, exchange, http, tokens, with,
};

async fn register(scalekit: &MockScalekit, body: &Value) -> Response {
    let (env, res) = (scalekit.environment_url(), scalekit.resource_id());
    let url = format!("{env}/api/v1/resources/{res}/clients:register");
    http().post(url).json(body).send().await.unwrap()
}

/// What the SDKs send.
fn control() -> Value {
    json!({
        "client_name": "Inspector",
        "redirect_uris": [REDIRECT],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
        "application_type": "native",
    })
}

#[tokio::test]
async fn the_answer_is_scalekits_and_the_client_works() {
    let clock = TestClock::at(SystemTime::UNIX_EPOCH + Duration::from_secs(1_788_433_620));
    let scalekit = MockScalekit::builder().clock(clock).start().await;
    let response = register(&scalekit, &control()).await;
    assert_eq!(response.status(), StatusCode::CREATED);
    assert_eq!(response.headers()["cache-control"], "no-store");
    let body: Value = response.json().await.unwrap();
    let client_id = body["client_id"].as_str().unwrap();
    let digits = client_id.strip_prefix("m2m_").unwrap();
    assert!(digits.bytes().all(|byte| byte.is_ascii_digit()));
    assert_eq!(
        body,
        json!({
            "client_id": client_id,
            "name": "Inspector",
            "redirect_uris": [REDIRECT],
            "scopes": ["notes:read", "notes:write"],
            "audience": ["res_1000000001"],
            "custom_claims": [],
            "resource_id": "res_1000000001",
            "secrets": [],
            "create_time": "2026-09-03T11:07:00Z",
            "update_time": "2026-09-03T11:07:00Z",
        })
    );
    tokens(
        &scalekit,
        &exchange(client_id, &code(&scalekit, client_id).await),
    )
    .await;
}

#[tokio::test]
async fn registered_scopes_limit_what_is_granted() {
    let scalekit = MockScalekit::start().await;
    let mut request = control();
    request["scope"] = "openid notes:read mail:send".into();
    let body: Value = register(&scalekit, &request).await.json().await.unwrap();
    assert_eq!(body["scopes"], json!(["notes:read"]));
    let client = body["client_id"].as_str().unwrap();
    let asked = with(
        authorization(client),
        "scope",
        "notes:read notes:write openid",
    );
    let code = code_for(&scalekit, &asked).await;
    let bought = tokens(&scalekit, &exchange(client, &code)).await;
    assert_eq!(bought["scope"], "notes:read openid");
}

#[tokio::test]
async fn a_body_that_is_no_client_metadata_is_refused() {
    let scalekit = MockScalekit::start().await;
    assert_eq!(
        register(&scalekit, &control()).await.status(),
        StatusCode::CREATED
    );
    for body in [json!([]), json!({ "redirect_uris": "x" }), json!("x")] {
        let response = register(&scalekit, &body).await;
        let error = error(response, StatusCode::BAD_REQUEST).await;
        assert_eq!(error, "invalid_client_metadata", "{body}");
    }
    let (env, res) = (scalekit.environment_url(), scalekit.resource_id());
    let url = format!("{env}/api/v1/resources/{res}/clients:register");
    let request = http().post(url).body(control().to_string());
    let response = request
        .header("content-type", "text/plain")
        .send()
        .await
        .unwrap();
    let error = error(response, StatusCode::BAD_REQUEST).await;
    assert_eq!(error, "invalid_client_metadata");
}
