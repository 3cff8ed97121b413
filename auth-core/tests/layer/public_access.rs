//! Requests that are forwarded without a token, and similar ones that are not.

use auth_core::layer::AuthLayer;
use auth_core::policy::OperationPolicy;
use http::Method;

use crate::driver::Numbers;
use crate::harness::{guarded, post, send};
use crate::support::{METADATA_PATH, provider};

const READ: (&str, &str) = ("authorization", "Bearer good.read");

#[tokio::test]
async fn a_public_route_is_one_method_and_one_path() {
    let service = guarded(|layer| layer.public_route(Method::GET, "/health"));
    let fetch = async |method, path, headers: &[(&str, &str)]| {
        send(&service, method, path, headers, "").await
    };
    let response = fetch(Method::GET, "/health", &[]).await;
    assert_eq!(
        response.echoed()["caller"],
        serde_json::Value::Null,
        "the control"
    );
    assert_eq!(
        fetch(Method::GET, "/health?verbose=1", &[]).await.status,
        200
    );
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
        assert_eq!(fetch(Method::GET, path, &[]).await.status, 401, "{path}");
    }
    assert_eq!(fetch(Method::HEAD, "/health", &[]).await.status, 200);
    for method in [Method::POST, Method::OPTIONS, Method::DELETE, Method::TRACE] {
        assert_eq!(
            fetch(method.clone(), "/health", &[]).await.status,
            401,
            "{method}"
        );
    }
    let session = [("mcp-session-id", "any")];
    let received = fetch(Method::GET, "/health", &session).await.echoed();
    assert_eq!(
        received["session"],
        serde_json::Value::Null,
        "the session is ignored too"
    );
    // The token is not verified, so it is not forwarded, and there is no caller.
    for token in ["Bearer good.read", "Bearer bad", "Basic x"] {
        let response = fetch(Method::GET, "/health", &[("authorization", token)]).await;
        assert_eq!(response.echoed()["authorization"], serde_json::Value::Null);
        assert_eq!(response.echoed()["caller"], serde_json::Value::Null);
    }
}

#[tokio::test]
async fn a_refused_origin_is_refused_on_public_routes_too() {
    let service = guarded(|layer| layer.public_route(Method::GET, "/health"));
    let headers = [("origin", "https://evil.example")];
    let response = send(&service, Method::GET, "/health", &headers, "").await;
    assert_eq!(response.status, 403);
}

#[test]
fn invalid_public_routes_are_refused() {
    let build = |path: &str| {
        let layer = AuthLayer::builder(provider()).public_route(Method::GET, path);
        layer.build().map_err(|errors| errors.to_string())
    };
    let build_exempt = |path: &str| {
        let operations = OperationPolicy::builder().exempt_path(path).build();
        let layer = AuthLayer::builder(provider()).operations(operations.unwrap());
        layer.build().map_err(|errors| errors.to_string())
    };
    assert!(build("/health").is_ok(), "the control");
    assert!(build_exempt("/health").is_ok(), "the control");
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
            "/h%65alth",
            "public_route \"/h%65alth\" can be read as another path: write it without escapes, dot segments and double slashes",
        ),
        (
            "/",
            "public_route \"/\" is the MCP endpoint when the layer is nested, where \"/mcp\" is seen as \"/\": call sees_full_paths() if it is not nested",
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
        // Exempt paths are checked in the same way.
        let exempt = build_exempt(path).unwrap_err();
        assert_eq!(exempt, problem.replace("public_route", "exempt_path"));
    }
    let layer = AuthLayer::builder(provider()).public_route(Method::GET, "/");
    assert!(layer.sees_full_paths().build().is_ok());
}

