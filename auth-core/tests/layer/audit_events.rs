//! Every decision is recorded as one event.

use std::sync::{Arc, Mutex};

use auth_core::audit::audit_fn;
use auth_core::policy::{OperationPolicy, RequireScopes};
use http::Method;

use crate::harness::{guarded, guarded_on_loopback, post, send};
use crate::support::{METADATA_PATH, RESOURCE};

#[tokio::test]
async fn each_decision_is_one_event() {
    let events = Arc::new(Mutex::new(Vec::new()));
    let sink = {
        let events = Arc::clone(&events);
        audit_fn(move |event| events.lock().unwrap().push(event.clone()))
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
    for (headers, body, outcome, reason, caller, operations, request_id) in [
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
        assert_eq!(event.decision.as_str(), outcome, "{row}");
        assert_eq!(event.decision.reason(), reason, "{row}");
        let subject = event.token.as_ref().map(|token| token.subject());
        assert_eq!(subject, caller.then_some("usr_1"), "{row}");
        assert_eq!(event.operations.len(), operations, "{row}");
        assert_eq!(event.request_id.as_deref(), request_id, "{row}");
        assert_eq!(&*event.resource, RESOURCE, "{row}");
        let request = (event.method.as_str(), event.path.as_str());
        assert_eq!(request, ("POST", "/mcp"), "{row}");
        let shown = format!("{event:?}");
        assert!(
            !shown.contains("good.read") && !shown.contains("Bearer"),
            "{shown}"
        );
    }
    send(
        &service,
        Method::GET,
        "/health?access_token=marker",
        &[],
        "",
    )
    .await;
    let [event] = &events.lock().unwrap().drain(..).collect::<Vec<_>>()[..] else {
        unreachable!("one event for a public route");
    };
    let request = (event.method.as_str(), event.path.as_str());
    assert_eq!(request, ("GET", "/health"), "without its query");
    // Serving a document is no decision.
    send(&service, Method::GET, METADATA_PATH, &[], "").await;
    assert!(events.lock().unwrap().is_empty());
}

#[tokio::test]
async fn responses_do_not_depend_on_the_request_id() {
    let service = guarded(|layer| layer);
    let bad = ("authorization", "Bearer bad");
    let one = post(&service, &[bad, ("x-request-id", "1")], "").await;
    let other = post(&service, &[bad, ("x-request-id", "2")], "").await;
    assert_eq!((one.headers, one.body), (other.headers, other.body));
}

#[tokio::test]
async fn a_refused_host_or_origin_is_recorded_but_not_sent() {
    let events = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&events);
    let service = guarded_on_loopback(|layer| {
        layer.audit(audit_fn(move |event| {
            sink.lock().unwrap().push(event.clone());
        }))
    });
    let read = ("authorization", "Bearer good.read");
    let long = format!("{}.example", "h".repeat(1000));
    let truncated = format!("{}...", "h".repeat(125));
    let page = format!("https://{long}");
    let truncated_origin = format!("https://{}...", "h".repeat(117));
    for (name, headers, outcome, rejected) in [
        (
            "the control",
            vec![("host", "localhost:8000")],
            "admitted",
            None,
        ),
        (
            "the control",
            vec![("origin", "http://localhost:6274")],
            "admitted",
            None,
        ),
        (
            "a host",
            vec![("host", "evil.example")],
            "host_not_allowed",
            Some("evil.example"),
        ),
        (
            "two hosts",
            vec![("host", "localhost"), ("host", "evil.example")],
            "host_not_allowed",
            Some("localhost, evil.example"),
        ),
        (
            "a host with a password",
            vec![("host", "evil:marker@evil.example")],
            "host_not_allowed",
            Some("@evil.example"),
        ),
        (
            "a host that looks like a log line",
            vec![("host", "x outcome=\"admitted\"")],
            "host_not_allowed",
            Some("x\\x20outcome=\\x22admitted\\x22"),
        ),
        (
            "a long host",
            vec![("host", long.as_str())],
            "host_not_allowed",
            Some(truncated.as_str()),
        ),
        (
            "an origin",
            vec![("origin", "https://evil.example")],
            "origin_not_allowed",
            Some("https://evil.example"),
        ),
        (
            "two origins",
            vec![("origin", "null"), ("origin", "https://evil.example")],
            "origin_not_allowed",
            Some("null, https://evil.example"),
        ),
        (
            "a long origin",
            vec![("origin", page.as_str())],
            "origin_not_allowed",
            Some(truncated_origin.as_str()),
        ),
    ] {
        let headers: Vec<_> = headers.into_iter().chain([read]).collect();
        let response = post(&service, &headers, "").await;
        let [event] = &events.lock().unwrap().drain(..).collect::<Vec<_>>()[..] else {
            unreachable!("one event for {name}");
        };
        assert_eq!(event.decision.as_str(), outcome, "{name}");
        let shown = event.decision.rejected().map(|rejected| rejected.as_str());
        assert_eq!(shown, rejected, "{name}");
        assert!(!format!("{event:?}").contains("marker"), "{name}");
        if rejected.is_some() {
            let wire = format!("{:?} {}", response.headers, response.body);
            assert!(
                !wire.contains("evil") && !wire.contains("hhh"),
                "{name}: {wire}"
            );
        }
    }
}

