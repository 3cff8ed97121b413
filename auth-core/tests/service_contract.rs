//! The layer as a tower service: readiness, generic and dynamic use, what the inner service sees.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a failure here is the test's failure"
)]

#[path = "support/logged.rs"]
mod logged;
mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use auth_core::layer::AuthLayer;
use auth_core::operation::RequestBody;
use auth_core::policy::{OperationPolicy, RequireScopes};
use auth_core::provider::AuthProvider;
use auth_core::support::Clock;
use auth_core::verifier::TokenVerifier;
use auth_core::wire::Refusal;
use http::{Request, Response};
use support::{Inner, Scripted, StoppedClock, provider};
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
    let by_verifier =
        AuthLayer::new(auth_core::provider::ResourceServer::new(verifier, metadata)).unwrap();
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
async fn bodies_are_forwarded_unchanged() {
    let echo = tower::service_fn(|request: Request<RequestBody<String>>| async move {
        Ok::<_, std::convert::Infallible>(Response::new(request.into_body()))
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
fn all_invalid_settings_are_reported_at_once() {
    let resource = auth_core::provider::PublicUrl::parse("https://mcp.example.com/mcp").unwrap();
    let scopes = || auth_core::token::Scopes::new(["offline_access"]).unwrap();
    let metadata = auth_core::provider::ProtectedResourceMetadata::new(resource, [""; 0])
        .with_scopes_supported(scopes());
    let provider =
        auth_core::provider::ResourceServer::new(Scripted, metadata).with_required_scopes(scopes());
    let errors = AuthLayer::new(provider).unwrap_err();
    assert_eq!(
        errors.to_string(),
        "authorization_servers is empty: name at least one issuer, or no client can obtain a token\n\
         required_scopes must not contain \"offline_access\", a scope of the authorization server: remove it\n\
         scopes_supported must not contain \"offline_access\", a scope of the authorization server: remove it"
    );
}

#[tokio::test]
async fn debug_shows_the_protected_resource() {
    let builder = AuthLayer::builder(provider());
    assert!(format!("{builder:?}").contains("AuthLayerBuilder { provider: ResourceServer"));
    let layer = builder.build().unwrap();
    let resource = "resource: \"https://mcp.example.com/mcp\"";
    assert_eq!(
        format!("{layer:?}"),
        format!("AuthLayer {{ {resource}, .. }}")
    );
    let mut service = layer.layer(Inner::default());
    assert_eq!(
        format!("{service:?}"),
        format!("AuthService {{ {resource}, .. }}")
    );
    let future = service.call(request(None));
    assert_eq!(format!("{future:?}"), "ResponseFuture");
}

/// A clock that the test sets.
#[derive(Debug, Clone, Default)]
struct SettableClock(Arc<AtomicU64>);

impl Clock for SettableClock {
    fn now(&self) -> SystemTime {
        let seconds = 1_800_000_000 + self.0.load(Ordering::SeqCst);
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn monotonic(&self) -> Duration {
        Duration::from_secs(self.0.load(Ordering::SeqCst))
    }
}

#[tokio::test]
async fn a_flood_is_logged_as_a_few_lines_and_a_sum() {
    logged::begin();
    let begins = " INFO auth_core::audit: many refusals without a verified caller: further ones of this minute are counted \
                  auth.resource=\"https://mcp.example.com/mcp\"";
    let floods: [(&str, &[Option<&str>], usize, &str); 4] = [
        ("no token", &[None], 20, "no_credentials: 980"),
        (
            "bad tokens",
            &[Some("Bearer bad")],
            20,
            "invalid_token bad_signature: 980",
        ),
        (
            "malformed headers",
            &[Some("Bearer a, b")],
            20,
            "malformed_credentials: 980",
        ),
        (
            "in turn",
            &[
                None,
                Some("Bearer bad"),
                Some("Bearer a, b"),
                Some("Bearer outage"),
            ],
            20,
            "no_credentials: 245, invalid_token bad_signature: 245, malformed_credentials: 245, \
             unavailable: 245",
        ),
    ];
    for (name, flood, in_full, kinds) in floods {
        let clock = SettableClock::default();
        let layer = AuthLayer::builder(provider()).clock(clock.clone()).build();
        let service = layer.unwrap().layer(Inner::default());
        let send = async |authorization| {
            let response = service.clone().oneshot(request(authorization));
            response.await.unwrap();
        };
        for authorization in flood.iter().cycle().take(1_000) {
            send(*authorization).await;
        }
        let lines = logged::lines();
        assert_eq!(lines.len(), in_full + 1, "{name}");
        assert_eq!(lines[in_full], begins, "{name}");
        // A kind that occurs later is still logged.
        send(Some("Bearer outage")).await;
        let expected = if name == "in turn" { 0 } else { 1 };
        assert_eq!(logged::lines().len(), expected, "{name}");
        // Every refusal of a verified caller is logged.
        for _ in 0..30 {
            send(Some("Bearer good")).await;
        }
        let lines = logged::lines();
        assert_eq!(lines.len(), 30, "{name}");
        assert!(lines[0].contains("insufficient_scope"), "{lines:?}");
        clock.0.store(60, Ordering::SeqCst);
        send(None).await;
        let [sum, line] = &logged::lines()[..] else {
            unreachable!("a sum and a line");
        };
        assert!(line.contains("no_credentials"), "{line}");
        let kinds = if name == "in turn" {
            kinds.replace("unavailable: 245", "unavailable: 246")
        } else {
            kinds.to_owned()
        };
        let count = if name == "in turn" { 981 } else { 980 };
        assert_eq!(
            *sum,
            format!(
                " INFO auth_core::audit: refusals without a verified caller were counted \
                 auth.resource=\"https://mcp.example.com/mcp\" count={count} since=1800000000 \
                 until=1800000000 kinds={kinds}"
            ),
            "{name}"
        );
        // The rest is summed up when the layer is dropped.
        for _ in 0..20 {
            send(None).await;
        }
        assert_eq!(logged::lines().len(), 19 + 1, "{name}");
        drop(service);
        let [sum] = &logged::lines()[..] else {
            unreachable!("a sum");
        };
        assert!(sum.contains("count=1 since=1800000060"), "{sum}");
    }
}

#[tokio::test]
async fn the_log_states_the_reason_once() {
    const REQUEST: &str = "auth.resource=\"https://mcp.example.com/mcp\" \
                           http.request.method=\"GET\" url.path=\"/mcp\" auth.decision.duration=0.0 ";
    logged::begin();
    let layer = AuthLayer::builder(provider()).clock(StoppedClock).build();
    let service = layer.unwrap().layer(Inner::default());
    for (authorization, expected) in [
        (Some("Bearer good.read"), ""),
        (
            None,
            " INFO auth_core::audit: request refused auth.decision=\"no_credentials\" error.type=\"no_credentials\" \
             error.message=no bearer token\n",
        ),
        (
            Some("Bearer marker"),
            " INFO auth_core::audit: request refused auth.decision=\"invalid_token\" error.type=\"bad_signature\" \
             error.message=the token's signature does not match\n",
        ),
        (
            Some("Bearer outage.marker"),
            " WARN auth_core::audit: request refused auth.decision=\"unavailable\" error.type=\"unavailable\" \
             error.message=the issuer or its keys cannot be reached: connection refused\n",
        ),
        (
            Some("Bearer newer.marker"),
            " INFO auth_core::audit: request refused auth.decision=\"unavailable\" error.type=\"unknown_key\" \
             error.message=unknown key: the issuer's key set does not have the key that the token names, \
             and was read a moment ago\n",
        ),
        (
            Some("Bearer long.8192"),
            " INFO auth_core::audit: request refused auth.decision=\"token_too_long\" error.type=\"too_long\" \
             error.message=the access token is refused unread: the token is longer than 8192 bytes\n",
        ),
        (
            Some("Bearer marker, Bearer marker"),
            " INFO auth_core::audit: request refused auth.decision=\"malformed_credentials\" error.type=\"malformed_credentials\" \
             error.message=the authorization header is malformed: \
             bearer token with a character that is not allowed\n",
        ),
    ] {
        let response = service.clone().oneshot(request(authorization));
        response.await.unwrap();
        let logged = logged::text();
        // Every line has the resource and the request.
        let lines = logged.matches(REQUEST).count();
        assert_eq!(lines, usize::from(!expected.is_empty()), "{logged}");
        assert_eq!(logged.replace(REQUEST, ""), expected, "{authorization:?}");
    }
}

#[tokio::test]
async fn the_log_names_the_operations_that_were_refused() {
    logged::begin();
    let operations = OperationPolicy::builder()
        .tool("delete_*", RequireScopes::new(["write"]).unwrap())
        .build();
    let layer = AuthLayer::builder(provider())
        .clock(StoppedClock)
        .operations(operations.unwrap());
    let service = layer.build().unwrap().layer(Inner::default());
    let delete = r#"{"method":"tools/call","params":{"name":"delete_note"}}"#;
    let list = r#"{"method":"tools/list"}"#;
    for (body, expected) in [
        (list.to_owned(), None),
        (
            delete.to_owned(),
            Some(r#"mcp.method.name="tools/call" gen_ai.tool.name="delete_note" "#),
        ),
        (
            format!("[{list},{delete}]"),
            Some(r#"auth.batch="tools/list, tools/call \"delete_note\"" "#),
        ),
    ] {
        let request = Request::post("/mcp").header("authorization", "Bearer good.read");
        let response = service.clone().oneshot(request.body(body).unwrap());
        response.await.unwrap();
        let lines = logged::lines();
        assert_eq!(lines.len(), usize::from(expected.is_some()), "{lines:?}");
        if let Some(operations) = expected {
            assert!(lines[0].contains(operations), "{lines:?}");
        }
    }
}

/// Each trait is implemented for `Arc` and `Box` of a trait object, and requires `Debug`.
#[test]
fn every_trait_is_implemented_for_pointers_to_it() {
    macro_rules! pointers_are {
        ($($room:ident::$name:ident),*) => {$(
            {
                fn is<T: auth_core::$room::$name + std::fmt::Debug>() {}
                is::<std::sync::Arc<dyn auth_core::$room::$name>>();
                is::<Box<dyn auth_core::$room::$name>>();
                is::<std::sync::Arc<Box<dyn auth_core::$room::$name>>>();
            }
        )*};
    }
    pointers_are!(
        verifier::TokenVerifier,
        provider::AuthProvider,
        provider::DocumentSource,
        policy::Policy,
        policy::Authorizer,
        proof::ProofVerifier,
        revocation::Revocations,
        token::Validity,
        audit::AuditSink,
        support::Clock
    );
}
