//! What happens in the mock makes its event.

use auth_testkit::{Client, MockScalekit, TestClock};
use reqwest::StatusCode;
use serde_json::Value;

use crate::receiver::Setup;
use crate::support::{
    Pairs, authorization, claims, code_for, exchange, http, post_form, public_client, tokens,
};

/// The claims of the access token of a login.
async fn log_in(scalekit: &MockScalekit) -> Value {
    let client = public_client(scalekit);
    let code = code_for(scalekit, &authorization(&client)).await;
    let issued = tokens(scalekit, &exchange(&client, &code)).await;
    claims(issued["access_token"].as_str().unwrap())
}

#[tokio::test]
async fn a_login_and_a_sign_out_name_the_session_of_the_token() {
    let setup = Setup::start().await;
    let token = log_in(&setup.scalekit).await;
    let sid = token["sid"].as_str().unwrap();
    assert!(setup.scalekit.admin().end_session(sid));
    assert!(!setup.scalekit.admin().end_session(sid));
    setup.scalekit.webhooks().idle().await;
    assert_eq!(setup.receiver.types(), ["user.login", "user.logout"]);
    for (received, status) in setup.receiver.received().iter().zip(["ACTIVE", "LOGOUT"]) {
        let event = received.event();
        assert_eq!(event["organization_id"], token["oid"]);
        assert_eq!(event["data"]["user"]["id"], token["sub"]);
        let session = &event["data"]["user_session"];
        assert_eq!(session["session_id"], sid);
        assert_eq!(session["user_id"], token["sub"]);
        assert_eq!(session["organization_id"], token["oid"]);
        assert_eq!(session["status"], status);
    }
}

/// Revokes a session by the API.
async fn revoke(scalekit: &MockScalekit, session: &str) {
    let client = scalekit.register_client(Client::confidential("skc_1", "not a secret"));
    let environment = scalekit.environment_url();
    let credentials: Pairs = vec![
        ("grant_type", "client_credentials".into()),
        ("client_id", client),
        ("client_secret", "not a secret".into()),
    ];
    let response = post_form(&format!("{environment}/oauth/token"), &credentials).await;
    let body: Value = response.json().await.unwrap();
    let url = format!("{environment}/api/v1/sessions/{session}/revoke");
    let request = http()
        .post(url)
        .bearer_auth(body["access_token"].as_str().unwrap());
    assert_eq!(request.send().await.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn a_revocation_by_the_api_has_an_event_only_where_that_is_set() {
    for (is_set, expected) in [
        (false, vec!["user.login"]),
        (true, vec!["user.login", "user.logout"]),
    ] {
        let clock = TestClock::new();
        let builder = MockScalekit::builder().clock(clock.clone());
        let scalekit = builder.logout_event_of_revocation(is_set).start().await;
        let setup = Setup::with(scalekit, clock).await;
        let token = log_in(&setup.scalekit).await;
        revoke(&setup.scalekit, token["sid"].as_str().unwrap()).await;
        setup.scalekit.webhooks().idle().await;
        assert_eq!(setup.receiver.types(), expected);
    }
}
