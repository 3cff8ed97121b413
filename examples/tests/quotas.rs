//! The quotas of the tutorial, over HTTP.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    reason = "a failure here is the test's failure"
)]

#[path = "support/mcp_server.rs"]
mod mcp_server;

use std::time::Duration;

use examples::quotas::{app, quotas};
use serde_json::json;

use crate::mcp_server::{Answer, McpServer};

async fn start() -> McpServer {
    McpServer::start(
        |mock| mock,
        |provider, clock, change| app(provider, quotas(clock)?, change),
    )
    .await
}

fn token(server: &McpServer, sub: &str) -> String {
    server
        .scalekit
        .token()
        .subject(sub)
        .scopes(["notes:read"])
        .sign()
}

async fn deploy(server: &McpServer, token: &str) -> Answer {
    let arguments = json!({ "project": "apollo", "environment": "staging" });
    server.call(token, "deploy", arguments).await
}

#[tokio::test]
async fn a_tool_has_a_separate_quota_for_each_caller() {
    let server = start().await;
    let (ada, bob) = (token(&server, "usr_1"), token(&server, "usr_2"));
    for call in 1..=2 {
        assert_eq!(deploy(&server, &ada).await.status, 200, "call {call}");
    }
    let refused = deploy(&server, &ada).await;
    assert_eq!(refused.status, 429, "{refused:?}");
    assert_eq!(
        (refused.challenge.as_str(), refused.retry_after.as_deref()),
        ("", Some("1800"))
    );
    assert_eq!(refused.body["error"], "too_many_requests");
    let event = server.last_event();
    assert_eq!(event.decision.as_str(), "rate_limited");
    // Neither another tool nor another caller pays for it.
    assert_eq!(server.call(&ada, "notes_list", json!({})).await.status, 200);
    assert_eq!(deploy(&server, &bob).await.status, 200);
    server.clock.advance(Duration::from_secs(1799));
    let ada = token(&server, "usr_1");
    assert_eq!(deploy(&server, &ada).await.status, 429);
    server.clock.advance(Duration::from_secs(1));
    assert_eq!(deploy(&server, &ada).await.status, 200);
}

#[tokio::test]
async fn a_caller_has_a_quota_for_all_tools_and_strangers_use_none_of_it() {
    let server = start().await;
    let ada = token(&server, "usr_1");
    for _ in 0..50 {
        assert_eq!(
            server.call("unknown", "notes_list", json!({})).await.status,
            401
        );
    }
    let mut admitted = 0;
    let refused = loop {
        let answer = server.call(&ada, "notes_list", json!({})).await;
        match answer.status {
            200 => admitted += 1,
            _ => break answer,
        }
    };
    assert_eq!((admitted, refused.status), (40, 429), "{refused:?}");
    assert_eq!(refused.retry_after.as_deref(), Some("1"));
}
