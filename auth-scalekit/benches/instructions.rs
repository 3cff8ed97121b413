//! The number of instructions of each path of a request: the same on a busy machine as on an idle one.
//!
//! `auth-scalekit/benches/count-instructions`. The counts that hold are in `instructions.txt` beside
//! this file; the bench fails when one of them grows by more than 5 %. Two runs differ by at
//! most 1.3 %. After a deliberate change, or with another compiler, C library or processor, write the new
//! counts there.
//!
//! * `verify_*`: the verifier without the cache, with it, and with tokens that it refuses.
//! * `layer_warm`: the whole layer with a token that is in the cache; `layer_without_token`: its
//!   challenge; `layer_alone`: the layer with a trivial verifier that accepts the same token.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::needless_pass_by_value,
    missing_docs,
    reason = "a bench, whose report is for people"
)]

use std::convert::Infallible;
use std::hint::black_box;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::SystemTime;

use auth_core::layer::AuthLayer;
use auth_core::operation::RequestBody;
use auth_core::policy::{OperationPolicy, RequireScopes};
use auth_core::provider::{AuthProvider, ProtectedResourceMetadata};
use auth_core::support::async_trait;
use auth_core::token::{BearerToken, Scopes, VerifiedToken};
use auth_core::verifier::{
    CachedVerifier, TokenCache, TokenVerifier, TokenVerifierExt, VerifyError, VerifyRequest,
};
use auth_scalekit::ScalekitProvider;
use auth_testkit::{MockScalekit, TokenBuilder};
use gungraun::{
    Callgrind, EventKind, LibraryBenchmarkConfig, library_benchmark, library_benchmark_group, main,
};
use http::{Request, Response};
use tower::util::BoxCloneSyncService;
use tower::{Layer, Service, service_fn};

const URL: &str = "http://localhost:8000/mcp";

/// The expected counts, each a line of a name and a number.
const KEPT: &str = include_str!("instructions.txt");

/// Fails a case that takes over 5 % more instructions than expected.
fn no_more_than_kept(name: &str) -> LibraryBenchmarkConfig {
    let mut lines = KEPT.lines().filter_map(|line| line.split_once(' '));
    let kept = lines.find(|(known, _)| *known == name);
    let kept: u64 = kept.unwrap().1.trim().parse().unwrap();
    let most = kept + kept / 20;
    let mut callgrind = Callgrind::default();
    callgrind.hard_limits([(EventKind::Ir, most)]);
    let mut config = LibraryBenchmarkConfig::default();
    config.tool(callgrind);
    config
}

/// Everything here is ready at once: nothing waits for the network.
fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("a path of this bench is pending"),
    }
}

fn provider() -> (ScalekitProvider, MockScalekit) {
    let runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = { runtime }.enable_all().build().unwrap();
    runtime.block_on(async {
        let scalekit = MockScalekit::builder().resource_url(URL).start().await;
        let environment = scalekit.environment_url();
        let provider = ScalekitProvider::builder(environment, scalekit.resource_id(), URL)
            .required_scopes(["notes:read"])
            .build()
            .unwrap();
        provider.ready().await.unwrap();
        (provider, scalekit)
    })
}

struct Verify {
    provider: CachedVerifier<ScalekitProvider>,
    token: String,
    /// The expected result.
    accepted: bool,
}

impl Verify {
    fn run(&self) -> Result<VerifiedToken, VerifyError> {
        let token = BearerToken::new(&self.token).unwrap();
        now(self
            .provider
            .verify(VerifyRequest::new(token, SystemTime::now())))
    }
}

/// The number of runs before the counted one: they initialize what is lazy, and let the allocator settle after the
/// set-up. The issuer is dropped before them, so that its memory is not settled during the count.
const BEFORE: usize = 5;

fn verify_setup(cache: TokenCache, change: fn(TokenBuilder) -> String, accepted: bool) -> Verify {
    let (provider, scalekit) = provider();
    let token = change(scalekit.token().scopes(["notes:read", "notes:write"]));
    drop(scalekit);
    let verify = Verify {
        provider: provider.cached(cache).unwrap(),
        token,
        accepted,
    };
    for _ in 0..BEFORE {
        assert_eq!(verify.run().is_ok(), verify.accepted);
    }
    verify
}

fn good(token: TokenBuilder) -> String {
    token.sign()
}

