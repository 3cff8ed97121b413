//! What the issuer reports about a token and its user, and what it revokes.

use std::time::Duration;

use auth_testkit::{Client, Defect, MockScalekit, TestClock, User};
use reqwest::StatusCode;
use serde_json::Value;

use crate::support::{
    Pairs, REDIRECT, authorization, claims, code_for, error, exchange, http, post_form,
    public_client, refresh, token, tokens, with, without,
};

const SECRET: &str = "not a secret";

/// What a client sends to an endpoint that asks for its secret.
fn about(token: &str) -> Pairs {
    vec![
        ("client_id", "m2m_42".into()),
        ("client_secret", SECRET.into()),
        ("token", token.into()),
    ]
}

async fn introspect(scalekit: &MockScalekit, token: &str) -> Value {
    let url = format!("{}/oauth/introspect", scalekit.environment_url());
    let response = post_form(&url, &about(token)).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["cache-control"], "no-store");
    response.json().await.unwrap()
}

async fn revoke(scalekit: &MockScalekit, pairs: &Pairs) -> reqwest::Response {
    post_form(&format!("{}/revoke", scalekit.environment_url()), pairs).await
}

async fn userinfo(scalekit: &MockScalekit, token: Option<&str>) -> reqwest::Response {
    let request = http().get(format!("{}/userinfo", scalekit.environment_url()));
    let request = match token {
        Some(token) => request.bearer_auth(token),
        None => request,
    };
    request.send().await.unwrap()
}

async fn start() -> (MockScalekit, TestClock) {
    let clock = TestClock::new();
    let scalekit = MockScalekit::builder().clock(clock.clone()).start().await;
    scalekit.register_client(Client::confidential("m2m_42", SECRET).redirect_uri(REDIRECT));
    (scalekit, clock)
}

/// Tokens of the confidential client.
async fn bought(scalekit: &MockScalekit) -> Value {
    let request = with(
        authorization("m2m_42"),
        "scope",
        "openid email offline_access notes:read",
    );
    let code = code_for(scalekit, &request).await;
    let exchange = with(exchange("m2m_42", &code), "client_secret", SECRET);
    tokens(scalekit, &exchange).await
}

fn text<'a>(tokens: &'a Value, name: &str) -> &'a str {
    tokens[name].as_str().unwrap()
}

#[tokio::test]
async fn a_good_token_is_active_until_it_expires() {
    let (scalekit, clock) = start().await;
    let minted = scalekit.token().sign();
    for token in [
        minted.as_str(),
        text(&bought(&scalekit).await, "access_token"),
    ] {
        let body = introspect(&scalekit, token).await;
        assert_eq!(body["active"], true);
        for claim in ["sub", "client_id", "scope", "aud", "iss", "exp"] {
            assert_eq!(body[claim], claims(token)[claim], "{claim}");
        }
    }
    clock.advance(Duration::from_secs(3600));
    let body = introspect(&scalekit, &minted).await;
    assert_eq!(
        body,
        serde_json::json!({ "active": false }),
        "and nothing more"
    );
}

#[tokio::test]
async fn a_token_that_the_issuer_has_not_signed_is_not_active() {
    let (scalekit, _clock) = start().await;
    let control = scalekit.token();
    assert_eq!(introspect(&scalekit, &control.sign()).await["active"], true);
    for defect in [
        Defect::WrongKey,
        Defect::CorruptSignature,
        Defect::SwappedSubject,
        Defect::AlgNone,
        Defect::Hs256WithPublicKey,
        Defect::UnknownKid,
        Defect::Expired,
        Defect::WrongIssuer,
        Defect::WrongAudience,
        Defect::Truncated,
    ] {
        let token = control.clone().with(defect).sign();
        assert_eq!(
            introspect(&scalekit, &token).await["active"],
            false,
            "{defect}"
        );
    }
    assert_eq!(introspect(&scalekit, "opaque").await["active"], false);
    scalekit.keys().rotate();
    assert_eq!(introspect(&scalekit, &control.sign()).await["active"], true);
    scalekit.keys().withdraw_old();
    assert_eq!(
        introspect(&scalekit, &control.sign()).await["active"],
        false
    );
}

