//! The cost of the layer for an admitted request, with warm caches: a token that is
//! known, session binding, rules about operations.
//!
//! `cargo bench -p auth-scalekit --bench overhead`. One thread, both services in turn, so that a
//! busy machine slows both alike; medians of the rounds, processor time.
//!
//! * `headers_2026`: the operation is named by headers, and there are no sessions any more. The aim
//!   is 3 us at the most.
//! * `headers_2026_sealed`: the same with a server that hands out a session id nevertheless.
//! * `session_2025`: the session is in the headers, in both directions, and the operation in the
//!   body.
//!
//! Medians on a 2-core machine: 0.92 us and 3 allocations, 1.26 us and 4, 2.22 us and 8. Nothing on
//! the request path is boxed when the headers name the operation; the three allocations are the table of the
//! extensions, its entry and the value.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a bench, whose report is for people"
)]

#[path = "shared/spread.rs"]
#[allow(dead_code, reason = "there is no ratio here")]
mod spread;

use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Waker};
use std::time::{Duration, Instant};

use auth_core::layer::AuthLayer;
use auth_core::operation::RequestBody;
use auth_core::policy::{OperationPolicy, RequireScopes};
use auth_scalekit::ScalekitProvider;
use auth_testkit::MockScalekit;
use http::{HeaderMap, Request, Response};
use tower::{Layer, Service, ServiceExt};

const URL: &str = "http://localhost:8000/mcp";
const ROUNDS: usize = 301;
const REQUESTS: u32 = 2_000;

/// Whether the inner service answers with a session id.
static GIVES_SESSIONS: AtomicBool = AtomicBool::new(true);

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let scalekit = MockScalekit::builder().resource_url(URL).start().await;
    let provider =
        ScalekitProvider::builder(scalekit.environment_url(), scalekit.resource_id(), URL)
            .required_scopes(["notes:read"])
            .build()
            .unwrap();
    let operations = OperationPolicy::builder()
        .tool("add", RequireScopes::new(["notes:write"]).unwrap())
        .tool("delete_*", RequireScopes::new(["notes:admin"]).unwrap())
        .inner_service_compares_headers();
    let layer = AuthLayer::builder(provider)
        .operations(operations.build().unwrap())
        .build()
        .unwrap();
    let token = scalekit
        .token()
        .scopes(["notes:read", "notes:write"])
        .sign();
    let plain = tower::service_fn(answer::<String>);
    let guarded = layer.layer(tower::service_fn(answer::<RequestBody<String>>));

    let mut headers = HeaderMap::new();
    for (name, value) in [
        ("host", "localhost:8000"),
        ("accept", "application/json, text/event-stream"),
        ("content-type", "application/json"),
        ("authorization", &format!("Bearer {token}")),
        ("mcp-method", "tools/call"),
        ("mcp-name", "add"),
        ("mcp-protocol-version", "2026-07-28"),
    ] {
        headers.insert(http::HeaderName::from_static(name), value.parse().unwrap());
    }
    // The other wire: no operation in the headers, a session instead, and a body to look into.
    let mut session = headers.clone();
    session.remove("mcp-method");
    session.remove("mcp-name");
    session.insert("mcp-protocol-version", "2025-11-25".parse().unwrap());
    let begun = send(&mut guarded.clone(), &session).await;
    session.insert("mcp-session-id", begun.headers()["mcp-session-id"].clone());

    println!(
        "{ROUNDS} rounds of {REQUESTS} requests each, a token of {} bytes",
        token.len()
    );
    for (name, headers, sessions) in [
        ("headers_2026", &headers, false),
        ("headers_2026_sealed", &headers, true),
        ("session_2025", &session, true),
    ] {
        GIVES_SESSIONS.store(sessions, Ordering::Relaxed);
        assert_eq!(send(&mut guarded.clone(), headers).await.status(), 200);
        let mut costs = Vec::new();
        for _ in 0..ROUNDS {
            let bare = round(&mut plain.clone(), headers).await;
            let layered = round(&mut guarded.clone(), headers).await;
            let more = layered.as_nanos() as f64 - bare.as_nanos() as f64;
            costs.push(more / f64::from(REQUESTS) / 1000.0);
        }
        let (median, low, high) = spread::spread(costs);
        let more =
            allocations(&mut guarded.clone(), headers) - allocations(&mut plain.clone(), headers);
        println!("overhead {name} {median:.2} us ({low:.2}..{high:.2}), {more} allocations");
    }
}

/// The processor time of this thread, where the operating system reports it; else wall-clock time.
fn processor_time() -> Duration {
    static BEGUN: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    // The kernel updates it when the thread yields, and otherwise at every tick.
    std::thread::yield_now();
    let reported = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanos = reported.and_then(|text| text.split(' ').next()?.parse().ok());
    nanos.map_or_else(
        || BEGUN.get_or_init(Instant::now).elapsed(),
        Duration::from_nanos,
    )
}

/// The time of [`REQUESTS`] requests.
async fn round<S, R>(service: &mut S, headers: &HeaderMap) -> Duration
where
    S: Service<Request<String>, Response = Response<R>, Error = Infallible>,
{
    let begun = processor_time();
    for _ in 0..REQUESTS {
        std::hint::black_box(send(service, headers).await);
    }
    processor_time().saturating_sub(begun)
}

/// The number of allocations of one request.
fn allocations<S, R>(service: &mut S, headers: &HeaderMap) -> u64
where
    S: Service<Request<String>, Response = Response<R>, Error = Infallible>,
{
    let counted = allocation_counter::measure(|| {
        let sent = std::pin::pin!(send(service, headers));
        let polled = sent.poll(&mut Context::from_waker(Waker::noop()));
        assert!(polled.is_ready());
    });
    counted.count_total
}

async fn send<S, R>(service: &mut S, headers: &HeaderMap) -> Response<R>
where
    S: Service<Request<String>, Response = Response<R>, Error = Infallible>,
{
    let body = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"add","arguments":{"a":1,"b":2}}}"#;
    let mut request = Request::post("/mcp").body(body.to_owned()).unwrap();
    *request.headers_mut() = headers.clone();
    service.ready().await.unwrap().call(request).await.unwrap()
}

async fn answer<B>(_: Request<B>) -> Result<Response<String>, Infallible> {
    let mut response = Response::new(String::new());
    if GIVES_SESSIONS.load(Ordering::Relaxed) {
        let id = http::HeaderValue::from_static("0f0d4bdc-3c5c-4bd2-a7f7-1f0f1d8f7d0a");
        response.headers_mut().insert("mcp-session-id", id);
    }
    Ok(response)
}
