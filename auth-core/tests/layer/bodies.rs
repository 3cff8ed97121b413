//! Bodies that could harm a parser, and the limits for bodies of requests without a token.

use std::sync::Arc;

use auth_core::layer::{AuthLayer, AuthLayerBuilder};
use auth_core::policy::{OperationPolicy, RequireScopes};
use bytes::Bytes;
use futures_util::stream;
use http::{Method, Request};
use http_body_util::{BodyExt, Full, StreamBody};
use tower::{Layer, ServiceExt};

use crate::harness::{guarded, post, send};
use crate::support::{StoppedClock, provider};

const TOKEN: [(&str, &str); 1] = [("authorization", "Bearer good.read")];

fn call(arguments: &str) -> String {
    format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"add","arguments":{arguments}}}}}"#
    )
}

fn nested(levels: usize) -> String {
    format!("{}1{}", "[".repeat(levels), "]".repeat(levels))
}

/// JSON in strings in JSON: each level nests as deeply as a parser allows, and with the feature `raw_value`
/// each is parsed while its outer one is.
fn nested_raw_values(rounds: usize) -> String {
    (0..rounds).fold("1".to_owned(), |inside, _| {
        let hidden = inside.replace('\\', r"\u005c").replace('"', r"\u0022");
        let member = format!(r#"{{"$serde_json::private::RawValue":"{hidden}"}}"#);
        format!("{}{member}{}", "[".repeat(60), "]".repeat(60))
    })
}

#[tokio::test]
async fn a_harmful_body_is_refused() {
    let checking = guarded(AuthLayerBuilder::check_bodies);
    let ruled = guarded(|layer| {
        let rule = OperationPolicy::builder().tool("other", RequireScopes::new(["x"]).unwrap());
        layer.operations(rule.build().unwrap())
    });
    // Even if the headers are trusted.
    let trusting = guarded(|layer| {
        let rules = OperationPolicy::builder().inner_service_compares_headers();
        layer.operations(rules.build().unwrap()).check_bodies()
    });
    let new = [
        TOKEN[0],
        ("mcp-protocol-version", "2026-07-28"),
        ("mcp-method", "tools/call"),
        ("mcp-name", "add"),
    ];
    for (arguments, status) in [
        ("{}".to_owned(), 200),
        (
            r#"{"a":{"$serde_json":"x"},"b":"$serde_json::private::RawValue"}"#.into(),
            200,
        ),
        // Duplicates in arguments are for the inner service to handle.
        (r#"{"a":1,"a":2}"#.into(), 200),
        (nested(125), 200),
        (nested(126), 400),
        (nested(100_000), 400),
        (r#"{"$serde_json::private::RawValue":"1"}"#.into(), 400),
        (r#"{"$serde_json::private::Number":"1"}"#.into(), 400),
        (
            r#"{"a":[{"$serde_json::private::RawValue":"x"}]}"#.into(),
            400,
        ),
        (r#"{"\u0024serde_json::private::RawValue":"1"}"#.into(), 400),
        (nested_raw_values(1), 400),
        (nested_raw_values(4), 400),
        (r#""\ud800""#.into(), 400),
        ("1e400".into(), 400),
        ("01".into(), 400),
        ("{".into(), 400),
    ] {
        let body = call(&arguments);
        let shown: String = body.chars().take(200).collect();
        for service in [&checking, &ruled, &trusting] {
            let response = post(service, &TOKEN, &body).await;
            assert_eq!(response.status, status, "{shown}: {}", response.body);
            let response = post(service, &new, &body).await;
            assert_eq!(response.status, status, "{shown}: {}", response.body);
        }
    }
    // Without rules or check_bodies, the body is not read.
    let open = guarded(|layer| layer);
    assert_eq!(post(&open, &TOKEN, "not json").await.status, 200);
}

#[tokio::test]
async fn a_body_is_checked_whatever_the_path_and_method() {
    let service = guarded(AuthLayerBuilder::check_bodies);
    for path in ["/mcp", "/", "//mcp", "/%6dcp", "/other"] {
        for method in [Method::POST, Method::PUT, Method::GET] {
            let fetch = async |body: &str| {
                send(&service, method.clone(), path, &TOKEN, body)
                    .await
                    .status
            };
            assert_eq!(
                fetch(&call("{}")).await,
                200,
                "{method} {path}, the control"
            );
            assert_eq!(fetch(&call(&nested(200))).await, 400, "{method} {path}");
        }
    }
    assert_eq!(
        post(&service, &[], &call(&nested(200))).await.status,
        401,
        "the token is checked first"
    );
}

#[tokio::test]
async fn an_empty_body_of_unknown_length_is_no_message() {
    let operations = OperationPolicy::builder().build().unwrap();
    let layer = AuthLayer::builder(provider()).operations(operations);
    let inner = tower::service_fn(async |_: Request<auth_core::operation::RequestBody<_>>| {
        Ok::<_, std::convert::Infallible>(http::Response::new(Full::<Bytes>::default()))
    });
    let service = layer.build().unwrap().layer(inner);
    // Like a body behind a limiting layer, it does not report its end in advance.
    type Frame = Result<http_body::Frame<Bytes>, std::convert::Infallible>;
    for (method, status) in [
        (Method::GET, 200),
        (Method::HEAD, 200),
        (Method::DELETE, 200),
        (Method::OPTIONS, 200),
        (Method::POST, 400),
        (Method::PUT, 400),
    ] {
        let hidden = StreamBody::new(stream::empty::<Frame>());
        assert!(!http_body::Body::is_end_stream(&hidden), "the control");
        let request = Request::builder().method(&method).uri("/mcp");
        let request = request.header("authorization", "Bearer good.read");
        let response = service.clone().oneshot(request.body(hidden).unwrap());
        assert_eq!(response.await.unwrap().status(), status, "{method}");
    }
}

#[tokio::test]
async fn a_partly_read_body_closes_the_connection() {
    let operations = OperationPolicy::builder().max_body_bytes(1000);
    let service = guarded(|layer| layer.operations(operations.build().unwrap()));
    for (length, status, connection) in [(1000, 400, None), (1001, 413, Some("close"))] {
        let response = post(&service, &TOKEN, &" ".repeat(length)).await;
        assert_eq!(response.status, status, "{length}");
        assert_eq!(response.header("connection"), connection, "{length}");
    }
}

#[tokio::test]
async fn the_inner_service_sees_the_exact_length_of_the_body() {
    let reading = |layer: AuthLayerBuilder| layer.check_bodies();
    for (reads, method, body) in [
        (false, Method::POST, call("{}")),
        (true, Method::POST, call("{}")),
        (false, Method::GET, String::new()),
        (true, Method::GET, String::new()),
    ] {
        let layer = AuthLayer::builder(provider());
        let layer = if reads { reading(layer) } else { layer };
        let inner = tower::service_fn(
            async |request: Request<auth_core::operation::RequestBody<String>>| {
                use http_body::Body;
                let body = request.into_body();
                let seen = format!("{:?} {}", body.size_hint().exact(), body.is_end_stream());
                Ok::<_, std::convert::Infallible>(http::Response::new(Full::<Bytes>::from(seen)))
            },
        );
        let expected = format!("{:?} {}", Some(body.len()), body.is_empty());
        let request = Request::builder().method(&method).uri("/mcp");
        let request = request.header("authorization", "Bearer good.read");
        let service = layer.build().unwrap().layer(inner);
        let response = service.oneshot(request.body(body).unwrap()).await.unwrap();
        let seen = response.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(seen, expected, "{method}, read before: {reads}");
    }
}

#[tokio::test]
async fn an_interrupted_body_is_a_json_rpc_error() {
    let layer = AuthLayer::builder(provider()).check_bodies();
    let inner = tower::service_fn(async |_: Request<auth_core::operation::RequestBody<_>>| {
        Ok::<_, std::convert::Infallible>(http::Response::new(Full::<Bytes>::default()))
    });
    let service = layer.build().unwrap().layer(inner);
    for (interrupted, status, code) in [(false, 200, ""), (true, 400, r#""code":-32700,"#)] {
        let whole = Ok(http_body::Frame::data(Bytes::from(call("{}"))));
        let end = interrupted.then(|| Err(std::io::Error::other("reset")));
        let body = StreamBody::new(stream::iter([whole].into_iter().chain(end)));
        let request = Request::post("/mcp").header("authorization", "Bearer good.read");
        let response = service.clone().oneshot(request.body(body).unwrap()).await;
        let response = response.unwrap();
        assert_eq!(response.status(), status);
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let body = String::from_utf8(body.to_vec()).unwrap();
        assert!(body.contains(code), "{body}");
    }
}

/// The layer with a public tool.
fn public(change: impl FnOnce(AuthLayerBuilder) -> AuthLayerBuilder) -> AuthLayer {
    let operations = OperationPolicy::builder()
        .public_tool("add")
        .max_anonymous_body_bytes(1000)
        .max_body_bytes(10_000);
    let layer = AuthLayer::builder(provider())
        .clock(StoppedClock)
        .operations(operations.build().unwrap());
    change(layer).build().unwrap()
}

#[tokio::test]
async fn anonymous_bodies_have_a_separate_limit() {
    let service = crate::harness::around(&public(|layer| layer));
    let long = |length: usize| call(&format!("\"{}\"", "x".repeat(length - call("\"\"").len())));
    for (length, without, with) in [
        (1000, 200, 200),
        (1001, 413, 200),
        (10_000, 413, 200),
        (10_001, 413, 413),
    ] {
        let body = long(length);
        assert_eq!(body.len(), length);
        assert_eq!(post(&service, &[], &body).await.status, without, "{length}");
        assert_eq!(post(&service, &TOKEN, &body).await.status, with, "{length}");
    }
    // The general limit also applies to anonymous bodies.
    let operations = OperationPolicy::builder()
        .public_tool("add")
        .max_body_bytes(500);
    let service = guarded(|layer| layer.operations(operations.build().unwrap()));
    assert_eq!(post(&service, &[], &long(501)).await.status, 413);
    assert_eq!(post(&service, &[], &long(500)).await.status, 200);
}

#[tokio::test]
async fn default_limits_are_4_mib_64_kib_and_8_mib_for_all_anonymous_bodies() {
    use futures_util::StreamExt;
    let operations = OperationPolicy::builder().public_tool("add");
    let layer = AuthLayer::builder(provider())
        .clock(StoppedClock)
        .operations(operations.build().unwrap());
    let layer = layer.build().unwrap();
    let service = crate::harness::around(&layer);
    let long = |length: usize| call(&format!("\"{}\"", "x".repeat(length - call("\"\"").len())));
    for (headers, length, status) in [
        (&TOKEN[..], 4 * 1024 * 1024, 200),
        (&TOKEN, 4 * 1024 * 1024 + 1, 413),
        (&[], 64 * 1024, 200),
        (&[], 64 * 1024 + 1, 413),
    ] {
        let response = post(&service, headers, &long(length)).await;
        assert_eq!(response.status, status, "{length}");
    }
    let service = layer.layer(tower::service_fn(
        async |_: Request<auth_core::operation::RequestBody<_>>| {
            Ok::<_, std::convert::Infallible>(http::Response::new(Full::<Bytes>::default()))
        },
    ));
    // Bodies that end after the first part, or stay incomplete.
    let body = |part: Vec<u8>, ends: bool| {
        let part = Ok::<_, std::convert::Infallible>(http_body::Frame::data(Bytes::from(part)));
        let rest = if ends {
            stream::empty().boxed()
        } else {
            stream::pending().boxed()
        };
        StreamBody::new(stream::iter([part]).chain(rest).boxed())
    };
    let fetch = |body| {
        service
            .clone()
            .oneshot(Request::post("/mcp").body(body).unwrap())
    };
    let mut held = Vec::new();
    for number in 1..=128 {
        let whole = fetch(body(call("{}").into(), true)).await.unwrap();
        assert_eq!(whole.status(), 200, "before incomplete body {number}");
        let mut endless = Box::pin(fetch(body(vec![b' '; 64 * 1024], false)));
        let is_pending = std::future::poll_fn(|context| {
            std::task::Poll::Ready(endless.as_mut().poll(context).is_pending())
        });
        assert!(is_pending.await, "{number}");
        held.push(endless);
    }
    let over = fetch(body(call("{}").into(), true)).await.unwrap();
    assert_eq!(over.status(), 503);
}

#[tokio::test]
async fn anonymous_bodies_share_a_budget_that_callers_do_not_use() {
    let layer = public(|layer| layer.anonymous_body_budget(2500));
    let service = layer.layer(tower::service_fn(async |request: Request<_>| {
        let body: auth_core::operation::RequestBody<_> = request.into_body();
        let _ = body.collect().await;
        Ok::<_, std::convert::Infallible>(http::Response::new(Full::<Bytes>::default()))
    }));
    let request = |token: bool| {
        let mut request = Request::post("/mcp");
        if token {
            request = request.header("authorization", "Bearer good.read");
        }
        request
    };
    let whole = || {
        let chunk =
            Ok::<_, std::convert::Infallible>(http_body::Frame::data(Bytes::from(call("{}"))));
        StreamBody::new(futures_util::StreamExt::boxed(stream::iter([chunk])))
    };
    // Bodies that stay incomplete.
    let endless = || {
        let chunk = http_body::Frame::data(Bytes::from(vec![b' '; 1000]));
        let never = stream::pending();
        let stream = futures_util::StreamExt::chain(stream::iter([Ok(chunk)]), never);
        StreamBody::new(futures_util::StreamExt::boxed(stream))
    };
    let fetch = async |token: bool| {
        let request = request(token).body(whole()).unwrap();
        let response = service.clone().oneshot(request).await.unwrap();
        (
            response.status().as_u16(),
            response.headers().contains_key("retry-after"),
        )
    };
    assert_eq!(fetch(false).await, (200, false), "the control");
    let held = Arc::new(tokio::sync::Mutex::new(Vec::new()));
    for _ in 0..2 {
        let call = service
            .clone()
            .oneshot(request(false).body(endless()).unwrap());
        let mut call = Box::pin(call);
        let is_pending = std::future::poll_fn(|context| {
            std::task::Poll::Ready(call.as_mut().poll(context).is_pending())
        });
        assert!(is_pending.await);
        held.lock().await.push(call);
    }
    // 500 bytes are left: enough for a short body, but not for a long one.
    assert_eq!(fetch(false).await, (200, false));
    let third = service
        .clone()
        .oneshot(request(false).body(endless()).unwrap());
    let third = third.await.unwrap();
    assert_eq!(third.status(), 503);
    assert_eq!(third.headers()["retry-after"], "1");
    for _ in 0..3 {
        assert_eq!(
            fetch(true).await,
            (200, false),
            "callers do not use the budget"
        );
    }
    // Dropped bodies return their bytes.
    held.lock().await.clear();
    let again = service
        .clone()
        .oneshot(request(false).body(whole()).unwrap());
    assert_eq!(again.await.unwrap().status(), 200);
}
