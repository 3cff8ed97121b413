//! Verifiers and policies that read the head of the request.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use auth_core::layer::AuthLayer;
use auth_core::policy::{Denied, OperationPolicy, policy_fn};
use auth_core::provider::{AuthProvider, ResourceServer};
use auth_core::support::async_trait;
use auth_core::token::{Scopes, VerifiedToken};
use auth_core::verifier::{
    InvalidReason, RequestHead, TokenCache, TokenVerifier, TokenVerifierExt, VerifyError,
    VerifyRequest, first_of,
};
use http::HeaderMap;

use crate::harness::{Service, around, guarded, post};
use crate::streams::{next, stream_of};
use crate::support::provider;

/// Accepts one token for all tenants; a header names the tenant.
#[derive(Debug, Clone, Default)]
struct Tenants {
    calls: Arc<AtomicUsize>,
    /// Whether `vary` reports that the verdict depends on the tenant.
    declares: bool,
    /// The only known tenant; `None` for any.
    only: Option<&'static str>,
}

fn tenant(head: RequestHead<'_>) -> &str {
    let tenant = head
        .header("x-tenant")
        .and_then(|tenant| tenant.to_str().ok());
    tenant.unwrap_or("none")
}

#[async_trait]
impl TokenVerifier for Tenants {
    async fn verify(&self, request: VerifyRequest<'_>) -> Result<VerifiedToken, VerifyError> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let head = request.head();
        assert_eq!(head.header("authorization"), None);
        let tenant = tenant(head);
        let known = self.only.map_or(tenant != "none", |only| only == tenant);
        if request.token().secret() != "key" || !known {
            return Err(InvalidReason::WrongIssuer.into());
        }
        let end = request.now() + Duration::from_secs(3600);
        let token = VerifiedToken::assertion("https://keys.example.com", tenant, end);
        Ok(token
            .with_scopes(Scopes::granted(["read"]))
            .reusable_until(end))
    }

    fn vary<'a>(&'a self, head: RequestHead<'a>) -> Option<Cow<'a, str>> {
        self.declares.then(|| Cow::Borrowed(tenant(head)))
    }
}

impl Tenants {
    fn declaring() -> Self {
        Self {
            declares: true,
            ..Self::default()
        }
    }

    fn only(tenant: &'static str, declares: bool) -> Self {
        Self {
            only: Some(tenant),
            declares,
            ..Self::default()
        }
    }

    /// The number of calls since the last time.
    fn take_calls(&self) -> usize {
        self.calls.swap(0, Ordering::Relaxed)
    }
}

fn behind(verifier: impl TokenVerifier) -> Service {
    let provider = ResourceServer::new(verifier, provider().metadata().clone());
    around(&AuthLayer::new(provider).unwrap())
}

/// The caller that the inner service sees for a request of this tenant, or the status of a refusal.
async fn caller(service: &Service, tenant: &str) -> String {
    let headers = [("authorization", "Bearer key"), ("x-tenant", tenant)];
    let response = post(service, &headers, "{}").await;
    match response.status {
        200 => response.echoed()["caller"].as_str().unwrap().to_owned(),
        status => status.to_string(),
    }
}

/// The tenants of consecutive requests.
const TURNS: [&str; 8] = ["one", "one", "two", "one", "none", "two", "none", "two"];

fn expected(tenant: &str) -> &str {
    match tenant {
        "none" => "401",
        tenant => tenant,
    }
}

#[tokio::test]
async fn a_verdict_is_reused_only_for_the_same_tenant() {
    for (name, verifier, calls) in [
        // One for each of the two tenants, and two refusals, which are not reused.
        ("the tenant is declared", Tenants::declaring(), 4),
        (
            "the tenant is not declared",
            Tenants::default(),
            TURNS.len(),
        ),
    ] {
        let service = behind(verifier.clone());
        for tenant in TURNS {
            assert_eq!(caller(&service, tenant).await, expected(tenant), "{name}");
        }
        assert_eq!(verifier.take_calls(), calls, "{name}");
    }
}

#[tokio::test]
async fn caching_verifiers_reuse_a_verdict_only_for_the_same_tenant() {
    for (name, verifier, calls) in [
        ("declared", Tenants::declaring(), 4),
        ("not", Tenants::default(), TURNS.len()),
    ] {
        let cached = verifier.clone().cached(TokenCache::DEFAULT).unwrap();
        let service = behind(cached.cached(TokenCache::DEFAULT).unwrap());
        for tenant in TURNS {
            assert_eq!(caller(&service, tenant).await, expected(tenant), "{name}");
        }
        assert_eq!(verifier.take_calls(), calls, "{name}");
    }
}

