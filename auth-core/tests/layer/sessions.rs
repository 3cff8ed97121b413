//! A session is its caller's alone, through the layer.

use auth_core::layer::AuthLayer;
use auth_core::session::{SessionBinding, SessionKey};

use crate::harness::{Service, around, guarded, post};
use crate::support::{StoppedClock, provider};

const READ: (&str, &str) = ("authorization", "Bearer good.read");

/// The session id that leaves for one that the inner service hands out.
async fn begin(service: &Service, headers: &[(&str, &str)]) -> String {
    let answer = post(
        service,
        &[headers, &[("x-new-session", "inner")]].concat(),
        "",
    )
    .await;
    answer.header("mcp-session-id").unwrap().to_owned()
}

#[tokio::test]
async fn a_session_goes_on_for_its_caller() {
    let service = guarded(|layer| layer);
    let id = begin(&service, &[READ]).await;
    assert_ne!(id, "inner");
    let session = ("mcp-session-id", id.as_str());
    let answer = post(&service, &[READ, session], "").await;
    assert_eq!(answer.told()["session"], "inner", "the control");
    // Another token of the same caller, as after a refresh.
    let more = ("authorization", "Bearer good.read.write");
    assert_eq!(
        post(&service, &[more, session], "").await.told()["session"],
        "inner"
    );
    for (name, forged) in [
        ("bare", "inner".to_owned()),
        ("made up", format!("{id}x")),
        ("empty", String::new()),
    ] {
        let answer = post(&service, &[READ, ("mcp-session-id", &forged)], "").await;
        assert_eq!(answer.status, 404, "{name}");
        assert_eq!(answer.header("www-authenticate"), None);
        assert!(answer.body.contains("not_found"), "{}", answer.body);
    }
    // Without a token it is a matter of the token.
    assert_eq!(post(&service, &[session], "").await.status, 401);
    let answer = post(&service, &[("authorization", "Bearer bad"), session], "").await;
    assert_eq!(answer.status, 401);
    // Without sessions the header means nothing.
    let version = ("mcp-protocol-version", "2026-07-28");
    let made_up = ("mcp-session-id", "inner");
    let told = post(&service, &[READ, version, made_up], "").await.told();
    assert_eq!(told["session"], serde_json::Value::Null);
}

#[tokio::test]
async fn a_session_is_not_its_callers_under_another_layers_key() {
    let shared = || SessionBinding::new(SessionKey::new(&[7; 32]).unwrap());
    let id = begin(&guarded(|layer| layer), &[READ]).await;
    let session = ("mcp-session-id", id.as_str());
    let other = guarded(|layer| layer);
    assert_eq!(post(&other, &[READ, session], "").await.status, 404);
    let (one, two) = (
        guarded(|layer| layer.sessions(shared())),
        guarded(|layer| layer.sessions(shared())),
    );
    let id = begin(&one, &[READ]).await;
    let answer = post(&two, &[READ, ("mcp-session-id", &id)], "").await;
    assert_eq!(answer.told()["session"], "inner", "replicas share a key");
}

#[tokio::test]
async fn what_nobody_owns_is_nobodys() {
    let service = guarded(|layer| layer.allow_anonymous());
    let id = begin(&service, &[]).await;
    let session = ("mcp-session-id", id.as_str());
    assert_eq!(
        post(&service, &[session], "").await.told()["session"],
        "inner"
    );
    assert_eq!(post(&service, &[READ, session], "").await.status, 404);
}

#[tokio::test]
async fn unbound_sessions_go_through_as_they_are() {
    let layer = AuthLayer::builder(provider()).clock(StoppedClock);
    let service = around(&layer.dangerous_unbound_sessions().build().unwrap());
    assert_eq!(begin(&service, &[READ]).await, "inner");
    let answer = post(&service, &[READ, ("mcp-session-id", "any")], "").await;
    assert_eq!(answer.told()["session"], "any");
}
