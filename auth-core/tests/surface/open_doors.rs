//! What goes inward without a token, and what does not although it looks alike.

use auth_core::AuthLayer;
use http::Method;

use crate::lab::{guarded, post, send};
use crate::support::provider;

const READ: (&str, &str) = ("authorization", "Bearer good.read");

#[tokio::test]
async fn a_public_route_is_one_method_and_one_path() {
    let service = guarded(|layer| layer.public_route(Method::GET, "/health"));
    let ask = async |method, path, headers: &[(&str, &str)]| {
        send(&service, method, path, headers, "").await
    };
    let answer = ask(Method::GET, "/health", &[]).await;
    assert_eq!(
        answer.told()["caller"],
        serde_json::Value::Null,
        "the control"
    );
    assert_eq!(ask(Method::GET, "/health?verbose=1", &[]).await.status, 200);
    for path in [
        "/health/",
        "//health",
        "/Health",
        "/health/x",
        "/healthx",
        "/x/../health",
        "/./health",
        "/%68ealth",
        "/health%2f",
        "/health;x",
        "/",
        "/mcp",
    ] {
        assert_eq!(ask(Method::GET, path, &[]).await.status, 401, "{path}");
    }
    for method in [
        Method::HEAD,
        Method::POST,
        Method::OPTIONS,
        Method::DELETE,
        Method::TRACE,
    ] {
        assert_eq!(
            ask(method.clone(), "/health", &[]).await.status,
            401,
            "{method}"
        );
    }
    let session = [("mcp-session-id", "any")];
    let told = ask(Method::GET, "/health", &session).await.told();
    assert_eq!(
        told["session"],
        serde_json::Value::Null,
        "nor does a session matter"
    );
    // No token is looked at, so none goes inward, and nobody is named.
    for token in ["Bearer good.read", "Bearer bad", "Basic x"] {
        let answer = ask(Method::GET, "/health", &[("authorization", token)]).await;
        assert_eq!(answer.told()["authorization"], serde_json::Value::Null);
        assert_eq!(answer.told()["caller"], serde_json::Value::Null);
    }
}

#[tokio::test]
async fn a_page_that_may_not_call_may_not_use_public_routes_either() {
    let service = guarded(|layer| layer.public_route(Method::GET, "/health"));
    let headers = [("origin", "https://evil.example")];
    let answer = send(&service, Method::GET, "/health", &headers, "").await;
    assert_eq!(answer.status, 403);
}

#[test]
fn routes_that_cannot_be_public() {
    let build = |path: &str| {
        let layer = AuthLayer::builder(provider()).public_route(Method::GET, path);
        layer.build().map_err(|errors| errors.to_string())
    };
    assert!(build("/health").is_ok(), "the control");
    for (path, problem) in [
        (
            "health",
            "public_route \"health\" is not a path: write it as it comes, such as \"/health\"",
        ),
        (
            "",
            "public_route \"\" is not a path: write it as it comes, such as \"/health\"",
        ),
        (
            "/a?b",
            "public_route \"/a?b\" is not a path: write it as it comes, such as \"/health\"",
        ),
        (
            "/mcp/x",
            "public_route \"/mcp/x\" is the MCP endpoint: use public operations or allow_anonymous instead",
        ),
        (
            "/mcp",
            "public_route \"/mcp\" is the MCP endpoint: use public operations or allow_anonymous instead",
        ),
    ] {
        assert_eq!(build(path).unwrap_err(), problem);
    }
}

#[tokio::test]
async fn anonymous_callers_are_those_without_a_token() {
    let service = guarded(|layer| layer.allow_anonymous());
    assert_eq!(
        post(&service, &[], "").await.told()["caller"],
        serde_json::Value::Null
    );
    assert_eq!(post(&service, &[READ], "").await.told()["caller"], "usr_1");
    for (token, status) in [
        ("Bearer bad", 401),
        ("Bearer ", 400),
        ("Bearer a b", 400),
        ("Bearer outage", 503),
        ("Bearer good.write", 403),
    ] {
        let answer = post(&service, &[("authorization", token)], "").await;
        assert_eq!(answer.status, status, "{token}");
    }
    let twice = [READ, READ];
    assert_eq!(post(&service, &twice, "").await.status, 400);
}

#[tokio::test]
async fn the_token_goes_inward_only_if_somebody_says_so() {
    let told = post(&guarded(|layer| layer), &[READ], "").await.told();
    assert_eq!(told["authorization"], serde_json::Value::Null);
    let told = post(
        &guarded(|layer| layer.dangerous_pass_token_on()),
        &[READ],
        "",
    )
    .await
    .told();
    assert_eq!(told["authorization"], READ.1);
}
