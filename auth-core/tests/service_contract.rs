//! The layer as a tower service: readiness, generic and dynamic use, what the inner service sees.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a failure here is the test's failure"
)]

mod support;

use std::sync::Arc;

use auth_core::{AuthLayer, AuthProvider, Refusal, TokenVerifier};
use http::{Request, Response};
use http_body_util::Full;
use support::{Inner, Scripted, provider};
use tower::limit::ConcurrencyLimitLayer;
use tower::{Layer, Service, ServiceBuilder, ServiceExt};

fn request(authorization: Option<&str>) -> Request<String> {
    let mut request = Request::get("/mcp");
    if let Some(value) = authorization {
        request = request.header("authorization", value);
    }
    request.body(String::new()).unwrap()
}

#[tokio::test]
async fn the_ready_inner_service_is_the_one_that_is_called() {
    let layer = AuthLayer::new(provider()).unwrap();
    let mut service = ServiceBuilder::new()
        .layer(layer)
        .layer(ConcurrencyLimitLayer::new(1))
        .service(Inner::default());
    for _ in 0..3 {
        let ready = ServiceExt::<Request<String>>::ready(&mut service)
            .await
            .unwrap();
        let response = ready.call(request(Some("Bearer good.read"))).await.unwrap();
        assert_eq!(response.status(), 200);
    }
}

#[tokio::test]
async fn providers_work_generic_and_dynamic() {
    let generic = AuthLayer::new(provider()).unwrap();
    let shared = AuthLayer::new(Arc::new(provider())).unwrap();
    let dynamic: Arc<dyn AuthProvider> = Arc::new(provider());
    let dynamic = AuthLayer::new(dynamic).unwrap();
    let verifier: Arc<dyn TokenVerifier> = Arc::new(Scripted);
    let metadata = provider().metadata().clone();
    let by_verifier = AuthLayer::new(auth_core::ResourceServer::new(verifier, metadata)).unwrap();
    for layer in [generic, shared, dynamic, by_verifier] {
        let service = layer.layer(Inner::default());
        let good = service
            .clone()
            .oneshot(request(Some("Bearer good.read")))
            .await;
        assert_eq!(good.unwrap().status(), 200);
        let bad = service.oneshot(request(Some("Bearer bad"))).await;
        assert_eq!(bad.unwrap().status(), 401);
    }
}

#[tokio::test]
async fn outer_layers_find_the_refusal_in_the_response() {
    let service = AuthLayer::new(provider()).unwrap().layer(Inner::default());
    let response: Response<_> = service.oneshot(request(Some("Bearer bad"))).await.unwrap();
    let refusal = response.extensions().get::<Refusal>().unwrap();
    assert!(
        matches!(refusal, Refusal::InvalidToken(invalid) if invalid.reason().as_str() == "bad_signature")
    );
}

#[tokio::test]
async fn the_inner_body_type_is_kept() {
    let echo = tower::service_fn(|request: Request<String>| async move {
        Ok::<_, std::convert::Infallible>(Response::new(Full::<bytes::Bytes>::from(
            request.into_body(),
        )))
    });
    let service = AuthLayer::new(provider()).unwrap().layer(echo);
    let mut request = request(Some("Bearer good.read"));
    *request.body_mut() = "body".into();
    let response = service.oneshot(request).await.unwrap();
    let body = http_body_util::BodyExt::collect(response.into_body())
        .await
        .unwrap();
    assert_eq!(body.to_bytes(), "body");
}

#[test]
fn bad_settings_are_named_all_at_once() {
    let resource = auth_core::PublicUrl::parse("https://mcp.example.com/mcp").unwrap();
    let scopes = || auth_core::Scopes::new(["offline_access"]).unwrap();
    let metadata = auth_core::ProtectedResourceMetadata {
        scopes_supported: scopes(),
        ..auth_core::ProtectedResourceMetadata::new(resource, [""; 0])
    };
    let provider =
        auth_core::ResourceServer::new(Scripted, metadata).with_required_scopes(scopes());
    let errors = AuthLayer::new(provider).unwrap_err();
    assert_eq!(
        errors.to_string(),
        "authorization_servers is empty: name at least one issuer, or no client can get a token\n\
         required_scopes must not hold \"offline_access\": it is between client and issuer, take it out\n\
         scopes_supported must not hold \"offline_access\": it is between client and issuer, take it out"
    );
}
