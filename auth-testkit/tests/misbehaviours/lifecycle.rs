//! Servers that are older than 2026-07-28.

use auth_testkit::MockScalekit;
use auth_testkit::settings::Misbehaviour;
use reqwest::RequestBuilder;
use serde_json::{Value, json};

use crate::{call, post, post_stateless, served};

const OLD: &str = "2025-11-25";
const NEW: &str = "2026-07-28";

/// The status and the body; null when that is not JSON.
async fn answered(request: RequestBuilder) -> (u16, Value) {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let body = response.text().await.unwrap();
    (status, serde_json::from_str(&body).unwrap_or_default())
}

fn token(scalekit: &MockScalekit) -> String {
    scalekit.token().scopes(["notes:read"]).sign()
}

fn initialize(scalekit: &MockScalekit, version: &str) -> RequestBuilder {
    let params = json!({ "protocolVersion": version, "capabilities": {} });
    post(scalekit, &token(scalekit), "initialize", &params)
}

#[tokio::test]
async fn the_newest_version_is_refused_in_the_handshake() {
    let supported = json!({ "supported": ["2025-03-26", "2025-06-18", OLD], "requested": NEW });
    let none = Value::Null;
    for (misbehaviour, status, agreed, error, data) in [
        (None, 200, Some(OLD), None, &none),
        (
            Some(Misbehaviour::InitializeEchoesAnyVersion),
            200,
            Some(NEW),
            None,
            &none,
        ),
        (
            Some(Misbehaviour::InitializeRefusedMethodNotFound),
            200,
            None,
            Some(-32601),
            &none,
        ),
        (
            Some(Misbehaviour::InitializeRefusedUnsupportedVersion),
            200,
            None,
            Some(-32602),
            &supported,
        ),
        (
            Some(Misbehaviour::InitializeRefusedBadRequest),
            400,
            None,
            None,
            &none,
        ),
        (
            Some(Misbehaviour::DiscoverBadRequest),
            200,
            Some(OLD),
            None,
            &none,
        ),
    ] {
        let scalekit = served(misbehaviour).await;
        let (seen, body) = answered(initialize(&scalekit, NEW)).await;
        assert_eq!(seen, status, "{misbehaviour:?}");
        assert_eq!(
            body["result"]["protocolVersion"].as_str(),
            agreed,
            "{misbehaviour:?}"
        );
        assert_eq!(body["error"]["code"].as_i64(), error, "{misbehaviour:?}");
        assert_eq!(&body["error"]["data"], data, "{misbehaviour:?}");
        // What such a server has been offered for years works.
        let (seen, body) = answered(initialize(&scalekit, OLD)).await;
        assert_eq!(seen, 200, "{misbehaviour:?}");
        assert_eq!(body["result"]["protocolVersion"], OLD, "{misbehaviour:?}");
        let echo = call(&scalekit, &token(&scalekit), "echo");
        let (_, body) = answered(echo.header("mcp-protocol-version", OLD)).await;
        assert_eq!(
            body["result"]["content"][0]["text"], "a",
            "{misbehaviour:?}"
        );
    }
}

#[tokio::test]
async fn discovery_is_refused_by_old_servers() {
    for (misbehaviour, status, error) in [
        (None, 200, None),
        (
            Some(Misbehaviour::DiscoverMethodNotFound),
            200,
            Some(-32601),
        ),
        (Some(Misbehaviour::DiscoverBadRequest), 400, None),
        (Some(Misbehaviour::DiscoverNotFound), 404, None),
        (
            Some(Misbehaviour::InitializeRefusedMethodNotFound),
            200,
            Some(-32601),
        ),
        (
            Some(Misbehaviour::InitializeRefusedUnsupportedVersion),
            200,
            Some(-32601),
        ),
        (
            Some(Misbehaviour::InitializeRefusedBadRequest),
            200,
            Some(-32601),
        ),
        (
            Some(Misbehaviour::InitializeEchoesAnyVersion),
            200,
            Some(-32601),
        ),
    ] {
        let scalekit = served(misbehaviour).await;
        let discover = post_stateless(&scalekit, &token(&scalekit), "server/discover");
        let (seen, body) = answered(discover).await;
        assert_eq!(seen, status, "{misbehaviour:?}");
        assert_eq!(body["error"]["code"].as_i64(), error, "{misbehaviour:?}");
        assert_eq!(
            body["result"].is_object(),
            misbehaviour.is_none(),
            "{misbehaviour:?}"
        );
    }
}
