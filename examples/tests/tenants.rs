//! Tenants by host, keys that are bound to a certificate, and projects by argument.
#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "a failure here is the test's failure"
)]

use auth_core::provider::PublicUrl;
use axum::Router;
use axum::body::{Body, to_bytes};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use examples::tenants::{app, example};
use http::Request;
use tower::ServiceExt;

const DER: &[u8] = b"the DER of a certificate";

async fn call(app: &Router, headers: &[(&str, &str)], arguments: &str) -> (u16, String) {
    let body = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"build","arguments":{arguments}}}}}"#
    );
    let mut request = Request::post("/mcp");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Body::from(body)).unwrap();
    let answer = app.clone().oneshot(request).await.unwrap();
    let status = answer.status().as_u16();
    let text = to_bytes(answer.into_body(), 10_000).await.unwrap();
    (status, String::from_utf8(text.to_vec()).unwrap())
}

#[tokio::test]
async fn each_tenant_has_its_own_keys_proofs_and_projects() {
    let resource = PublicUrl::parse("https://mcp.example.com/mcp").unwrap();
    let (tenants, projects) = example(DER);
    let app = app(tenants, projects, resource).unwrap();
    let certificate = format!(":{}:", BASE64_STANDARD.encode(DER));
    let other = format!(":{}:", BASE64_STANDARD.encode(b"another"));
    let key = ("authorization", "Bearer key-1");
    let one = [("host", "one.localhost:8000"), key];
    let two = [
        ("host", "two.localhost"),
        key,
        ("client-cert", &certificate),
    ];
    let (ada, bob) = (
        "hello ada of one.localhost\n",
        "hello bob of two.localhost\n",
    );
    let apollo = r#"{"project":"apollo"}"#;
    // Each control again after what differs from it in one respect: nothing of that is reused.
    for _ in 0..2 {
        assert_eq!(call(&app, &one, apollo).await, (200, ada.to_owned()));
        assert_eq!(call(&app, &two, "{}").await, (200, bob.to_owned()));
        for (name, headers, arguments, status) in [
            (
                "another key",
                vec![one[0], ("authorization", "Bearer key-2")],
                apollo,
                401,
            ),
            (
                "no tenant",
                vec![("host", "three.localhost"), key],
                apollo,
                401,
            ),
            ("no host", vec![key], apollo, 401),
            (
                "another's project",
                one.to_vec(),
                r#"{"project":"gemini"}"#,
                403,
            ),
            (
                "no name of a project",
                one.to_vec(),
                r#"{"project":["apollo"]}"#,
                403,
            ),
            (
                "a project twice",
                one.to_vec(),
                r#"{"project":"apollo","project":"gemini"}"#,
                400,
            ),
            ("bob has no project", two.to_vec(), apollo, 403),
            ("no certificate", two[..2].to_vec(), "{}", 401),
            (
                "another certificate",
                vec![two[0], key, ("client-cert", &other)],
                "{}",
                401,
            ),
            (
                "no byte sequence",
                vec![two[0], key, ("client-cert", certificate.trim_matches(':'))],
                "{}",
                401,
            ),
        ] {
            assert_eq!(call(&app, &headers, arguments).await.0, status, "{name}");
        }
    }
}
