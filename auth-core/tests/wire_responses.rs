//! The response to each kind of request, over a real socket.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a failure here is the test's failure"
)]

mod support;

use std::sync::Arc;
use std::time::Duration;

use auth_core::layer::AuthLayer;
use auth_core::policy::{AuthenticationRequirement, Denied, RequireScopes, policy_fn};
use auth_core::provider::{
    AuthProvider, DocumentError, DocumentSource, ProtectedResourceMetadata, PublicDocument,
    ResourceServer,
};
use auth_core::support::async_trait;
use auth_core::token::{ScopeHierarchy, Scopes, VerifiedToken};
use auth_core::verifier::{TokenVerifier, VerifyError, VerifyRequest};
use http::Request;
use support::{Inner, METADATA_PATH, Scripted, header, provider, send, serve};
use tower::Layer;

const METADATA: &str =
    "resource_metadata=\"https://mcp.example.com/.well-known/oauth-protected-resource/mcp\"";

/// One request, and the expected response.
struct Row {
    name: &'static str,
    path: &'static str,
    headers: &'static [(&'static str, &'static [u8])],
    status: u16,
    challenge: Option<String>,
    error: Option<&'static str>,
}

fn row(name: &'static str, headers: &'static [(&'static str, &'static [u8])], status: u16) -> Row {
    Row {
        name,
        path: "/mcp",
        headers,
        status,
        challenge: None,
        error: None,
    }
}

impl Row {
    fn path(mut self, path: &'static str) -> Self {
        self.path = path;
        self
    }
    fn challenge(mut self, rest: &str) -> Self {
        self.challenge = Some(format!("Bearer {METADATA}{rest}"));
        self
    }
    fn error(mut self, error: &'static str) -> Self {
        self.error = Some(error);
        self
    }
}

const NO_CREDENTIALS: &str = ", scope=\"read\"";
const INVALID_REQUEST: &str = ", scope=\"read\", error=\"invalid_request\", error_description=\"The Authorization header is malformed\"";
const INVALID_TOKEN: &str = ", scope=\"read\", error=\"invalid_token\", error_description=\"The access token is invalid or expired\"";

async fn check(layer: AuthLayer, rows: Vec<Row>) {
    let inner = Inner::default();
    let address = serve(layer.layer(inner.clone())).await;
    for row in rows {
        let before = inner.calls();
        let mut request = Request::post(row.path);
        for (name, value) in row.headers {
            request = request.header(*name, *value);
        }
        let response = send(address, request).await;
        let name = row.name;
        assert_eq!(response.status(), row.status, "{name}");
        assert_eq!(
            header(&response, "www-authenticate"),
            row.challenge.as_deref(),
            "{name}"
        );
        if row.status == 200 {
            assert_eq!(response.body(), "usr_1 authorization=false", "{name}");
            assert_eq!(inner.calls(), before + 1, "{name}");
            continue;
        }
        assert_eq!(
            inner.calls(),
            before,
            "{name}: the inner service was called"
        );
        assert_eq!(
            header(&response, "cache-control"),
            Some("no-store"),
            "{name}"
        );
        let json: serde_json::Value = serde_json::from_str(response.body()).unwrap();
        assert_eq!(json["error"].as_str(), row.error, "{name}");
        assert!(json["error_description"].is_string(), "{name}");
        let retry_after = (row.status == 503).then_some("7");
        assert_eq!(header(&response, "retry-after"), retry_after, "{name}");
    }
}