#[tokio::test]
async fn head_is_public_where_get_is() {
    let service = guarded(|layer| {
        let layer = layer.public_route(Method::GET, "/health");
        layer.public_route(Method::POST, "/hook")
    });
    for (method, path, status) in [
        (Method::GET, "/health", 200),
        (Method::HEAD, "/health", 200),
        (Method::POST, "/hook", 200),
        // HEAD is public only where GET is.
        (Method::HEAD, "/hook", 401),
        (Method::HEAD, "/health/", 401),
        (Method::HEAD, "/mcp", 401),
        (Method::OPTIONS, "/health", 401),
    ] {
        let row = format!("{method} {path}");
        let response = send(&service, method, path, &[], "").await;
        assert_eq!(response.status, status, "{row}");
    }
}

#[tokio::test]
async fn only_requests_without_a_token_are_anonymous() {
    let service = guarded(|layer| layer.allow_anonymous());
    assert_eq!(
        post(&service, &[], "").await.echoed()["caller"],
        serde_json::Value::Null
    );
    assert_eq!(
        post(&service, &[READ], "").await.echoed()["caller"],
        "usr_1"
    );
    for (token, status) in [
        ("Bearer bad", 401),
        ("Bearer ", 400),
        ("Bearer a b", 400),
        ("Bearer outage", 503),
        ("Bearer good.write", 403),
    ] {
        let response = post(&service, &[("authorization", token)], "").await;
        assert_eq!(response.status, status, "{token}");
    }
    let twice = [READ, READ];
    assert_eq!(post(&service, &twice, "").await.status, 400);
}

#[tokio::test]
async fn the_token_is_forwarded_only_if_configured() {
    let received = post(&guarded(|layer| layer), &[READ], "").await.echoed();
    assert_eq!(received["authorization"], serde_json::Value::Null);
    let received = post(
        &guarded(|layer| layer.dangerous_forward_token()),
        &[READ],
        "",
    )
    .await
    .echoed();
    assert_eq!(received["authorization"], READ.1);
}

/// A random path of parts that routers often confuse.
fn path(numbers: &mut Numbers) -> String {
    const PIECES: [&str; 22] = [
        "/",
        "//",
        "mcp",
        "/mcp",
        "/health",
        "/.well-known/oauth-protected-resource/mcp",
        ".well-known",
        "oauth-protected-resource",
        "oauth-authorization-server",
        "..",
        ".",
        "%2e%2e",
        "%2f",
        "%2F",
        ";x",
        "?a=b",
        "\\",
        "%00",
        "%0a",
        "MCP",
        "@",
        ":",
    ];
    let length = 1 + numbers.below(6);
    let pieces = (0..length).map(|_| PIECES[numbers.below(PIECES.len())]);
    format!("/{}", pieces.collect::<String>()).replacen("//", "/", numbers.below(2))
}

#[tokio::test]
async fn no_path_and_no_method_is_forwarded_without_a_token() {
    let methods = [
        "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "MCP",
    ];
    let service = guarded(|layer| layer.public_route(Method::GET, "/health"));
    let (mut refused, mut documents, mut public) = (0, 0, 0);
    for round in 0..20_000 {
        let mut numbers = Numbers::new(round);
        let path = path(&mut numbers);
        let method = Method::from_bytes(methods[numbers.below(methods.len())].as_bytes()).unwrap();
        let Ok(uri) = path.parse::<http::Uri>() else {
            continue;
        };
        let response = send(&service, method.clone(), &path, &[], "").await;
        let exact = uri.path();
        if exact == METADATA_PATH {
            documents += 1;
            assert!(
                [200, 204, 405].contains(&response.status),
                "{method} {path}"
            );
            assert!(!response.body.contains("\"caller\""), "{method} {path}");
        } else if exact == "/health" && [Method::GET, Method::HEAD].contains(&method) {
            public += 1;
            assert_eq!(response.status, 200, "{method} {path}");
        } else {
            refused += 1;
            assert_eq!(response.status, 401, "{method} {path}");
        }
    }
    // Each kind occurred.
    assert!(
        refused > 10_000 && documents > 100 && public > 10,
        "{refused} {documents} {public}"
    );
}
