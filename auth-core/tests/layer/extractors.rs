//! The extractors for axum: the caller, or a response that refuses the request.
#![cfg(feature = "axum")]

use std::sync::{Arc, Mutex};

use auth_core::audit::audit_fn;
use auth_core::axum::{
    Authenticated, OptionalAuthenticated, RequireScope, RequiredScopes, protect,
};
use auth_core::layer::AuthLayer;
use axum::Router;
use axum::routing::get;
use http::Request;
use http_body_util::BodyExt;
use tower::ServiceExt;

use crate::support::provider;

struct Write;
impl RequiredScopes for Write {
    const SCOPES: &'static [&'static str] = &["write", "also"];
}

struct Wrong;
impl RequiredScopes for Wrong {
    const SCOPES: &'static [&'static str] = &["not a scope"];
}

fn router() -> Router {
    Router::new()
        .route(
            "/must",
            get(|Authenticated(token): Authenticated| async move { token.subject().to_owned() }),
        )
        .route(
            "/may",
            get(
                |OptionalAuthenticated(token): OptionalAuthenticated| async move {
                    token.map_or("anonymous".to_owned(), |token| token.subject().to_owned())
                },
            ),
        )
        .route(
            "/write",
            get(|caller: RequireScope<Write>| async move { caller.token().subject().to_owned() }),
        )
        .route(
            "/shown",
            get(|caller: RequireScope<Write>| async move { format!("{caller:?}") }),
        )
        .route("/wrong", get(|_: RequireScope<Wrong>| async { "never" }))
}

/// Status, challenge and body.
async fn fetch<S>(service: S, path: &str, token: Option<&str>) -> (u16, Option<String>, String)
where
    S: tower::Service<Request<String>, Error = std::convert::Infallible>,
    S: tower::Service<Request<String>, Response = http::Response<axum::body::Body>>,
{
    let mut request = Request::get(path).header("x-request-id", "r-1");
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let response = service
        .oneshot(request.body(String::new()).unwrap())
        .await
        .unwrap();
    let status = response.status().as_u16();
    let challenge = response.headers().get("www-authenticate");
    let challenge = challenge.map(|value| value.to_str().unwrap().to_owned());
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, challenge, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn a_handler_gets_its_caller_or_does_not_run() {
    let layer = AuthLayer::builder(provider())
        .allow_anonymous()
        .build()
        .unwrap();
    let service = protect(router(), &layer).into_service();
    let meta = "Bearer resource_metadata=\"https://mcp.example.com/.well-known/oauth-protected-resource/mcp\"";
    let plain = format!("{meta}, scope=\"read\"");
    let scope = format!("{meta}, scope=\"read write also\", error=\"insufficient_scope\"");
    for (path, token, status, challenge, body) in [
        ("/must", Some("good.read"), 200, "", "usr_1"),
        ("/must", None, 401, plain.as_str(), "unauthorized"),
        ("/must", Some("bad"), 401, meta, "invalid_token"),
        ("/may", Some("good.read"), 200, "", "usr_1"),
        ("/may", None, 200, "", "anonymous"),
        ("/may", Some("bad"), 401, meta, "invalid_token"),
        ("/write", Some("good.read.write.also"), 200, "", "usr_1"),
        (
            "/write",
            Some("good.read.write"),
            403,
            scope.as_str(),
            "insufficient_scope",
        ),
        ("/write", None, 401, plain.as_str(), "unauthorized"),
        ("/wrong", Some("good.read"), 500, "", ""),
    ] {
        let response = fetch(service.clone(), path, token).await;
        let row = format!("{path} {token:?}: {response:?}");
        assert_eq!(response.0, status, "{row}");
        assert!(
            response.1.unwrap_or_default().starts_with(challenge),
            "{row}"
        );
        assert!(response.2.contains(body), "{row}");
    }
}

#[tokio::test]
async fn a_refusal_of_an_extractor_is_recorded() {
    let events = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&events);
    let layer = AuthLayer::builder(provider())
        .allow_anonymous()
        .audit(audit_fn(move |event| {
            let subject = event.token.as_ref().map(|token| token.subject().to_owned());
            sink.lock()
                .unwrap()
                .push((event.decision.as_str(), subject, event.request_id.clone()));
        }))
        .build()
        .unwrap();
    let service = protect(router(), &layer).into_service();
    for (path, token, outcomes) in [
        ("/write", Some("good.read.write.also"), vec!["admitted"]),
        (
            "/write",
            Some("good.read"),
            vec!["admitted", "insufficient_scope"],
        ),
        ("/must", None, vec!["public", "no_credentials"]),
    ] {
        fetch(service.clone(), path, token).await;
        let subject = token.map(|_| "usr_1".to_owned());
        let expected: Vec<_> = outcomes
            .into_iter()
            .map(|outcome| (outcome, subject.clone(), Some("r-1".to_owned())))
            .collect();
        assert_eq!(
            std::mem::take(&mut *events.lock().unwrap()),
            expected,
            "{path} {token:?}"
        );
    }
}

#[tokio::test]
async fn a_route_without_a_layer_responds_with_500() {
    for path in ["/must", "/may", "/write"] {
        let request = Request::get(path).body(axum::body::Body::empty()).unwrap();
        let response = router().oneshot(request).await.unwrap();
        assert_eq!(response.status(), 500, "{path}");
    }
}

#[tokio::test]
async fn a_late_refusal_has_the_path_of_the_request() {
    let events = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&events);
    let layer = AuthLayer::builder(provider())
        .audit(audit_fn(move |event| {
            let request = (event.method.clone(), event.path.to_string());
            sink.lock().unwrap().push((event.late, request));
        }))
        .build()
        .unwrap();
    // The inner router sees `/write`, without the prefix.
    let nested = axum::Router::new().nest("/api", router());
    let service = protect(nested, &layer).into_service();
    let response = fetch(service, "/api/write", Some("good.read")).await;
    assert_eq!(response.0, 403);
    let request = || (http::Method::GET, "/api/write".to_owned());
    assert_eq!(
        *events.lock().unwrap(),
        [(false, request()), (true, request())]
    );
}

#[tokio::test]
async fn debug_of_an_extracted_caller_shows_the_token() {
    let layer = AuthLayer::new(provider()).unwrap();
    let service = protect(router(), &layer).into_service();
    let (_, _, shown) = fetch(service, "/shown", Some("good.read.write.also")).await;
    assert!(shown.starts_with("RequireScope(VerifiedToken {"), "{shown}");
    assert!(shown.contains("usr_1"), "{shown}");
}

#[tokio::test]
async fn debug_of_a_protected_router_shows_the_resource() {
    let layer = AuthLayer::new(provider()).unwrap();
    let router = protect(router(), &layer);
    let resource = "resource: \"https://mcp.example.com/mcp\"";
    assert_eq!(
        format!("{router:?}"),
        format!("ProtectedRouter {{ layer: AuthLayer {{ {resource}, .. }}, .. }}")
    );
    let mut service = router.into_service();
    assert_eq!(
        format!("{service:?}"),
        format!("ProtectedService(AuthService {{ {resource}, .. }})")
    );
    let future = tower::Service::call(&mut service, Request::new(String::new()));
    assert_eq!(format!("{future:?}"), "ProtectedFuture");
}
