//! One session: what is shown of it, and what its end does to its tokens.

use std::time::Duration;

use auth_testkit::{MockScalekit, TestClock};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::api::{Api, accepted, log_in, refused};
use crate::support::{
    authorization, claims, code_for, error, exchange, public_client, refresh, token, tokens,
};

#[tokio::test]
async fn a_login_opens_the_session_that_its_tokens_name() {
    let scalekit = MockScalekit::start().await;
    let api = Api::of(&scalekit).await;
    let login = log_in(&scalekit).await;
    let digits = login.session.strip_prefix("ses_").unwrap();
    assert!(digits.bytes().all(|byte| byte.is_ascii_digit()));
    let session = api.get(&format!("/sessions/{}", login.session)).await;
    let client = json!({ "client_id": login.client, "organization_id": "org_1000000001" });
    for (name, value) in [
        ("session_id", json!(login.session)),
        ("user_id", json!("usr_1000000001")),
        ("organization_id", json!("org_1000000001")),
        ("authenticated_organizations", json!(["org_1000000001"])),
        ("authenticated_clients", json!([client])),
        ("status", json!("active")),
    ] {
        assert_eq!(session[name], value, "{name}");
    }
    for time in [
        "created_at",
        "updated_at",
        "idle_expires_at",
        "absolute_expires_at",
        "last_active_at",
    ] {
        assert!(session[time].as_str().unwrap().ends_with('Z'), "{time}");
    }
    assert!(session["device"]["user_agent"].is_string());
    assert!(session.get("expired_at").is_none() && session.get("logout_at").is_none());
    let other = log_in(&scalekit).await;
    assert_ne!(other.session, login.session);
}

#[tokio::test]
async fn a_refreshed_token_names_the_same_session_and_keeps_it_active() {
    let clock = TestClock::new();
    let scalekit = MockScalekit::builder().clock(clock.clone()).start().await;
    let login = log_in(&scalekit).await;
    let path = format!("/sessions/{}", login.session);
    let before = Api::of(&scalekit).await.get(&path).await;
    clock.advance(Duration::from_secs(3600));
    let refreshed = tokens(&scalekit, &refresh(&login.client, &login.refresh)).await;
    let claims = claims(refreshed["access_token"].as_str().unwrap());
    assert_eq!(claims["sid"], login.session.as_str());
    scalekit.delete_client("skc_1");
    let after = Api::of(&scalekit).await.get(&path).await;
    assert_eq!(after["created_at"], before["created_at"]);
    assert_eq!(after["absolute_expires_at"], before["absolute_expires_at"]);
    assert_ne!(after["last_active_at"], before["last_active_at"]);
    assert_ne!(after["idle_expires_at"], before["idle_expires_at"]);
}

/// Ends a session in one of the ways that there are.
async fn end(scalekit: &MockScalekit, api: &Api, session: &str, how: &str) {
    let path = match how {
        "sign-out" => return assert!(scalekit.admin().end_session(session)),
        "library" => return assert!(scalekit.admin().revoke_session(session)),
        "one" => format!("/sessions/{session}/revoke"),
        _ => "/users/usr_1000000001/sessions/revoke".to_owned(),
    };
    accepted(api.call(Method::POST, &path).await).await;
}

#[tokio::test]
async fn the_refresh_tokens_of_an_ended_session_are_refused_and_its_access_tokens_are_not() {
    for (how, status) in [
        ("sign-out", "logout"),
        ("library", "revoked"),
        ("one", "revoked"),
        ("all", "revoked"),
    ] {
        let scalekit = MockScalekit::start().await;
        let api = Api::of(&scalekit).await;
        let login = log_in(&scalekit).await;
        let control = tokens(&scalekit, &refresh(&login.client, &login.refresh)).await;
        end(&scalekit, &api, &login.session, how).await;
        let next = control["refresh_token"].as_str().unwrap();
        for refresh_token in [next, login.refresh.as_str()] {
            let refused = token(&scalekit, &refresh(&login.client, refresh_token)).await;
            assert_eq!(
                error(refused, StatusCode::BAD_REQUEST).await,
                "invalid_grant",
                "{how}"
            );
        }
        let jti = claims(&login.access)["jti"].clone();
        assert!(!scalekit.is_revoked(jti.as_str().unwrap()), "{how}");
        let session = api.get(&format!("/sessions/{}", login.session)).await;
        assert_eq!(session["status"], status);
        assert_eq!(session.get("logout_at").is_some(), status == "logout");
        // The next login is welcome.
        let again = log_in(&scalekit).await;
        tokens(&scalekit, &refresh(&again.client, &again.refresh)).await;
    }
}

