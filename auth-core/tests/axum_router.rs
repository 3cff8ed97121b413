//! `protect` covers all of an axum router, whatever is added to it and in which order.
#![cfg(feature = "axum")]
#![allow(clippy::unwrap_used, reason = "a failure here is the test's failure")]

mod support;

use auth_core::axum::{ProtectedRouter, protect};
use auth_core::layer::AuthLayer;
use axum::Router;
use axum::routing::{any, get, post};
use http::Request;
use support::{METADATA_PATH, header, provider, send};

/// Routes, a nested router, a nested service, a merged router, a fallback and a websocket-like
/// upgrade, some put in before `protect` and some after.
fn app() -> ProtectedRouter {
    let layer = AuthLayer::new(provider()).unwrap();
    let before = Router::new()
        .route("/before", get(|| async { "open" }))
        .nest(
            "/nested",
            Router::new().route("/inner", get(|| async { "open" })),
        )
        .route("/only-post", post(|| async { "open" }));
    protect(before, &layer)
        .map(|router| router.route("/after", any(|| async { "open" })))
        .map(|router| {
            let service = Router::new().fallback(|| async { "open" });
            router.nest_service("/service", service)
        })
        .map(|router| router.merge(Router::new().route("/merged", get(|| async { "open" }))))
        .map(|router| router.fallback(|| async { "open" }))
}

async fn start() -> std::net::SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app().into_make_service()).await });
    address
}

const PATHS: [&str; 8] = [
    "/before",
    "/nested/inner",
    "/only-post",
    "/after",
    "/service/anything",
    "/merged",
    "/no-route-at-all",
    "/",
];

#[tokio::test]
async fn no_route_is_reachable_without_a_token() {
    let address = start().await;
    for path in PATHS {
        for method in ["GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD"] {
            let request = Request::builder().method(method).uri(path);
            let response = send(address, request).await;
            assert_eq!(response.status(), 401, "{method} {path}");
            assert!(
                header(&response, "www-authenticate").is_some(),
                "{method} {path}"
            );
        }
    }
}

#[tokio::test]
async fn a_valid_token_reaches_every_route() {
    let address = start().await;
    for path in PATHS {
        let method = if path == "/only-post" { "POST" } else { "GET" };
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", "Bearer good.read");
        let response = send(address, request).await;
        assert_eq!(
            (response.status().as_u16(), response.body().as_str()),
            (200, "open"),
            "{path}"
        );
    }
    assert_eq!(
        send(address, Request::get(METADATA_PATH)).await.status(),
        200
    );
}