#[tokio::test]
async fn a_chain_is_not_reused_if_one_of_its_verifiers_declares_nothing() {
    let all = |tenant: &str| match tenant {
        "one" | "two" => tenant.to_owned(),
        _ => "401".to_owned(),
    };
    for first in [true, false] {
        for second in [true, false] {
            let one = || Tenants::only("one", first);
            let two = || Tenants::only("two", second);
            let chains: [(&str, Service); 4] = [
                ("or", behind(one().or(two()))),
                ("first_of", behind(first_of([one(), two()]))),
                (
                    "nested",
                    behind(first_of([one()]).or(two().or(Tenants::only("three", true)))),
                ),
                ("a pointer", behind(Arc::new(one()).or(Box::new(two())))),
            ];
            for (name, service) in chains {
                for tenant in TURNS {
                    let found = caller(&service, tenant).await;
                    assert_eq!(found, all(tenant), "{name}: {first} {second}");
                }
            }
            let opaque = behind(one().or_opaque(two()));
            for (tenant, expected) in [("one", "401"), ("two", "two"), ("one", "401")] {
                assert_eq!(caller(&opaque, tenant).await, expected, "{first} {second}");
            }
        }
    }
}

/// Forwards `verify`, but not `vary`.
#[derive(Debug)]
struct Hiding<V>(V);

#[async_trait]
impl<V: TokenVerifier> TokenVerifier for Hiding<V> {
    async fn verify(&self, request: VerifyRequest<'_>) -> Result<VerifiedToken, VerifyError> {
        self.0.verify(request).await
    }
}

#[tokio::test]
async fn a_wrapper_that_does_not_forward_vary_is_called_for_every_request() {
    for declares in [true, false] {
        let tenants = || Tenants {
            declares,
            ..Tenants::default()
        };
        let cached = || tenants().cached(TokenCache::DEFAULT).unwrap();
        let other = || Tenants::only("three", true);
        let services: [(&str, Service); 6] = [
            ("itself", behind(Hiding(tenants()))),
            ("a chain", behind(Hiding(tenants().or(other())))),
            ("a list", behind(Hiding(first_of([tenants(), other()])))),
            ("by shape", behind(Hiding(other().or_opaque(tenants())))),
            ("a cache", behind(Hiding(cached()))),
            ("twice", behind(Hiding(Hiding(cached()).or(other())))),
        ];
        for (name, service) in services {
            for tenant in TURNS {
                let found = caller(&service, tenant).await;
                assert_eq!(found, expected(tenant), "{name}: {declares}");
            }
        }
    }
}

/// Reloads its configuration during each call, so that `vary` changes.
#[derive(Debug, Default)]
struct Reloading(AtomicUsize);

#[async_trait]
impl TokenVerifier for Reloading {
    async fn verify(&self, request: VerifyRequest<'_>) -> Result<VerifiedToken, VerifyError> {
        let generation = self.0.fetch_add(1, Ordering::Relaxed);
        let end = request.now() + Duration::from_secs(3600);
        let subject = generation.to_string();
        let token = VerifiedToken::assertion("https://keys.example.com", subject, end);
        Ok(token
            .with_scopes(Scopes::granted(["read"]))
            .reusable_until(end))
    }

    fn vary<'a>(&'a self, _: RequestHead<'a>) -> Option<Cow<'a, str>> {
        Some(self.0.load(Ordering::Relaxed).to_string().into())
    }
}

#[tokio::test]
async fn a_verdict_is_not_cached_if_vary_changed_meanwhile() {
    let service = behind(Reloading::default());
    for expected in ["0", "1", "2"] {
        assert_eq!(caller(&service, "one").await, expected);
    }
}

#[tokio::test]
async fn a_policy_sees_the_same_session_for_requests_and_list_items() {
    let seen = Arc::new(std::sync::Mutex::new(Vec::new()));
    let sink = Arc::clone(&seen);
    let session = policy_fn(move |request| {
        let id = request.head().header("mcp-session-id");
        let id = id.map(|id| id.to_str().unwrap().to_owned());
        sink.lock().unwrap().push(id);
        Ok(())
    });
    let operations = OperationPolicy::builder().tool("*", session).filter_lists();
    let operations = operations.build().unwrap();
    let service = guarded(|layer| layer.operations(operations));
    let token = ("authorization", "Bearer good.read");
    let opened = post(
        &service,
        &[token, ("x-new-session", "s-1")],
        r#"{"method":"ping"}"#,
    )
    .await;
    let sealed = opened.header("mcp-session-id").map(str::to_owned);
    let sealed = sealed.unwrap_or_else(|| panic!("{opened:?}"));
    let list = r#"{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"one"}]}}"#;
    let headers = [token, ("mcp-session-id", &*sealed), ("x-response", list)];
    let listing = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;
    assert_eq!(post(&service, &headers, listing).await.status, 200);
    let call = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"one"}}"#;
    assert_eq!(post(&service, &headers[..2], call).await.status, 200);
    let seen = seen.lock().unwrap();
    assert!(seen.len() >= 2);
    assert!(
        seen.iter().all(|id| id.as_deref() == Some(&*sealed)),
        "{seen:?}"
    );
}