#[tokio::test]
async fn each_kind_of_request_has_its_response() {
    let layer = AuthLayer::new(provider()).unwrap();
    check(
        layer,
        vec![
            row("the control", &[("authorization", b"Bearer good.read")], 200),
            row("no credentials", &[], 401)
                .challenge(NO_CREDENTIALS)
                .error("unauthorized"),
            row("another scheme", &[("authorization", b"Basic Zm9v")], 401)
                .challenge(NO_CREDENTIALS)
                .error("unauthorized"),
            row("a token in the query alone", &[], 401)
                .path("/mcp?access_token=good.read")
                .challenge(NO_CREDENTIALS)
                .error("unauthorized"),
            row("no token after the scheme", &[("authorization", b"Bearer")], 400)
                .challenge(INVALID_REQUEST)
                .error("invalid_request"),
            row(
                "a space in the token",
                &[("authorization", b"Bearer good.read x")],
                400,
            )
            .challenge(INVALID_REQUEST)
            .error("invalid_request"),
            row(
                "two authorization lines",
                &[
                    ("authorization", b"Bearer good.read"),
                    ("authorization", b"Bearer good.read"),
                ],
                400,
            )
            .challenge(INVALID_REQUEST)
            .error("invalid_request"),
            row(
                "a comma list",
                &[("authorization", b"Bearer good.read, Bearer good.read")],
                400,
            )
            .challenge(INVALID_REQUEST)
            .error("invalid_request"),
            row(
                "bytes that are invalid in a token",
                &[("authorization", b"Bearer good.read\xff")],
                400,
            )
            .challenge(INVALID_REQUEST)
            .error("invalid_request"),
            row("a bad token", &[("authorization", b"Bearer bad.read")], 401)
                .challenge(INVALID_TOKEN)
                .error("invalid_token"),
            row(
                "a good token without the scope",
                &[("authorization", b"Bearer good.write")],
                403,
            )
            .challenge(", scope=\"read\", error=\"insufficient_scope\", error_description=\"The request needs a broader access token\"")
            .error("insufficient_scope"),
            row("a token that is too long", &[("authorization", b"Bearer long.8192")], 400)
                .challenge(", scope=\"read\", error=\"invalid_request\", error_description=\"The access token is longer than 8192 bytes\"")
                .error("invalid_request"),
            row(
                "a token that is too long, of an unknown limit",
                &[("authorization", b"Bearer long")],
                400,
            )
            .challenge(", scope=\"read\", error=\"invalid_request\", error_description=\"The access token is too long\"")
            .error("invalid_request"),
            row(
                "a token of a key that is not in the key set yet",
                &[("authorization", b"Bearer newer.read")],
                503,
            )
            .error("temporarily_unavailable"),
            row(
                "keys are unavailable",
                &[("authorization", b"Bearer outage.read")],
                503,
            )
            .error("temporarily_unavailable"),
            row(
                "a refused origin",
                &[
                    ("authorization", b"Bearer good.read"),
                    ("origin", b"https://evil.example"),
                ],
                403,
            )
            .error("access_denied"),
            row(
                "an allowed origin",
                &[
                    ("authorization", b"Bearer good.read"),
                    ("origin", b"https://mcp.example.com"),
                ],
                200,
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn one_challenge_names_every_scope_that_is_needed() {
    let hierarchy = ScopeHierarchy::flat().imply("admin", "write").unwrap();
    let layer = AuthLayer::builder(provider())
        .policy(RequireScopes::new(["write"]).unwrap())
        .scope_hierarchy(hierarchy)
        .build()
        .unwrap();
    let both = ", scope=\"read write\", error=\"insufficient_scope\", error_description=\"The request needs a broader access token\"";
    check(
        layer,
        vec![
            row("both", &[("authorization", b"Bearer good.read.write")], 200),
            row(
                "a broader one",
                &[("authorization", b"Bearer good.read.admin")],
                200,
            ),
            row("no token", &[], 401)
                .challenge(", scope=\"read write\"")
                .error("unauthorized"),
            row("neither", &[("authorization", b"Bearer good")], 403)
                .challenge(both)
                .error("insufficient_scope"),
            row(
                "one of them",
                &[("authorization", b"Bearer good.read")],
                403,
            )
            .challenge(both)
            .error("insufficient_scope"),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_denial_that_no_scope_can_resolve_has_no_challenge() {
    let layer = AuthLayer::builder(provider())
        .policy(policy_fn(|request| match request.has_scope("vip") {
            true => Ok(()),
            false => Err(Denied::Forbidden("marker".into())),
        }))
        .build()
        .unwrap();
    check(
        layer,
        vec![
            row(
                "the control",
                &[("authorization", b"Bearer good.read.vip")],
                200,
            ),
            row("denied", &[("authorization", b"Bearer good.read")], 403).error("access_denied"),
            row(
                "denied, and a scope is missing",
                &[("authorization", b"Bearer good")],
                403,
            )
            .error("access_denied"),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_login_that_is_too_old_requires_a_new_one() {
    let requirement = AuthenticationRequirement::max_age(Duration::from_secs(300))
        .and(&AuthenticationRequirement::acr(["mfa", "hwk"]).unwrap());
    let layer = AuthLayer::builder(provider())
        .policy(requirement)
        .build()
        .unwrap();
    check(
        layer,
        vec![
            row("too old", &[("authorization", b"Bearer good.read")], 401)
                .challenge(", scope=\"read\", error=\"insufficient_user_authentication\", max_age=\"300\", acr_values=\"mfa hwk\", error_description=\"A more recent or stronger login is required\"")
                .error("insufficient_user_authentication"),
        ],
    )
    .await;
}

#[tokio::test]
async fn the_layer_serves_the_metadata() {
    let inner = Inner::default();
    let layer = AuthLayer::new(provider()).unwrap();
    let address = serve(layer.layer(inner.clone())).await;
    let expected = r#"{"resource":"https://mcp.example.com/mcp","authorization_servers":["https://id.example.com"],"scopes_supported":["read"],"bearer_methods_supported":["header"]}"#;

    let get = send(address, Request::get(METADATA_PATH)).await;
    assert_eq!(
        (get.status().as_u16(), get.body().as_str()),
        (200, expected)
    );
    assert_eq!(header(&get, "content-type"), Some("application/json"));
    assert_eq!(header(&get, "cache-control"), Some("public, max-age=3600"));
    assert_eq!(header(&get, "access-control-allow-origin"), Some("*"));

    let head = send(address, Request::head(METADATA_PATH)).await;
    assert_eq!((head.status().as_u16(), head.body().as_str()), (200, ""));
    let length = expected.len().to_string();
    assert_eq!(header(&head, "content-length"), Some(length.as_str()));

    let preflight = Request::options(METADATA_PATH)
        .header("origin", "https://inspector.example.com")
        .header("access-control-request-method", "GET")
        .header("access-control-request-headers", "mcp-protocol-version");
    let preflight = send(address, preflight).await;
    assert_eq!(preflight.status(), 204);
    assert_eq!(header(&preflight, "access-control-allow-origin"), Some("*"));
    let allowed = header(&preflight, "access-control-allow-headers").unwrap();
    assert!(allowed.contains("MCP-Protocol-Version"), "{allowed}");

    for method in ["POST", "PUT", "DELETE", "TRACE", "PATCH"] {
        let response = send(
            address,
            Request::builder().method(method).uri(METADATA_PATH),
        )
        .await;
        assert_eq!(response.status(), 405, "{method}");
        assert_eq!(header(&response, "allow"), Some("GET, HEAD, OPTIONS"));
    }
    assert_eq!(inner.calls(), 0);
}

/// A provider with three documents, of which one can be read.
#[derive(Debug)]
struct Publishing(ResourceServer<Scripted>);

#[async_trait]
impl TokenVerifier for Publishing {
    async fn verify(&self, request: VerifyRequest<'_>) -> Result<VerifiedToken, VerifyError> {
        self.0.verify(request).await
    }
}

impl AuthProvider for Publishing {
    fn metadata(&self) -> &ProtectedResourceMetadata {
        self.0.metadata()
    }

    fn required_scopes(&self) -> &Scopes {
        self.0.required_scopes()
    }

    fn documents(&self) -> Vec<Arc<dyn DocumentSource>> {
        let paths = ["/good", "/bad", "/away"];
        paths.map(|path| Arc::new(Document(path)) as _).into()
    }
}

#[derive(Debug)]
struct Document(&'static str);

#[async_trait]
impl DocumentSource for Document {
    fn path(&self) -> &str {
        self.0
    }

    async fn read(&self) -> Result<PublicDocument, DocumentError> {
        match self.0 {
            "/good" => Ok(PublicDocument::new(r#"{"a":1}"#, Duration::from_secs(60))),
            "/away" => Err(DocumentError::Unavailable(None)),
            _ => Err(DocumentError::InvalidResponse(None)),
        }
    }
}

#[tokio::test]
async fn a_document_of_the_provider_is_public_only_at_its_path() {
    let inner = Inner::default();
    let layer = AuthLayer::new(Publishing(provider())).unwrap();
    let address = serve(layer.layer(inner.clone())).await;
    let bad = r#"{"error":"server_error","error_description":"The document is unavailable"}"#;
    let away = r#"{"error":"temporarily_unavailable","error_description":"The document is unavailable now"}"#;
    for (path, status, body, cache, again) in [
        ("/good", 200, r#"{"a":1}"#, "public, max-age=60", None),
        ("/bad", 502, bad, "no-store", Some("5")),
        ("/away", 503, away, "no-store", Some("5")),
    ] {
        let get = send(address, Request::get(path)).await;
        assert_eq!(get.status(), status, "{path}");
        assert_eq!(get.body(), body, "{path}");
        for (name, value) in [
            ("content-type", Some("application/json")),
            ("cache-control", Some(cache)),
            ("retry-after", again),
            ("access-control-allow-origin", Some("*")),
            ("www-authenticate", None),
        ] {
            assert_eq!(header(&get, name), value, "{path}: {name}");
        }
        // These do not read the document.
        for (method, status) in [("OPTIONS", 204), ("POST", 405)] {
            let request = Request::builder().method(method).uri(path);
            let response = send(address, request).await;
            assert_eq!(response.status(), status, "{method} {path}");
            assert_eq!(
                header(&response, "allow"),
                Some("GET, HEAD, OPTIONS"),
                "{method} {path}"
            );
        }
    }
    let metadata = send(address, Request::get(METADATA_PATH)).await;
    assert_eq!(metadata.status(), 200);
    for path in ["/", "/good/", "/goo", "/mcp", "//good", "/%67ood", "/Good"] {
        let response = send(address, Request::get(path)).await;
        assert_eq!(response.status(), 401, "{path}");
    }
    assert_eq!(inner.calls(), 0);
}

#[test]
fn a_provider_has_no_documents_by_default() {
    let provider = provider();
    assert!(provider.documents().is_empty());
    assert!(provider.policy().is_none());
}

#[tokio::test]
async fn a_denial_with_empty_scopes_has_no_challenge() {
    let layer = AuthLayer::builder(provider())
        .policy(policy_fn(|request| match request.has_scope("vip") {
            true => Ok(()),
            false => Err(Denied::Scope(Scopes::default())),
        }))
        .build()
        .unwrap();
    check(
        layer,
        vec![
            row(
                "the control",
                &[("authorization", b"Bearer good.read.vip")],
                200,
            ),
            row("denied", &[("authorization", b"Bearer good.read")], 403).error("access_denied"),
        ],
    )
    .await;
}

#[tokio::test]
async fn only_the_exact_path_is_public() {
    let inner = Inner::default();
    let layer = AuthLayer::new(provider()).unwrap();
    let address = serve(layer.layer(inner.clone())).await;
    for path in [
        "/",
        "/mcp",
        "//mcp",
        "/.well-known/oauth-protected-resource",
        "/.well-known/oauth-protected-resource/",
        "/.well-known/oauth-protected-resource/mcp/",
        "/.well-known/oauth-protected-resource//mcp",
        "/.well-known/oauth-protected-resource/mcp/../../../mcp",
        "/.well-known/oauth-protected-resource/mcp;x",
        "/.well-known/oauth-protected-resource/%6dcp",
        "/.well-known/oauth-protected-resource%2Fmcp",
        "/.well-known/OAuth-Protected-Resource/mcp",
        "//.well-known/oauth-protected-resource/mcp",
        "/mcp/.well-known/oauth-protected-resource",
        "/.well-known/openid-configuration",
    ] {
        for method in ["GET", "HEAD", "POST", "DELETE", "OPTIONS", "PUT", "TRACE"] {
            let response = send(address, Request::builder().method(method).uri(path)).await;
            assert_eq!(response.status(), 401, "{method} {path}");
        }
    }
    assert_eq!(inner.calls(), 0);
}

#[tokio::test]
async fn no_header_of_the_request_changes_the_challenge() {
    let layer = AuthLayer::new(provider()).unwrap();
    let address = serve(layer.layer(Inner::default())).await;
    let control = send(address, Request::get("/mcp")).await;
    for (name, value) in [
        ("x-forwarded-host", "evil.example\", scope=\"admin"),
        ("x-forwarded-proto", "http"),
        ("x-forwarded-prefix", "/evil"),
        ("forwarded", "host=evil.example;proto=http"),
        (
            "x-original-url",
            "/.well-known/oauth-protected-resource/mcp",
        ),
        ("x-rewrite-url", "/.well-known/oauth-protected-resource/mcp"),
        ("x-http-method-override", "OPTIONS"),
        ("referer", "https://evil.example"),
    ] {
        let response = send(address, Request::get("/mcp").header(name, value)).await;
        assert_eq!(
            response.headers().get("www-authenticate"),
            control.headers().get("www-authenticate"),
            "{name}"
        );
        assert_eq!(response.body(), control.body(), "{name}");
    }
    let absolute = Request::get("http://evil.example/mcp");
    let response = send(address, absolute).await;
    assert_eq!(
        response.headers().get("www-authenticate"),
        control.headers().get("www-authenticate")
    );
}
