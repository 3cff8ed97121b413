//! Refreshing: rotation, binding and narrowing.

use auth_testkit::{Client, MockScalekit};
use reqwest::StatusCode;

use crate::support::{
    REDIRECT, authorization, claims, code_for, error, exchange, public_client, refresh, token,
    tokens, with, without,
};

/// Scopes `openid offline_access notes:read`, for one resource.
async fn first_tokens(scalekit: &MockScalekit, client: &str) -> serde_json::Value {
    let request = with(authorization(client), "resource", "https://a.example/mcp");
    let code = code_for(scalekit, &request).await;
    tokens(scalekit, &exchange(client, &code)).await
}

fn refresh_token(tokens: &serde_json::Value) -> &str {
    tokens["refresh_token"].as_str().unwrap()
}

#[tokio::test]
async fn each_use_gives_another_token_of_the_same_session() {
    let scalekit = MockScalekit::start().await;
    let client = public_client(&scalekit);
    let first = first_tokens(&scalekit, &client).await;
    let second = tokens(&scalekit, &refresh(&client, refresh_token(&first))).await;
    let third = tokens(&scalekit, &refresh(&client, refresh_token(&second))).await;
    assert_ne!(refresh_token(&first), refresh_token(&second));
    assert_ne!(refresh_token(&second), refresh_token(&third));
    let [first, third] =
        [first, third].map(|tokens| claims(tokens["access_token"].as_str().unwrap()));
    for same in ["sub", "sid", "client_id", "scope", "aud", "oid"] {
        assert_eq!(first[same], third[same], "{same}");
    }
    assert_ne!(first["jti"], third["jti"]);
}

#[tokio::test]
async fn a_rotated_token_is_refused_and_its_successor_is_not() {
    let scalekit = MockScalekit::start().await;
    let client = public_client(&scalekit);
    let first = first_tokens(&scalekit, &client).await;
    let second = tokens(&scalekit, &refresh(&client, refresh_token(&first))).await;
    let response = token(&scalekit, &refresh(&client, refresh_token(&first))).await;
    assert_eq!(
        error(response, StatusCode::BAD_REQUEST).await,
        "invalid_grant"
    );
    tokens(&scalekit, &refresh(&client, refresh_token(&second))).await;
}

#[tokio::test]
async fn wrong_requests_are_refused_and_do_not_use_up_the_token() {
    let scalekit = MockScalekit::start().await;
    let client = public_client(&scalekit);
    let foreign = scalekit.register_client(Client::public(REDIRECT));
    let first = first_tokens(&scalekit, &client).await;
    let control = refresh(&client, refresh_token(&first));
    let access_token = first["access_token"].as_str().unwrap();
    let table = [
        (
            "no token",
            without(control.clone(), "refresh_token"),
            "invalid_request",
        ),
        (
            "never issued",
            with(control.clone(), "refresh_token", "abc"),
            "invalid_grant",
        ),
        (
            "the access token",
            with(control.clone(), "refresh_token", access_token),
            "invalid_grant",
        ),
        (
            "another client",
            with(control.clone(), "client_id", &foreign),
            "invalid_grant",
        ),
        (
            "a scope more",
            with(control.clone(), "scope", "notes:write"),
            "invalid_scope",
        ),
        (
            "another resource",
            with(control.clone(), "resource", "https://b.example/mcp"),
            "invalid_target",
        ),
    ];
    for (row, request, code) in table {
        let response = token(&scalekit, &request).await;
        assert_eq!(
            error(response, StatusCode::BAD_REQUEST).await,
            code,
            "{row}"
        );
    }
    tokens(
        &scalekit,
        &with(control, "resource", "https://a.example/mcp"),
    )
    .await;
}

#[tokio::test]
async fn fewer_scopes_may_be_asked_for_and_come_back_next_time() {
    let scalekit = MockScalekit::start().await;
    let client = public_client(&scalekit);
    let first = first_tokens(&scalekit, &client).await;
    let narrow = with(
        refresh(&client, refresh_token(&first)),
        "scope",
        "notes:read",
    );
    let second = tokens(&scalekit, &narrow).await;
    assert_eq!(second["scope"], "notes:read");
    let third = tokens(&scalekit, &refresh(&client, refresh_token(&second))).await;
    assert_eq!(third["scope"], first["scope"]);
}