#[tokio::test]
async fn a_refresh_token_is_active_until_it_is_exchanged() {
    let (scalekit, _clock) = start().await;
    let bought = bought(&scalekit).await;
    let old = text(&bought, "refresh_token");
    let body = introspect(&scalekit, old).await;
    assert_eq!(
        (body["active"].as_bool(), &body["client_id"]),
        (Some(true), &"m2m_42".into())
    );
    tokens(
        &scalekit,
        &with(refresh("m2m_42", old), "client_secret", SECRET),
    )
    .await;
    assert_eq!(introspect(&scalekit, old).await["active"], false);
}

#[tokio::test]
async fn who_does_not_prove_itself_learns_and_revokes_nothing() {
    let (scalekit, _clock) = start().await;
    let token = scalekit.token().client_id("m2m_42").sign();
    let public = public_client(&scalekit);
    let control = about(&token);
    for path in ["/oauth/introspect", "/revoke"] {
        let url = format!("{}{path}", scalekit.environment_url());
        for (row, pairs) in [
            (
                "a wrong secret",
                with(control.clone(), "client_secret", "wrong"),
            ),
            ("no secret", without(control.clone(), "client_secret")),
            (
                "a public client",
                without(with(control.clone(), "client_id", &public), "client_secret"),
            ),
        ] {
            let refused = error(post_form(&url, &pairs).await, StatusCode::UNAUTHORIZED).await;
            assert_eq!(refused, "invalid_client", "{path} {row}");
        }
    }
    assert_eq!(introspect(&scalekit, &token).await["active"], true);
}

#[tokio::test]
async fn a_client_revokes_its_own_tokens_and_no_others() {
    let (scalekit, _clock) = start().await;
    let own = scalekit.token().client_id("m2m_42").sign();
    let foreign = scalekit.token().client_id("m2m_7").sign();
    for token in [&own, &foreign, &"unknown".to_owned()] {
        let response = revoke(&scalekit, &about(token)).await;
        assert_eq!(response.status(), StatusCode::OK, "RFC 7009 section 2.2");
    }
    assert_eq!(introspect(&scalekit, &own).await["active"], false);
    assert_eq!(introspect(&scalekit, &foreign).await["active"], true);
    assert!(scalekit.is_revoked(claims(&own)["jti"].as_str().unwrap()));

    let bought = bought(&scalekit).await;
    let old = text(&bought, "refresh_token");
    revoke(&scalekit, &about(old)).await;
    let again = with(refresh("m2m_42", old), "client_secret", SECRET);
    let again = token(&scalekit, &again).await;
    assert_eq!(error(again, StatusCode::BAD_REQUEST).await, "invalid_grant");
    let access = introspect(&scalekit, text(&bought, "access_token")).await;
    assert_eq!(access["active"], false, "it goes along with its grant");
}

#[tokio::test]
async fn userinfo_tells_what_the_scopes_allow() {
    let (scalekit, _clock) = start().await;
    scalekit.sign_in(User::new("usr_7").email("eve@example.com"));
    let bought = bought(&scalekit).await;
    let response = userinfo(&scalekit, Some(text(&bought, "access_token"))).await;
    assert_eq!(response.status(), StatusCode::OK);
    let body: Value = response.json().await.unwrap();
    assert_eq!(
        (&body["sub"], &body["email"]),
        (&"usr_7".into(), &"eve@example.com".into())
    );

    let token = scalekit.token().scopes(["openid"]);
    let body: Value = userinfo(&scalekit, Some(&token.sign()))
        .await
        .json()
        .await
        .unwrap();
    assert!(body.get("email").is_none(), "it needs its scope");

    for (token, status, challenge) in [
        (None, StatusCode::UNAUTHORIZED, "Bearer"),
        (
            Some(token.clone().wrong_key().sign()),
            StatusCode::UNAUTHORIZED,
            "Bearer error=\"invalid_token\"",
        ),
        (
            Some(scalekit.token().scopes(["notes:read"]).sign()),
            StatusCode::FORBIDDEN,
            "Bearer error=\"insufficient_scope\"",
        ),
    ] {
        let response = userinfo(&scalekit, token.as_deref()).await;
        assert_eq!(response.status(), status);
        assert_eq!(response.headers()["www-authenticate"], challenge);
    }
}
