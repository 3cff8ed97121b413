//! The response to a code.

use auth_testkit::settings::Misbehaviour;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{code, exchange, public_client, tokens};
use crate::{call, changed, served};

/// What the token endpoint answers; what differs between two logins is masked.
async fn answer(misbehaviour: Option<Misbehaviour>) -> Value {
    let scalekit = served(misbehaviour).await;
    let client = public_client(&scalekit);
    let login = code(&scalekit, &client).await;
    let mut answer = tokens(&scalekit, &exchange(&client, &login)).await;
    for name in ["access_token", "refresh_token", "id_token"] {
        if answer.get(name).is_some() {
            answer[name] = "TOKEN".into();
        }
    }
    answer
}

#[tokio::test]
async fn one_member_is_wrong() {
    let control = answer(None).await;
    assert_eq!(
        control,
        json!({
            "access_token": "TOKEN", "refresh_token": "TOKEN", "id_token": "TOKEN",
            "token_type": "Bearer", "expires_in": 3600,
            "scope": "openid offline_access notes:read",
        })
    );
    for (misbehaviour, member, value) in [
        (Misbehaviour::TokenTypeMac, "token_type", Some(json!("mac"))),
        (
            Misbehaviour::TokenTypeUnknown,
            "token_type",
            Some(json!("N_A")),
        ),
        (Misbehaviour::TokenTypePop, "token_type", Some(json!("PoP"))),
        (Misbehaviour::TokenTypeEmpty, "token_type", Some(json!(""))),
        (Misbehaviour::TokenTypeAbsent, "token_type", None),
        (
            Misbehaviour::ExpiresInString,
            "expires_in",
            Some(json!("3600")),
        ),
        (
            Misbehaviour::ExpiresInFraction,
            "expires_in",
            Some(json!(3600.5)),
        ),
        (
            Misbehaviour::ExpiresInNegative,
            "expires_in",
            Some(json!(-1)),
        ),
        (Misbehaviour::ExpiresInZero, "expires_in", Some(json!(0))),
        (
            Misbehaviour::ScopeList,
            "scope",
            Some(json!(["openid", "offline_access", "notes:read"])),
        ),
    ] {
        let expected = changed(control.clone(), member, value);
        assert_eq!(answer(Some(misbehaviour)).await, expected, "{misbehaviour}");
    }
}

#[tokio::test]
async fn a_code_is_answered_by_an_error_with_200() {
    let answer = answer(Some(Misbehaviour::TokenErrorWith200)).await;
    assert_eq!(answer["error"], "invalid_grant");
    assert!(answer["error_description"].is_string());
    assert!(answer.get("access_token").is_none());
}

#[tokio::test]
async fn a_token_has_expired_when_it_arrives() {
    for (misbehaviour, expected) in [
        (None, StatusCode::OK),
        // Its `exp` is as everywhere else.
        (Some(Misbehaviour::ExpiresInNegative), StatusCode::OK),
        (Some(Misbehaviour::ExpiresInZero), StatusCode::UNAUTHORIZED),
    ] {
        let scalekit = served(misbehaviour).await;
        let client = public_client(&scalekit);
        let login = code(&scalekit, &client).await;
        let granted = tokens(&scalekit, &exchange(&client, &login)).await;
        let token = granted["access_token"].as_str().unwrap();
        let response = call(&scalekit, token, "echo").send().await.unwrap();
        assert_eq!(response.status(), expected, "{misbehaviour:?}");
    }
}
