//! What clients sent, as assertions see it.

use auth_testkit::{Client, Endpoint, MockScalekit, SentAuth};
use serde_json::json;

use crate::support::{
    CHALLENGE, REDIRECT, authorization, code_for, exchange, http, refresh, tokens, with,
};

#[tokio::test]
async fn a_flow_can_be_asserted_step_by_step() {
    let scalekit = MockScalekit::start().await;
    let client =
        scalekit.register_client(Client::confidential("m2m_1", "s").redirect_uri(REDIRECT));
    let request = with(
        authorization(&client),
        "resource",
        "https://mcp.example/mcp",
    );
    let code = code_for(&scalekit, &request).await;
    let exchange = with(exchange(&client, &code), "client_secret", "s");
    let bought = tokens(&scalekit, &exchange).await;
    let refresh = refresh(&client, bought["refresh_token"].as_str().unwrap());
    tokens(&scalekit, &with(refresh, "client_secret", "s")).await;

    let [authorize] = scalekit.requests(Endpoint::Authorize).try_into().unwrap();
    assert_eq!(authorize.method(), "GET");
    assert!(authorize.path().ends_with("/oauth/authorize"));
    assert_eq!(authorize.param("code_challenge"), Some(CHALLENGE));
    assert_eq!(authorize.param("resource"), Some("https://mcp.example/mcp"));
    assert_eq!(authorize.param("redirect_uri"), Some(REDIRECT));
    assert_eq!(authorize.auth(), SentAuth::None);

    let [code, refresh] = scalekit.requests(Endpoint::Token).try_into().unwrap();
    assert_eq!(code.param("grant_type"), Some("authorization_code"));
    assert_eq!(code.auth(), SentAuth::Post);
    let names = [
        "grant_type",
        "client_id",
        "redirect_uri",
        "code",
        "code_verifier",
        "client_secret",
    ];
    assert_eq!(code.param_names(), names);
    for secret in ["code", "code_verifier", "client_secret"] {
        assert!(code.has(secret));
        assert_eq!(code.param(secret), None, "{secret} is not kept");
    }
    assert!(refresh.has("refresh_token") && refresh.param("refresh_token").is_none());
}

#[tokio::test]
async fn a_registration_is_recorded_member_by_member() {
    let scalekit = MockScalekit::start().await;
    let (env, res) = (scalekit.environment_url(), scalekit.resource_id());
    let url = format!("{env}/api/v1/resources/{res}/clients:register");
    let body = json!({
        "redirect_uris": [REDIRECT, "https://app.example/cb"],
        "software_statement": "eyJ",
        "scope": "notes:read",
    });
    http().post(url).json(&body).send().await.unwrap();
    let [sent] = scalekit.requests(Endpoint::Register).try_into().unwrap();
    assert_eq!(
        sent.params("redirect_uris"),
        [REDIRECT, "https://app.example/cb"]
    );
    assert_eq!(sent.param("scope"), Some("notes:read"));
    assert!(sent.has("software_statement") && sent.param("software_statement").is_none());
}

#[tokio::test]
async fn unknown_paths_are_recorded_too() {
    let scalekit = MockScalekit::start().await;
    let url = format!(
        "{}/.well-known/jwks.json?token=abc",
        scalekit.environment_url()
    );
    http().get(url).send().await.unwrap();
    let [sent] = scalekit.requests(Endpoint::Other).try_into().unwrap();
    assert_eq!(sent.path(), "/.well-known/jwks.json");
    assert_eq!((sent.has("token"), sent.param("token")), (true, None));
}
