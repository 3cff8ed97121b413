//! Connections after a refusal: a reused one must respond to the next request.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a failure here is the test's failure"
)]

mod support;

use auth_core::layer::AuthLayer;
use support::{Inner, METADATA_PATH, provider, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tower::Layer;

async fn connect() -> TcpStream {
    let layer = AuthLayer::new(provider()).unwrap();
    let stream = TcpStream::connect(serve(layer.layer(Inner::default())).await)
        .await
        .unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

/// Reads one response, and returns its head in lower case.
async fn head(stream: &mut TcpStream) -> String {
    let mut response = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let count = stream.read(&mut buffer).await.unwrap();
        response.extend_from_slice(&buffer[..count]);
        let text = String::from_utf8_lossy(&response).to_ascii_lowercase();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.split("content-length: ").nth(1).unwrap();
            let length: usize = length.split("\r\n").next().unwrap().parse().unwrap();
            if body.len() == length {
                return head.to_owned();
            }
        }
        assert_ne!(count, 0, "the connection ended: {text}");
    }
}

#[tokio::test]
async fn a_late_body_does_not_close_the_connection() {
    for (name, path, status) in [
        ("refusal", "/mcp", "401"),
        ("wrong method", METADATA_PATH, "405"),
    ] {
        for (framing, body) in [
            ("content-length: 2", "{}"),
            ("transfer-encoding: chunked", "2\r\n{}\r\n0\r\n\r\n"),
        ] {
            let mut stream = connect().await;
            let request = format!("POST {path} HTTP/1.1\r\nhost: a\r\n{framing}\r\n\r\n");
            stream.write_all(request.as_bytes()).await.unwrap();
            // The server receives the head before the body.
            for _ in 0..100 {
                tokio::task::yield_now().await;
            }
            stream.write_all(body.as_bytes()).await.unwrap();
            let first = head(&mut stream).await;
            assert!(
                first.starts_with(&format!("http/1.1 {status}")),
                "{name}, {framing}: {first}"
            );
            assert!(
                !first.contains("connection: close"),
                "{name}, {framing}: {first}"
            );
            let request = format!("GET {METADATA_PATH} HTTP/1.1\r\nhost: a\r\n\r\n");
            stream.write_all(request.as_bytes()).await.unwrap();
            let second = head(&mut stream).await;
            assert!(
                second.starts_with("http/1.1 200"),
                "{name}, {framing}: {second}"
            );
        }
    }
}

#[tokio::test]
async fn a_body_that_is_too_long_closes_the_connection_explicitly() {
    let mut stream = connect().await;
    let request = "POST /mcp HTTP/1.1\r\nhost: a\r\ncontent-length: 1000000000\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    let response = head(&mut stream).await;
    assert!(response.starts_with("http/1.1 401"), "{response}");
    assert!(response.contains("connection: close"), "{response}");

    // With an unknown length, the body is read up to the limit.
    let mut stream = connect().await;
    let request = "POST /mcp HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    let chunk = format!("4000\r\n{}\r\n", "x".repeat(0x4000));
    for _ in 0..5 {
        stream.write_all(chunk.as_bytes()).await.unwrap();
    }
    let response = head(&mut stream).await;
    assert!(response.starts_with("http/1.1 401"), "{response}");
    assert!(response.contains("connection: close"), "{response}");
}

#[tokio::test]
async fn a_body_behind_expect_100_continue_is_not_requested() {
    for (expectation, connection) in [("", false), ("expect: 100-Continue\r\n", true)] {
        let mut stream = connect().await;
        let head_of_request =
            format!("POST /mcp HTTP/1.1\r\nhost: a\r\n{expectation}content-length: 2\r\n\r\n");
        stream.write_all(head_of_request.as_bytes()).await.unwrap();
        if expectation.is_empty() {
            stream.write_all(b"{}").await.unwrap();
        }
        let response = head(&mut stream).await;
        assert!(response.starts_with("http/1.1 401"), "{response}");
        let closes = response.contains("connection: close");
        assert_eq!(closes, connection, "{expectation}: {response}");
    }
}
