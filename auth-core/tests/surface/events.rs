//! One event for each decision.

use std::sync::{Arc, Mutex};

use auth_core::{AuthEvent, OperationPolicy, RequireScopes};
use http::Method;

use crate::lab::{guarded, post, send};
use crate::support::METADATA_PATH;

#[tokio::test]
async fn each_decision_is_one_event() {
    let events = Arc::new(Mutex::new(Vec::new()));
    let sink = {
        let events = Arc::clone(&events);
        move |event: &AuthEvent| events.lock().unwrap().push(event.clone())
    };
    let operations = OperationPolicy::builder()
        .tool("delete", RequireScopes::new(["write"]).unwrap())
        .public_method("tools/list");
    let service = guarded(|layer| {
        let layer = layer.operations(operations.build().unwrap()).audit(sink);
        layer.public_route(Method::GET, "/health")
    });
    let call = |name| format!(r#"{{"method":"tools/call","params":{{"name":"{name}"}}}}"#);
    let delete = call("delete");
    let list = r#"{"method":"tools/list"}"#;
    let long = "r".repeat(129);
    let read = ("authorization", "Bearer good.read");
    let id = |id| ("x-request-id", id);
    let session = ("mcp-session-id", "foreign");
    for (headers, body, outcome, reason, caller, asked, request_id) in [
        (
            vec![read, id("r-1")],
            &call("add"),
            "admitted",
            None,
            true,
            1,
            Some("r-1"),
        ),
        (
            vec![read],
            &delete,
            "insufficient_scope",
            None,
            true,
            1,
            None,
        ),
        (vec![], &list.to_owned(), "public", None, false, 1, None),
        (
            vec![id("r-2")],
            &delete,
            "no_credentials",
            None,
            false,
            1,
            Some("r-2"),
        ),
        (
            vec![("authorization", "Bearer bad"), id(&long)],
            &delete,
            "invalid_token",
            Some("bad_signature"),
            false,
            0,
            None,
        ),
        (
            vec![read, session],
            &call("add"),
            "no_such_session",
            None,
            true,
            1,
            None,
        ),
        (
            vec![read],
            &String::from("x"),
            "unclear_operation",
            None,
            true,
            0,
            None,
        ),
        (
            vec![("origin", "https://evil.example")],
            &delete,
            "origin_not_allowed",
            None,
            false,
            0,
            None,
        ),
    ] {
        post(&service, &headers, body).await;
        let [event] = &events.lock().unwrap().drain(..).collect::<Vec<_>>()[..] else {
            unreachable!("one event for {headers:?}");
        };
        let row = format!("{headers:?} {body}");
        assert_eq!(event.outcome.as_str(), outcome, "{row}");
        assert_eq!(
            event.outcome.reason().map(|reason| reason.as_str()),
            reason,
            "{row}"
        );
        let subject = event.token.as_ref().map(|token| token.subject());
        assert_eq!(subject, caller.then_some("usr_1"), "{row}");
        assert_eq!(event.operations.len(), asked, "{row}");
        assert_eq!(event.request_id.as_deref(), request_id, "{row}");
        let shown = format!("{event:?}");
        assert!(
            !shown.contains("good.read") && !shown.contains("Bearer"),
            "{shown}"
        );
    }
    send(&service, Method::GET, "/health", &[], "").await;
    assert_eq!(events.lock().unwrap().drain(..).len(), 1, "a public route");
    // Documents are nobody's decision.
    send(&service, Method::GET, METADATA_PATH, &[], "").await;
    assert!(events.lock().unwrap().is_empty());
}

#[tokio::test]
async fn equal_refusals_are_equal_on_the_wire_whatever_their_request_id() {
    let service = guarded(|layer| layer);
    let bad = ("authorization", "Bearer bad");
    let one = post(&service, &[bad, ("x-request-id", "1")], "").await;
    let other = post(&service, &[bad, ("x-request-id", "2")], "").await;
    assert_eq!((one.headers, one.body), (other.headers, other.body));
}
