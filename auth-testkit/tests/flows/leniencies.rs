//! Each leniency lets one thing pass, which is refused without it.

use auth_testkit::settings::Leniency;
use auth_testkit::{Client, MockScalekit};
use reqwest::StatusCode;

use crate::support::{
    Pairs, REDIRECT, VERIFIER, authorization, authorize, code, code_for, error, exchange,
    public_client, redirected, token, tokens, value, with, without,
};

async fn pair(leniency: Leniency) -> [MockScalekit; 2] {
    let lenient = MockScalekit::builder().lenient(leniency).start().await;
    [MockScalekit::start().await, lenient]
}

/// The error of an authorization request, if it has one.
async fn refused(scalekit: &MockScalekit, request: &Pairs) -> Option<String> {
    let answer = redirected(&authorize(scalekit, request).await);
    value(&answer, "error").map(str::to_owned)
}

#[tokio::test]
async fn no_challenge() {
    let [strict, lenient] = pair(Leniency::WithoutPkce).await;
    let bare = |client: &str| {
        let request = without(authorization(client), "code_challenge");
        without(request, "code_challenge_method")
    };
    let request = bare(&public_client(&strict));
    assert_eq!(
        refused(&strict, &request).await.as_deref(),
        Some("invalid_request")
    );
    let client = public_client(&lenient);
    let code_without = async || code_for(&lenient, &bare(&client)).await;
    let downgraded = exchange(&client, &code_without().await);
    let response = token(&lenient, &downgraded).await;
    let error = error(response, StatusCode::BAD_REQUEST).await;
    assert_eq!(error, "invalid_grant", "a verifier without a challenge");
    let plain = without(exchange(&client, &code_without().await), "code_verifier");
    tokens(&lenient, &plain).await;
    // Who sends a challenge is still held to it.
    let bound = code(&lenient, &client).await;
    let response = token(
        &lenient,
        &without(exchange(&client, &bound), "code_verifier"),
    )
    .await;
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_plain_challenge() {
    let [strict, lenient] = pair(Leniency::PlainPkce).await;
    let plain = |client: &str| {
        let request = with(authorization(client), "code_challenge", VERIFIER);
        with(request, "code_challenge_method", "plain")
    };
    let request = plain(&public_client(&strict));
    assert_eq!(
        refused(&strict, &request).await.as_deref(),
        Some("invalid_request")
    );
    let client = public_client(&lenient);
    let code = code_for(&lenient, &plain(&client)).await;
    let wrong = with(exchange(&client, &code), "code_verifier", &"x".repeat(43));
    let response = token(&lenient, &wrong).await;
    assert_eq!(
        error(response, StatusCode::BAD_REQUEST).await,
        "invalid_grant"
    );
    tokens(&lenient, &exchange(&client, &code)).await;
}

#[tokio::test]
async fn a_code_again() {
    for (at, scalekit) in pair(Leniency::ReusedCode).await.iter().enumerate() {
        let client = public_client(scalekit);
        let exchange = exchange(&client, &code(scalekit, &client).await);
        tokens(scalekit, &exchange).await;
        let again = token(scalekit, &exchange).await.status();
        let expected = [StatusCode::BAD_REQUEST, StatusCode::OK];
        assert_eq!(again, expected[at]);
    }
}

#[tokio::test]
async fn a_wrong_secret() {
    for (at, scalekit) in pair(Leniency::AnyClientSecret).await.iter().enumerate() {
        scalekit.register_client(Client::confidential("m2m_42", "right"));
        let request = |secret: &str| {
            vec![
                ("grant_type", "client_credentials".to_owned()),
                ("client_id", "m2m_42".to_owned()),
                ("client_secret", secret.to_owned()),
            ]
        };
        tokens(scalekit, &request("right")).await;
        let status = token(scalekit, &request("wrong")).await.status();
        assert_eq!(status, [StatusCode::UNAUTHORIZED, StatusCode::OK][at]);
    }
}

#[tokio::test]
async fn another_port_of_this_machine() {
    for (at, scalekit) in pair(Leniency::AnyLoopbackPort).await.iter().enumerate() {
        let client = public_client(scalekit);
        let to = async |uri: &str| {
            let request = with(authorization(&client), "redirect_uri", uri);
            authorize(scalekit, &request).await.status()
        };
        assert_eq!(to(REDIRECT).await, StatusCode::FOUND);
        let other_port = REDIRECT.replace("8765", "5678");
        let expected = [StatusCode::BAD_REQUEST, StatusCode::FOUND];
        assert_eq!(to(&other_port).await, expected[at]);
        for foreign in [
            "http://127.0.0.1:8765/other",
            "http://localhost:8765/callback",
        ] {
            assert_eq!(to(foreign).await, StatusCode::BAD_REQUEST, "{foreign}");
        }
        let remote = Client::public("https://app.example/cb");
        let remote = with(
            authorization(&scalekit.register_client(remote)),
            "redirect_uri",
            "https://app.example:8443/cb",
        );
        assert_eq!(
            authorize(scalekit, &remote).await.status(),
            StatusCode::BAD_REQUEST
        );
    }
}