fn expired(token: TokenBuilder) -> String {
    token.expired().sign()
}

fn garbage(token: TokenBuilder) -> String {
    let good = token.sign();
    let (_, rest) = good.split_once('.').unwrap();
    // Neither JSON nor a header.
    format!("bmVpdGhlciBKU09OIG5vciBhIGhlYWRlcg.{rest}")
}

#[library_benchmark]
#[bench::cold(args = (TokenCache::OFF, good, true), setup = verify_setup, config = no_more_than_kept("verify_cold"))]
#[bench::warm(args = (TokenCache::DEFAULT, good, true), setup = verify_setup, config = no_more_than_kept("verify_warm"))]
#[bench::garbage(args = (TokenCache::DEFAULT, garbage, false), setup = verify_setup, config = no_more_than_kept("verify_garbage"))]
#[bench::expired(args = (TokenCache::DEFAULT, expired, false), setup = verify_setup, config = no_more_than_kept("verify_expired"))]
fn verify(verify: Verify) -> Verify {
    drop(black_box(black_box(&verify).run()));
    verify
}

/// Accepts any token as the one that it holds.
#[derive(Debug)]
struct FixedVerifier {
    provider: ScalekitProvider,
    token: VerifiedToken,
}

#[async_trait]
impl TokenVerifier for FixedVerifier {
    async fn verify(&self, _: VerifyRequest<'_>) -> Result<VerifiedToken, VerifyError> {
        Ok(self.token.clone())
    }
}

impl AuthProvider for FixedVerifier {
    fn metadata(&self) -> &ProtectedResourceMetadata {
        self.provider.metadata()
    }

    fn required_scopes(&self) -> &Scopes {
        self.provider.required_scopes()
    }
}

type Guarded = BoxCloneSyncService<Request<String>, u16, Infallible>;

/// A service behind the layer, and a request that has been sent before.
fn layer_setup(fixed: bool, with_token: bool, status: u16) -> (Guarded, Request<String>) {
    use tower::ServiceExt;
    let (provider, scalekit) = provider();
    let token = scalekit.token().scopes(["notes:read", "notes:write"]);
    let token = token.sign();
    drop(scalekit);
    let provider: Arc<dyn AuthProvider> = if fixed {
        let request = VerifyRequest::new(BearerToken::new(&token).unwrap(), SystemTime::now());
        let token = now(provider.verify(request)).unwrap();
        Arc::new(FixedVerifier { provider, token })
    } else {
        Arc::new(provider)
    };
    let operations = OperationPolicy::builder()
        .tool("add", RequireScopes::new(["notes:write"]).unwrap())
        .tool("delete_*", RequireScopes::new(["notes:admin"]).unwrap())
        .inner_service_compares_headers();
    let layer = AuthLayer::builder(provider)
        .operations(operations.build().unwrap())
        .build()
        .unwrap();
    let inner = service_fn(async |_: Request<RequestBody<String>>| {
        Ok::<_, Infallible>(Response::new(String::new()))
    });
    let guarded = layer.layer(inner);
    let guarded = guarded.map_response(|response| response.status().as_u16());
    let mut guarded = BoxCloneSyncService::new(guarded);
    let mut request = Request::post("/mcp")
        .header("host", "localhost:8000")
        .header("accept", "application/json, text/event-stream")
        .header("content-type", "application/json")
        .header("mcp-method", "tools/call")
        .header("mcp-name", "add")
        .header("mcp-protocol-version", "2026-07-28");
    if with_token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let request = request.body(String::new()).unwrap();
    for _ in 0..BEFORE {
        assert_eq!(now(guarded.call(request.clone())), Ok(status));
    }
    (guarded, request)
}

#[library_benchmark]
#[bench::warm(args = (false, true, 200), setup = layer_setup, config = no_more_than_kept("layer_warm"))]
#[bench::alone(args = (true, true, 200), setup = layer_setup, config = no_more_than_kept("layer_alone"))]
#[bench::without_token(args = (false, false, 401), setup = layer_setup, config = no_more_than_kept("layer_without_token"))]
fn layer((mut service, request): (Guarded, Request<String>)) -> Guarded {
    assert!(black_box(now(service.call(black_box(request)))).is_ok());
    service
}

library_benchmark_group!(name = ways, benchmarks = [verify, layer]);
main!(library_benchmark_groups = ways);
