//! Headers that must not be duplicated: the layer and the inner service must read the same value.

use std::sync::{Arc, Mutex};

use auth_core::layer::AuthLayerBuilder;
use auth_core::policy::OperationPolicy;
use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response};
use http_body_util::Full;
use tower::{Layer, ServiceExt};

use crate::harness::{guarded, send};
use crate::support::{StoppedClock, provider};

const PING: &str = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;

const TOKEN: (&str, &str) = ("authorization", "Bearer good.read");

#[tokio::test]
async fn a_duplicate_is_refused_with_every_method() {
    let plain = guarded(|layer| layer);
    let ruled = guarded(|layer| layer.operations(OperationPolicy::builder().build().unwrap()));
    let unbound = guarded(AuthLayerBuilder::dangerous_unbound_sessions);
    for service in [&plain, &ruled, &unbound] {
        for method in [
            Method::GET,
            Method::POST,
            Method::DELETE,
            Method::PUT,
            Method::OPTIONS,
        ] {
            let body = if method == Method::GET { "" } else { PING };
            let fetch = async |headers: &[(&str, &str)]| {
                let response = send(service, method.clone(), "/mcp", headers, body).await;
                (
                    response.status,
                    response.header("www-authenticate").is_some(),
                )
            };
            assert_eq!(fetch(&[TOKEN]).await, (200, false), "the control");
            for (name, value) in [
                ("mcp-protocol-version", "2026-07-28"),
                ("mcp-session-id", "abc"),
                ("mcp-method", "ping"),
                ("mcp-name", "x"),
                ("last-event-id", "7"),
                ("dpop", "x"),
            ] {
                let twice = [TOKEN, (name, value), (name, value)];
                assert_eq!(fetch(&twice).await, (400, false), "{method} {name}");
                let other = [TOKEN, (name, value), (name, "other")];
                assert_eq!(fetch(&other).await, (400, false), "{method} {name}");
                // Even without a token.
                assert_eq!(fetch(&twice[1..]).await, (400, false), "{method} {name}");
            }
            // Also for Authorization, whose refusal has a challenge.
            assert_eq!(fetch(&[TOKEN, TOKEN]).await, (400, true), "{method}");
        }
    }
}

/// The headers that the inner service receives.
async fn forwarded(
    change: impl FnOnce(AuthLayerBuilder) -> AuthLayerBuilder,
    headers: &[(&str, &str)],
) -> HeaderMap {
    let seen = Arc::new(Mutex::new(None));
    let layer = change(auth_core::layer::AuthLayer::builder(provider()).clock(StoppedClock));
    let service = layer.build().unwrap().layer(tower::service_fn({
        let seen = Arc::clone(&seen);
        move |request: Request<auth_core::operation::RequestBody<String>>| {
            *seen.lock().unwrap() = Some(request.headers().clone());
            let mut response = Response::new(Full::<Bytes>::default());
            let id = http::HeaderValue::from_static("abc");
            response.headers_mut().insert("mcp-session-id", id);
            std::future::ready(Ok::<_, std::convert::Infallible>(response))
        }
    }));
    let opened = Request::post("/mcp").header("authorization", "Bearer good.read");
    let opened = service
        .clone()
        .oneshot(opened.body(PING.to_owned()).unwrap());
    let sealed = opened.await.unwrap().headers()["mcp-session-id"].clone();
    let mut request = Request::get("/mcp").header("authorization", "Bearer good.read");
    for (name, value) in headers {
        request = match *value {
            "SEALED" => request.header(*name, &sealed),
            value => request.header(*name, value),
        };
    }
    *seen.lock().unwrap() = None;
    let _ = service.oneshot(request.body(String::new()).unwrap()).await;
    seen.lock().unwrap().take().unwrap_or_default()
}

#[tokio::test]
async fn last_event_id_is_forwarded_only_with_a_session() {
    type Change = fn(AuthLayerBuilder) -> AuthLayerBuilder;
    let bound: Change = |layer| layer;
    let unbound: Change = AuthLayerBuilder::dangerous_unbound_sessions;
    let ruled: Change = |layer| layer.operations(OperationPolicy::builder().build().unwrap());
    let event = ("last-event-id", "0/7");
    let new = ("mcp-protocol-version", "2026-07-28");
    let old = ("mcp-protocol-version", "2025-11-25");
    let own = ("mcp-session-id", "SEALED");
    for (name, change, headers, resumes) in [
        ("the control", bound, vec![own, event], true),
        ("with a revision", bound, vec![own, event, old], true),
        ("without a session", bound, vec![event], false),
        (
            "without one, of an old revision",
            bound,
            vec![event, old],
            false,
        ),
        ("without one, with rules", ruled, vec![event], false),
        (
            "a revision without sessions",
            bound,
            vec![event, new],
            false,
        ),
        (
            "the same with a session",
            bound,
            vec![own, event, new],
            false,
        ),
        (
            "a session of another caller",
            bound,
            vec![("mcp-session-id", "abc"), event],
            false,
        ),
        ("unbound, with a session", unbound, vec![own, event], true),
        ("unbound, without a session", unbound, vec![event], false),
        (
            "unbound, without sessions",
            unbound,
            vec![own, event, new],
            false,
        ),
    ] {
        let seen = forwarded(change, &headers).await;
        assert_eq!(seen.contains_key("last-event-id"), resumes, "{name}");
    }
}
