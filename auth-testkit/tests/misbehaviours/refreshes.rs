//! Refreshes that are refused, and those that answer with an odd refresh token.

use std::time::Duration;

use auth_testkit::settings::Misbehaviour;
use auth_testkit::{MockScalekit, TestClock};
use reqwest::StatusCode;
use serde_json::Value;

use crate::served;
use crate::support::{code, error, exchange, public_client, refresh, token, tokens};

/// A client, and its refresh token of a login.
async fn logged_in(scalekit: &MockScalekit) -> (String, String) {
    let client = public_client(scalekit);
    let login = code(scalekit, &client).await;
    let granted = tokens(scalekit, &exchange(&client, &login)).await;
    let token = granted["refresh_token"].as_str().unwrap().to_owned();
    (client, token)
}

#[tokio::test]
async fn each_refusal_has_its_status_and_body() {
    let control = served(None).await;
    let (client, secret) = logged_in(&control).await;
    tokens(&control, &refresh(&client, &secret)).await;
    let (json, text, html) = (
        "application/json",
        "text/plain; charset=utf-8",
        "text/html; charset=utf-8",
    );
    for (misbehaviour, status, content, error) in [
        (
            Misbehaviour::RefreshInvalidRequest,
            400,
            json,
            Some("invalid_request"),
        ),
        (
            Misbehaviour::RefreshInvalidScope,
            400,
            json,
            Some("invalid_scope"),
        ),
        (
            Misbehaviour::RefreshInvalidTarget,
            400,
            json,
            Some("invalid_target"),
        ),
        (
            Misbehaviour::RefreshUnsupportedGrantType,
            400,
            json,
            Some("unsupported_grant_type"),
        ),
        (
            Misbehaviour::RefreshInvalidToken,
            401,
            json,
            Some("invalid_token"),
        ),
        (
            Misbehaviour::RefreshAccessDenied,
            403,
            json,
            Some("access_denied"),
        ),
        (Misbehaviour::RefreshHtml404, 404, html, None),
        (Misbehaviour::RefreshGone, 410, text, None),
        (Misbehaviour::RefreshUnprocessable, 422, json, None),
        (
            Misbehaviour::RefreshErrorWith200,
            200,
            json,
            Some("invalid_grant"),
        ),
        (
            Misbehaviour::RefreshServerError,
            500,
            json,
            Some("server_error"),
        ),
        (Misbehaviour::RefreshUnavailable, 503, text, None),
        (Misbehaviour::RefreshTooManyRequests, 429, text, None),
    ] {
        let scalekit = served(Some(misbehaviour)).await;
        // Two logins: they succeed before a refresh and after it.
        for _ in 0..2 {
            let (client, secret) = logged_in(&scalekit).await;
            let response = token(&scalekit, &refresh(&client, &secret)).await;
            assert_eq!(response.status().as_u16(), status, "{misbehaviour}");
            assert_eq!(
                response.headers()["content-type"],
                content,
                "{misbehaviour}"
            );
            let waits = response.headers().contains_key("retry-after");
            assert_eq!(waits, [429, 503].contains(&status), "{misbehaviour}");
            let body = response.text().await.unwrap();
            let body: Value = serde_json::from_str(&body).unwrap_or_default();
            assert_eq!(body["error"].as_str(), error, "{misbehaviour}");
            assert!(body.get("access_token").is_none(), "{misbehaviour}");
        }
    }
}

#[tokio::test]
async fn a_refresh_token_that_is_not_replaced_stays_valid() {
    for (misbehaviour, answered) in [
        (Misbehaviour::RefreshTokenEmpty, Value::from("")),
        (Misbehaviour::RefreshTokenNull, Value::Null),
    ] {
        let clock = TestClock::new();
        let builder = || MockScalekit::builder().clock(clock.clone());
        let control = builder().start().await;
        let scalekit = builder().misbehave(misbehaviour).start().await;
        let (client, secret) = logged_in(&scalekit).await;
        let (usual, rotated) = logged_in(&control).await;
        let answer = tokens(&scalekit, &refresh(&client, &secret)).await;
        assert_eq!(
            answer.get("refresh_token"),
            Some(&answered),
            "{misbehaviour}"
        );
        let answer = tokens(&control, &refresh(&usual, &rotated)).await;
        assert!(
            answer["refresh_token"]
                .as_str()
                .is_some_and(|next| !next.is_empty())
        );
        // Longer than one that was replaced may be used again.
        clock.advance(Duration::from_secs(60));
        tokens(&scalekit, &refresh(&client, &secret)).await;
        let refused = token(&control, &refresh(&usual, &rotated)).await;
        assert_eq!(
            error(refused, StatusCode::BAD_REQUEST).await,
            "invalid_grant"
        );
    }
}