#[tokio::test]
async fn a_chain_is_reused_if_all_its_verifiers_declare() {
    let (one, two) = (Tenants::only("one", true), Tenants::only("two", true));
    let service = behind(one.clone().or(two.clone()));
    for tenant in ["one", "two", "one", "two", "one", "two"] {
        assert_eq!(caller(&service, tenant).await, tenant);
    }
    assert_eq!((one.take_calls(), two.take_calls()), (2, 1));
}

/// Requires that the tenant of the request is the name of the tool.
fn own_tenant() -> impl auth_core::policy::Policy {
    policy_fn(|request| {
        let name = request.operation().and_then(|operation| operation.name());
        match name.is_none_or(|name| name == tenant(request.head())) {
            true => Ok(()),
            false => Err(Denied::Forbidden("another tenant".into())),
        }
    })
}

#[tokio::test]
async fn a_policy_sees_the_head_for_requests_and_list_items() {
    let operations = OperationPolicy::builder()
        .tool("*", own_tenant())
        .filter_lists();
    let operations = operations.build().unwrap();
    let service = guarded(|layer| layer.operations(operations));
    let call = |name: &str| {
        format!(r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"{name}"}}}}"#)
    };
    let headers = [("authorization", "Bearer good.read"), ("x-tenant", "one")];
    assert_eq!(post(&service, &headers, &call("one")).await.status, 200);
    assert_eq!(post(&service, &headers, &call("two")).await.status, 403);
    let list = r#"{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"one"},{"name":"two"}]}}"#;
    let headers = [headers[0], headers[1], ("x-response", list)];
    let list = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;
    let listed = post(&service, &headers, list).await;
    let shown: serde_json::Value = serde_json::from_str(&listed.body).unwrap();
    assert_eq!(
        shown["result"]["tools"],
        serde_json::json!([{"name": "one"}])
    );
}

#[tokio::test]
async fn a_stream_is_rechecked_with_the_head_that_opened_it() {
    // The head is kept, since the policy has read it.
    let calls = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&calls);
    let no_tenant = policy_fn(move |request| {
        count.fetch_add(1, Ordering::Relaxed);
        let mut headers = HeaderMap::new();
        for (name, value) in request.head().headers() {
            headers.append(name, value.clone());
        }
        let head = (request.head().method(), request.head().uri().path());
        assert_eq!(head, (&http::Method::POST, "/mcp"));
        match headers.is_empty() {
            true => Ok(()),
            false => Err(Denied::Forbidden(format!("{headers:?}").into())),
        }
    });
    let (mut body, _, clock) = stream_of(Always::provider(), "text/event-stream", |layer| {
        layer.policy(no_tenant)
    })
    .await;
    assert_eq!(next(&mut body).await, "nothing");
    clock.advance(Duration::from_secs(60));
    assert_eq!(next(&mut body).await, "nothing");
    assert_eq!(calls.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn a_stream_ends_if_a_recheck_reads_a_head_that_was_not_kept() {
    for (reads_later, expected) in [(false, "nothing"), (true, "end")] {
        let calls = AtomicUsize::new(0);
        let policy = policy_fn(move |request| {
            if calls.fetch_add(1, Ordering::Relaxed) > 0 && reads_later {
                let _ = request.head();
            }
            Ok(())
        });
        let (mut body, _, clock) = stream_of(Always::provider(), "text/event-stream", |layer| {
            layer.policy(policy)
        })
        .await;
        assert_eq!(next(&mut body).await, "nothing");
        clock.advance(Duration::from_secs(60));
        assert_eq!(next(&mut body).await, expected, "{reads_later}");
    }
}

/// Accepts every token.
#[derive(Debug)]
struct Always;

impl Always {
    fn provider() -> ResourceServer<Self> {
        ResourceServer::new(Self, provider().metadata().clone())
    }
}

#[async_trait]
impl TokenVerifier for Always {
    async fn verify(&self, request: VerifyRequest<'_>) -> Result<VerifiedToken, VerifyError> {
        let end = request.now() + Duration::from_secs(3600);
        Ok(VerifiedToken::assertion(
            "https://id.example.com",
            "usr_1",
            end,
        ))
    }
}
