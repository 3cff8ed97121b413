//! Refreshing: rotation, binding and narrowing.

use std::time::Duration;

use auth_testkit::{Client, MockScalekit, TestClock};
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
async fn a_rotated_token_is_good_as_often_as_one_likes_within_the_grace() {
    let clock = TestClock::new();
    let scalekit = MockScalekit::builder().clock(clock.clone()).start().await;
    let client = public_client(&scalekit);
    let first = first_tokens(&scalekit, &client).await;
    let second = tokens(&scalekit, &refresh(&client, refresh_token(&first))).await;
    let mut all = vec![second];
    for wait in [0, 10, 19, 0] {
        clock.advance(Duration::from_secs(wait));
        all.push(tokens(&scalekit, &refresh(&client, refresh_token(&first))).await);
    }
    for tokens_of in all {
        tokens(&scalekit, &refresh(&client, refresh_token(&tokens_of))).await;
    }
}

#[tokio::test]
async fn a_rotated_token_that_comes_later_takes_its_successors_along() {
    let graces = [
        (Duration::from_secs(30), Duration::from_secs(30)),
        (Duration::ZERO, Duration::ZERO),
    ];
    for (grace, wait) in graces {
        let clock = TestClock::new();
        let builder = MockScalekit::builder().clock(clock.clone());
        let scalekit = builder.refresh_grace(grace).start().await;
        let client = public_client(&scalekit);
        let first = first_tokens(&scalekit, &client).await;
        let other = first_tokens(&scalekit, &client).await;
        let second = tokens(&scalekit, &refresh(&client, refresh_token(&first))).await;
        let third = tokens(&scalekit, &refresh(&client, refresh_token(&second))).await;
        clock.advance(wait);
        for reused in [&first, &third] {
            let response = token(&scalekit, &refresh(&client, refresh_token(reused))).await;
            let error = error(response, StatusCode::BAD_REQUEST).await;
            assert_eq!(error, "invalid_grant");
        }
        let access = claims(third["access_token"].as_str().unwrap());
        assert!(scalekit.is_revoked(access["jti"].as_str().unwrap()));
        // What came of another approval is as good as ever.
        tokens(&scalekit, &refresh(&client, refresh_token(&other))).await;
    }
}

#[tokio::test]
async fn lifetime_and_grace_can_have_no_end() {
    let clock = TestClock::new();
    for longest in [Duration::from_secs(86_400), Duration::MAX] {
        let builder = MockScalekit::builder().clock(clock.clone());
        let builder = builder.access_token_lifetime(longest);
        let scalekit = builder.refresh_grace(longest).start().await;
        let client = public_client(&scalekit);
        let first = first_tokens(&scalekit, &client).await;
        tokens(&scalekit, &refresh(&client, refresh_token(&first))).await;
        clock.advance(Duration::from_secs(3600));
        tokens(&scalekit, &refresh(&client, refresh_token(&first))).await;
        let access = claims(first["access_token"].as_str().unwrap());
        let issued = access["iat"].as_u64().unwrap();
        assert_eq!(access["exp"], issued.saturating_add(longest.as_secs()));
    }
}

#[tokio::test]
async fn a_deleted_consent_ends_the_refreshing_and_not_the_access_token() {
    let scalekit = MockScalekit::start().await;
    let (one, two) = (public_client(&scalekit), public_client(&scalekit));
    let of_one = first_tokens(&scalekit, &one).await;
    let of_two = first_tokens(&scalekit, &two).await;
    scalekit.delete_consent("usr_1000000001", &one);
    let response = token(&scalekit, &refresh(&one, refresh_token(&of_one))).await;
    assert_eq!(
        error(response, StatusCode::BAD_REQUEST).await,
        "invalid_grant"
    );
    tokens(&scalekit, &refresh(&two, refresh_token(&of_two))).await;
    let access = claims(of_one["access_token"].as_str().unwrap());
    assert!(!scalekit.is_revoked(access["jti"].as_str().unwrap()));
}

#[tokio::test]
async fn a_forgotten_client_is_unknown_and_what_it_had_does_not_come_back() {
    let scalekit = MockScalekit::start().await;
    let (one, two) = (public_client(&scalekit), public_client(&scalekit));
    let of_one = first_tokens(&scalekit, &one).await;
    let of_two = first_tokens(&scalekit, &two).await;
    let refreshing = refresh(&one, refresh_token(&of_one));
    tokens(&scalekit, &refreshing).await;
    let code = code_for(&scalekit, &authorization(&one)).await;
    scalekit.delete_client(&one);
    let exchanging = exchange(&one, &code);
    for request in [&refreshing, &exchanging] {
        let response = token(&scalekit, request).await;
        let told = error(response, StatusCode::UNAUTHORIZED).await;
        assert_eq!(told, "invalid_client");
    }
    tokens(&scalekit, &refresh(&two, refresh_token(&of_two))).await;
    // A client that is given the same id is another one.
    scalekit.register_client(Client::public(REDIRECT).id(one));
    for request in [refreshing, exchanging] {
        let response = token(&scalekit, &request).await;
        let told = error(response, StatusCode::BAD_REQUEST).await;
        assert_eq!(told, "invalid_grant");
    }
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
