//! A session belongs to the caller that opened it.

use auth_core::layer::AuthLayer;
use auth_core::session::{SessionBinding, SessionKey};

use crate::harness::{Service, around, guarded, post};
use crate::support::{StoppedClock, provider};

const READ: (&str, &str) = ("authorization", "Bearer good.read");

/// The sealed session id in the response to a request that opens a session.
async fn begin(service: &Service, headers: &[(&str, &str)]) -> String {
    let response = post(
        service,
        &[headers, &[("x-new-session", "inner")]].concat(),
        "",
    )
    .await;
    response.header("mcp-session-id").unwrap().to_owned()
}

#[tokio::test]
async fn a_session_continues_only_for_its_caller() {
    let service = guarded(|layer| layer);
    let id = begin(&service, &[READ]).await;
    assert_ne!(id, "inner");
    let session = ("mcp-session-id", id.as_str());
    let response = post(&service, &[READ, session], "").await;
    assert_eq!(response.echoed()["session"], "inner", "the control");
    // Another token of the same caller, as after a refresh.
    let more = ("authorization", "Bearer good.read.write");
    assert_eq!(
        post(&service, &[more, session], "").await.echoed()["session"],
        "inner"
    );
    for (name, forged) in [
        ("bare", "inner".to_owned()),
        ("forged", format!("{id}x")),
        ("empty", String::new()),
    ] {
        let response = post(&service, &[READ, ("mcp-session-id", &forged)], "").await;
        assert_eq!(response.status, 404, "{name}");
        assert_eq!(response.header("www-authenticate"), None);
        assert!(response.body.contains("not_found"), "{}", response.body);
    }
    // Without a valid token, the token is the reason.
    assert_eq!(post(&service, &[session], "").await.status, 401);
    let response = post(&service, &[("authorization", "Bearer bad"), session], "").await;
    assert_eq!(response.status, 401);
    // In revisions without sessions, the header is ignored.
    let version = ("mcp-protocol-version", "2026-07-28");
    let unsealed = ("mcp-session-id", "inner");
    let received = post(&service, &[READ, version, unsealed], "")
        .await
        .echoed();
    assert_eq!(received["session"], serde_json::Value::Null);
}

#[tokio::test]
async fn a_session_is_valid_only_for_layers_with_the_same_key() {
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
    let response = post(&two, &[READ, ("mcp-session-id", &id)], "").await;
    assert_eq!(
        response.echoed()["session"],
        "inner",
        "replicas share a key"
    );
}

#[tokio::test]
async fn a_session_opened_without_a_token_is_shared_by_anonymous_callers_only() {
    let service = guarded(|layer| layer.allow_anonymous());
    let id = begin(&service, &[]).await;
    let session = ("mcp-session-id", id.as_str());
    assert_eq!(
        post(&service, &[session], "").await.echoed()["session"],
        "inner"
    );
    assert_eq!(post(&service, &[READ, session], "").await.status, 404);
}

#[tokio::test]
async fn unbound_session_ids_are_forwarded_unchanged() {
    let layer = AuthLayer::builder(provider()).clock(StoppedClock);
    let service = around(&layer.dangerous_unbound_sessions().build().unwrap());
    assert_eq!(begin(&service, &[READ]).await, "inner");
    let response = post(&service, &[READ, ("mcp-session-id", "any")], "").await;
    assert_eq!(response.echoed()["session"], "any");
}