#[tokio::test]
async fn path_and_method_are_escaped_and_truncated() {
    let events = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&events);
    let service = guarded(|layer| {
        layer.audit(audit_fn(move |event| {
            sink.lock().unwrap().push(event.clone());
        }))
    });
    let long = format!("/{}", "p".repeat(10_000));
    let truncated = format!("/{}...", "p".repeat(252));
    let method = "M".repeat(1000);
    for (method, path, shown_method, shown_path) in [
        ("GET", "/mcp", "GET", "/mcp"),
        ("GET", long.as_str(), "GET", truncated.as_str()),
        ("GET", "/a\u{202e}b", "GET", "/a\\xe2\\x80\\xaeb"),
        ("GET", "/%0d%0ax", "GET", "/%0d%0ax"),
        ("GET", "/?secret=marker", "GET", "/"),
        (method.as_str(), "/mcp", "MMMMMMMMMMMMMMM", "/mcp"),
    ] {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        send(&service, method, path, &[], "").await;
        let event = events.lock().unwrap().pop().unwrap();
        let request = (event.method.as_str(), event.path.as_str());
        assert_eq!(request, (shown_method, shown_path));
    }
}

#[tokio::test]
async fn operations_are_truncated() {
    let events = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&events);
    let operations = OperationPolicy::builder()
        .tool("x", RequireScopes::new(["x"]).unwrap())
        .inner_service_compares_headers();
    let service = guarded(|layer| {
        let layer = layer.operations(operations.build().unwrap());
        layer.audit(audit_fn(move |event| {
            sink.lock().unwrap().push(event.clone());
        }))
    });
    let read = ("authorization", "Bearer good.read");
    let version = ("mcp-protocol-version", "2026-07-28");
    let long = "m".repeat(5_000);
    let call = format!(r#"{{"method":"tools/call","params":{{"name":"{long}"}}}}"#);
    let named = [("mcp-method", "tools/call"), ("mcp-name", long.as_str())];
    for (name, headers, body, shown) in [
        ("a name of a body", vec![], call.as_str(), 256 + 13),
        (
            "a name of a header",
            [version].into_iter().chain(named).collect(),
            "",
            256 + 13,
        ),
        (
            "a method of a header",
            vec![version, ("mcp-method", long.as_str())],
            "",
            256,
        ),
    ] {
        let headers: Vec<_> = headers.into_iter().chain([read]).collect();
        post(&service, &headers, body).await;
        let event = events.lock().unwrap().pop().unwrap();
        assert_eq!(event.decision.as_str(), "admitted", "{name}");
        assert_eq!(event.operations[0].to_string().len(), shown, "{name}");
    }
}