#[tokio::test]
async fn the_codes_of_a_revoked_session_are_refused() {
    for is_revoked in [false, true] {
        let scalekit = MockScalekit::start().await;
        let client = public_client(&scalekit);
        let code = code_for(&scalekit, &authorization(&client)).await;
        if is_revoked {
            let [session] = <[String; 1]>::try_from(scalekit.admin().active_sessions()).unwrap();
            scalekit.admin().revoke_session(&session);
        }
        let response = token(&scalekit, &exchange(&client, &code)).await;
        assert_eq!(response.status().is_success(), !is_revoked);
    }
}

#[tokio::test]
async fn a_session_is_revoked_once_and_stays_revoked() {
    let clock = TestClock::new();
    let scalekit = MockScalekit::builder().clock(clock.clone()).start().await;
    let api = Api::of(&scalekit).await;
    let session = log_in(&scalekit).await.session;
    let path = format!("/sessions/{session}/revoke");
    let first = api.post(&path).await;
    assert_eq!(first["revoked_session"]["session_id"], session.as_str());
    assert_eq!(first["revoked_session"]["status"], "revoked");
    assert!(first["revoked_session"].get("device").is_none());
    clock.advance(Duration::from_secs(60));
    assert_eq!(api.post(&path).await, first);
    assert!(!scalekit.admin().end_session(&session));
    let shown: Value = api.get(&format!("/sessions/{session}")).await;
    assert_eq!(shown["status"], "revoked");
}

#[tokio::test]
async fn a_session_expires_and_then_refuses_to_be_refreshed() {
    let day = Duration::from_secs(86_400);
    for (idle, is_good) in [(0, true), (8, false)] {
        let clock = TestClock::new();
        let scalekit = MockScalekit::builder().clock(clock.clone()).start().await;
        let login = log_in(&scalekit).await;
        clock.advance(day * idle);
        let api = Api::of(&scalekit).await;
        let session = api.get(&format!("/sessions/{}", login.session)).await;
        let status = if is_good { "active" } else { "expired" };
        assert_eq!(session["status"], status);
        assert_eq!(session.get("expired_at").is_some(), !is_good);
        let response = token(&scalekit, &refresh(&login.client, &login.refresh)).await;
        assert_eq!(response.status().is_success(), is_good);
    }
}

#[tokio::test]
async fn sessions_that_are_not_there_are_not_found() {
    let scalekit = MockScalekit::start().await;
    let api = Api::of(&scalekit).await;
    let session = log_in(&scalekit).await.session;
    for (method, end) in [(Method::GET, ""), (Method::POST, "/revoke")] {
        for (id, expected) in [
            ("ses_1", (404, 5)),
            ("ses_", (400, 3)),
            ("ses_1x", (400, 3)),
            ("usr_1", (400, 3)),
        ] {
            let response = api
                .call(method.clone(), &format!("/sessions/{id}{end}"))
                .await;
            assert_eq!(refused(response).await, expected, "{method} {id}");
        }
        let path = format!("/sessions/{session}{end}");
        accepted(api.call(method, &path).await).await;
    }
}

#[tokio::test]
async fn a_minted_token_can_have_a_session() {
    let scalekit = MockScalekit::start().await;
    let api = Api::of(&scalekit).await;
    let session = scalekit.admin().open_session("usr_77", "org_77");
    let token = scalekit.token().session(&session).sign();
    assert_eq!(claims(&token)["sid"], session.as_str());
    let shown = api.get(&format!("/sessions/{session}")).await;
    assert_eq!(
        (&shown["user_id"], &shown["status"]),
        (&"usr_77".into(), &"active".into())
    );
    // The default has none.
    let sid = claims(&scalekit.token().sign())["sid"].clone();
    let path = format!("/sessions/{}", sid.as_str().unwrap());
    assert_eq!(refused(api.call(Method::GET, &path).await).await, (404, 5));
}
