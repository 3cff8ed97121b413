//! The authorization response.

use auth_testkit::settings::Misbehaviour;
use auth_testkit::{Client, MockScalekit};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{
    REDIRECT, authorization, authorize, exchange, public_client, redirected, tokens, value, with,
};
use crate::{changed, served};

/// The parameters of the response; what differs between two logins is masked.
async fn answer(misbehaviour: Option<Misbehaviour>) -> Value {
    let scalekit = served(misbehaviour).await;
    let request = authorization(&public_client(&scalekit));
    let mut answer = json!({});
    for (name, value) in redirected(&authorize(&scalekit, &request).await) {
        assert!(answer.get(&name).is_none(), "{name} is there twice");
        let masked = match name.as_str() {
            "code" if !value.is_empty() => "CODE".to_owned(),
            "iss" => value.replace(scalekit.issuer(), "ISSUER"),
            _ => value,
        };
        answer[name] = masked.into();
    }
    answer
}

#[tokio::test]
async fn one_parameter_is_wrong() {
    let control = answer(None).await;
    assert_eq!(
        control,
        json!({ "code": "CODE", "state": "xyz", "iss": "ISSUER" })
    );
    for (misbehaviour, name, value) in [
        (
            Misbehaviour::OtherIssInResponse,
            "iss",
            Some("https://other.example"),
        ),
        (Misbehaviour::SlashedIssInResponse, "iss", Some("ISSUER/")),
        (Misbehaviour::WithoutIssInResponse, "iss", None),
        (Misbehaviour::EmptyIssUnadvertised, "iss", Some("")),
        (Misbehaviour::OtherState, "state", Some("xyz-other")),
        (Misbehaviour::WithoutState, "state", None),
        (Misbehaviour::EmptyErrorBesideCode, "error", Some("")),
        (Misbehaviour::EmptyCode, "code", Some("")),
    ] {
        let expected = changed(control.clone(), name, value.map(Value::from));
        assert_eq!(answer(Some(misbehaviour)).await, expected, "{misbehaviour}");
    }
}

#[tokio::test]
async fn the_callback_is_on_another_loopback_host() {
    let (moved, control) = (
        served(Some(Misbehaviour::CallbackMoved)).await,
        served(None).await,
    );
    for (registered, elsewhere) in [
        (REDIRECT, "http://localhost:8765/callback"),
        ("http://localhost:8765/callback", REDIRECT),
        (
            "http://[::1]:8765/callback",
            "http://localhost:8765/callback",
        ),
        (
            "https://app.example/callback",
            "https://app.example/callback",
        ),
    ] {
        for (scalekit, expected) in [(&control, registered), (&moved, elsewhere)] {
            let client = scalekit.register_client(Client::public(registered));
            let request = with(authorization(&client), "redirect_uri", registered);
            let response = authorize(scalekit, &request).await;
            let location = response.headers()["location"].to_str().unwrap();
            assert_eq!(location.split('?').next(), Some(expected));
        }
    }
}

async fn granted(scalekit: &MockScalekit, scope: &str) -> Value {
    let client = public_client(scalekit);
    let request = with(authorization(&client), "scope", scope);
    let response = authorize(scalekit, &request).await;
    assert_eq!(response.status(), StatusCode::FOUND);
    let code = value(&redirected(&response), "code").unwrap().to_owned();
    tokens(scalekit, &exchange(&client, &code)).await["scope"].take()
}

#[tokio::test]
async fn a_scope_is_never_granted() {
    let (never, control) = (
        served(Some(Misbehaviour::ScopeNeverGranted)).await,
        served(None).await,
    );
    let both = "openid notes:read notes:write";
    assert_eq!(granted(&control, both).await, both);
    assert_eq!(granted(&never, both).await, "openid notes:read");
    assert_eq!(granted(&never, "notes:write").await, "");
}
