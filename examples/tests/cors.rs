//! The headers that a page may send and read, held against those that the layer and rmcp do.
#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "a failure here is the test's failure"
)]

use std::convert::Infallible;

use auth_core::layer::{AllowedOrigins, cors};
use http::{Method, Request, Response};
use rmcp::transport::common::http_header;
use tower::{Layer, ServiceExt};

const PAGE: &str = "https://inspector.example.com";

/// What the preflight of a page allows of these headers.
async fn preflight(origin: &str, names: &str) -> (Option<String>, Option<String>) {
    let origins = AllowedOrigins::list([PAGE]).unwrap();
    let inner = tower::service_fn(|_: Request<String>| async {
        Ok::<_, Infallible>(Response::new(String::new()))
    });
    let request = Request::builder()
        .method(Method::OPTIONS)
        .uri("/mcp")
        .header("origin", origin)
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", names);
    let request = request.body(String::new()).unwrap();
    let answer = cors(&origins).layer(inner).oneshot(request).await.unwrap();
    let text = |name: &str| {
        let value = answer.headers().get(name)?;
        Some(value.to_str().unwrap().to_ascii_lowercase())
    };
    (
        text("access-control-allow-origin"),
        text("access-control-allow-headers"),
    )
}

#[tokio::test]
async fn a_page_may_send_every_header_that_is_read() {
    // What rmcp reads.
    let rmcp = [
        http_header::HEADER_SESSION_ID,
        http_header::HEADER_LAST_EVENT_ID,
        http_header::HEADER_MCP_PROTOCOL_VERSION,
        http_header::HEADER_MCP_METHOD,
        http_header::HEADER_MCP_NAME,
        "content-type",
        "accept",
    ];
    // What the layer reads.
    let layer = ["authorization", "dpop", "x-request-id", "if-none-match"];
    // What the server's own tools demand, since 2026-07-28.
    let family = http_header::HEADER_MCP_PARAM_PREFIX;
    let parameters = ["Region", "x", "Tenant-Id"].map(|name| format!("{family}{name}"));
    let names = rmcp.iter().chain(&layer).map(|name| (*name).to_owned());
    for name in names.chain(parameters) {
        let (origin, allowed) = preflight(PAGE, &name).await;
        assert_eq!(origin.as_deref(), Some(PAGE), "{name}");
        assert_eq!(allowed, Some(name.to_ascii_lowercase()), "{name}");
    }
    for name in [
        "cookie",
        "x-forwarded-for",
        "mcp-param",
        "mcp-parameter-x",
        "host",
    ] {
        let (_, allowed) = preflight(PAGE, name).await;
        assert_eq!(allowed.unwrap_or_default(), "", "{name}");
    }
    let (_, some) = preflight(PAGE, "authorization,cookie,mcp-param-a").await;
    assert_eq!(some.as_deref(), Some("authorization,mcp-param-a"));
    let (origin, _) = preflight("https://evil.example", "mcp-param-region").await;
    assert_eq!(origin, None);
}

#[tokio::test]
async fn a_page_may_read_every_header_that_is_written() {
    let origins = AllowedOrigins::list([PAGE]).unwrap();
    let inner = tower::service_fn(|_: Request<String>| async {
        Ok::<_, Infallible>(Response::new(String::new()))
    });
    let request = Request::post("/mcp").header("origin", PAGE);
    let request = request.body(String::new()).unwrap();
    let answer = cors(&origins).layer(inner).oneshot(request).await.unwrap();
    let exposed = answer.headers()["access-control-expose-headers"]
        .to_str()
        .unwrap();
    let exposed: Vec<_> = exposed.split(',').map(str::trim).collect();
    for name in [
        "www-authenticate",
        "retry-after",
        "etag",
        "x-request-id",
        &http_header::HEADER_SESSION_ID.to_ascii_lowercase(),
        &http_header::HEADER_MCP_PROTOCOL_VERSION.to_ascii_lowercase(),
    ] {
        assert!(exposed.contains(&name), "{name}: {exposed:?}");
    }
}
