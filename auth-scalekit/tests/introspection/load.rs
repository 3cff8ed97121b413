//! Strangers who send the worst tokens that they know as fast as they can, and callers with good
//! ones, at the layer as a server has it. Counted is who is answered 200; the counts are printed.
//!
//! In real time, for as many seconds as the environment variable says.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use auth_core::layer::AuthLayer;
use auth_core::operation::RequestBody;
use auth_core::provider::{ProtectedResourceMetadata, PublicUrl, ResourceServer};
use auth_scalekit::introspection::{Caching, ClientAuthentication, IntrospectionVerifier};
use http::header::{AUTHORIZATION, RETRY_AFTER};
use http::{Request, Response, StatusCode};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tower::util::BoxCloneSyncService;
use tower::{Layer, ServiceExt};

use crate::endpoint::{Endpoint, Reply, json as json_reply, reply};
use crate::pair::{AUDIENCE, ISSUER};

/// Set it to 60 for the whole load, in a release build.
const SECONDS: &str = "AUTH_SCALEKIT_LOAD_SECONDS";
const SHORT: u64 = 3;
/// Each sends one request after the other. At any time 80 of them may wait for a call that hangs, or
/// for a place; in a debug build the others would keep the machine from all else.
const STRANGERS: u64 = if cfg!(debug_assertions) { 150 } else { 300 };
/// Callers whose tokens have been accepted before the load.
const KNOWN: usize = 20;
const PAUSE: Duration = Duration::from_millis(20);
/// The time between two callers who come for the first time.
const NEW_EVERY: Duration = Duration::from_millis(100);
/// How often such a caller tries, with `Retry-After` between.
const TRIES: usize = 3;
/// How long the endpoint takes for a token that it knows, or that is plain garbage.
const LATENCY: Duration = Duration::from_millis(20);
const MAX_GROWTH: u64 = 16 * 1024 * 1024;

type Server = BoxCloneSyncService<Request<String>, Response<String>, std::convert::Infallible>;

fn good() -> Value {
    json!({"active": true, "iss": ISSUER, "aud": AUDIENCE, "sub": "usr_1", "scope": "notes:read"})
}

fn late(reply: Reply) -> Reply {
    match reply {
        Reply::Bytes(bytes) => Reply::Late(LATENCY, bytes),
        other => other,
    }
}

/// How the endpoint answers, by the first letters of a token.
fn script(token: &str) -> Reply {
    let html = "content-type: text/html\r\n";
    match token.split('-').next().unwrap_or_default() {
        "good" => late(json_reply("200 OK", &good().to_string())),
        ".." => reply("403 Forbidden", html, "<html>blocked</html>"),
        "oops" => reply("500 Internal Server Error", "", ""),
        "slow" => Reply::Silence,
        "reset" => Reply::Reset,
        "many" => reply("429 Too Many Requests", "retry-after: 99999999\r\n", ""),
        "large" => json_reply("200 OK", &format!("{:?}", "x".repeat(70 * 1024))),
        "broken" => json_reply("200 OK", r#"{"active":tru"#),
        "deep" => json_reply("200 OK", &"[".repeat(60_000)),
        "elsewhere" => reply("302 Found", "location: /elsewhere\r\n", ""),
        _ => late(json_reply("200 OK", r#"{"active":false}"#)),
    }
}

/// What a stranger sends next: each kind of token once as the same again and again, and once as
/// another one each time.
fn hostile(number: u64) -> String {
    const KINDS: [&str; 10] = [
        "..",
        "oops",
        "slow",
        "reset",
        "many",
        "large",
        "broken",
        "deep",
        "elsewhere",
        "garbage",
    ];
    let kind = usize::try_from(number % 13).unwrap();
    match (KINDS.get(kind), number % 2) {
        (Some(kind), 0) => format!("{kind}-again"),
        (Some(kind), _) => format!("{kind}-{number}"),
        (None, 0) => "x".repeat(400 * 1024),
        // As long as a token may be, so that what is kept of it is as much as can be.
        (None, _) => format!("{number}-{}", "x".repeat(8 * 1024 - 24)),
    }
}

async fn send(server: &Server, token: &str) -> Response<String> {
    let request = Request::post("/mcp")
        .header(AUTHORIZATION, format!("Bearer {token}"))
        .body(String::new())
        .unwrap();
    server.clone().oneshot(request).await.unwrap()
}

/// An endpoint on a separate thread, as if on another machine.
async fn endpoint() -> Endpoint {
    let (sender, receiver) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let _ = sender.send(Endpoint::start(script).await);
            std::future::pending::<()>().await;
        });
    });
    receiver.await.unwrap()
}

fn server(endpoint: &Endpoint) -> Server {
    let url = format!("{}/introspect", endpoint.origin());
    let verifier = IntrospectionVerifier::builder(ISSUER, [AUDIENCE], url)
        .client_authentication(ClientAuthentication::Basic {
            id: "mcp".into(),
            secret: "s3cr3t".into(),
        })
        // So that known tokens need calls, too.
        .caching(Caching::new().ttl(Duration::from_millis(500)))
        .build()
        .unwrap();
    let resource = PublicUrl::parse(AUDIENCE).unwrap();
    let metadata = ProtectedResourceMetadata::new(resource, [ISSUER]);
    let layer = AuthLayer::new(ResourceServer::new(verifier, metadata)).unwrap();
    let inner = tower::service_fn(|_: Request<RequestBody<String>>| async {
        Ok::<_, std::convert::Infallible>(Response::new(String::new()))
    });
    let service = layer.layer(inner);
    BoxCloneSyncService::new(tower::service_fn(move |request| {
        let service = service.clone();
        async move {
            let response = service.oneshot(request).await?;
            Ok(response.map(|_| String::new()))
        }
    }))
}

/// What this process holds in memory, in bytes; zero where that is not known.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kib.unwrap_or_default() * 1024
}

/// Sends hostile tokens until it is over; returns how often each status was the answer.
async fn stranger(server: Server, numbers: Arc<AtomicU64>, end: Instant) -> BTreeMap<u16, u64> {
    let mut statuses = BTreeMap::new();
    while Instant::now() < end {
        let number = numbers.fetch_add(1, Ordering::Relaxed);
        let response = send(&server, &hostile(number)).await;
        *statuses.entry(response.status().as_u16()).or_default() += 1;
        // An answer may come without any wait, and the others have a right to the thread.
        tokio::task::yield_now().await;
    }
    statuses
}

/// The same good token again and again.
async fn known_caller(server: Server, token: String, end: Instant) -> BTreeMap<u16, u64> {
    let mut statuses = BTreeMap::new();
    while Instant::now() < end {
        let response = send(&server, &token).await;
        *statuses.entry(response.status().as_u16()).or_default() += 1;
        tokio::time::sleep(PAUSE).await;
    }
    statuses
}

/// A good token that was never seen, until it is accepted; returns at which try it was.
async fn new_caller(server: Server, token: String) -> Option<usize> {
    for number in 1..=TRIES {
        let response = send(&server, &token).await;
        match response.status() {
            StatusCode::OK => return Some(number),
            StatusCode::SERVICE_UNAVAILABLE => {
                let wait = response.headers().get(RETRY_AFTER).unwrap();
                let wait = wait.to_str().unwrap().parse().unwrap();
                tokio::time::sleep(Duration::from_secs(wait)).await;
            }
            status => panic!("{token}: {status}"),
        }
    }
    None
}

fn add(sum: &mut BTreeMap<u16, u64>, statuses: BTreeMap<u16, u64>) {
    for (status, number) in statuses {
        *sum.entry(status).or_default() += number;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn good_tokens_are_accepted_while_strangers_send_the_worst() {
    let seconds = std::env::var(SECONDS).map_or(SHORT, |seconds| seconds.parse().unwrap());
    let endpoint = endpoint().await;
    let server = server(&endpoint);
    for n in 0..KNOWN {
        let response = send(&server, &format!("good-{n}")).await;
        assert_eq!(response.status(), StatusCode::OK, "the control");
    }
    let before = resident();
    let (started, numbers) = (Instant::now(), Arc::new(AtomicU64::new(0)));
    let end = started + Duration::from_secs(seconds);
    let mut strangers = JoinSet::new();
    for _ in 0..STRANGERS {
        strangers.spawn(stranger(server.clone(), Arc::clone(&numbers), end));
    }
    let mut known_callers = JoinSet::new();
    for n in 0..KNOWN {
        known_callers.spawn(known_caller(server.clone(), format!("good-{n}"), end));
    }
    let mut new_callers = JoinSet::new();
    let (mut new, mut new_accepted_at) = (0, BTreeMap::new());
    while Instant::now() < end {
        new_callers.spawn(new_caller(server.clone(), format!("good-new{new}")));
        new += 1;
        tokio::time::sleep(NEW_EVERY).await;
        while let Some(number) = new_callers.try_join_next() {
            *new_accepted_at.entry(number.unwrap()).or_insert(0) += 1;
        }
    }
    let growth = resident().saturating_sub(before);

    let (mut to_strangers, mut to_known) = (BTreeMap::new(), BTreeMap::new());
    for statuses in known_callers.join_all().await {
        add(&mut to_known, statuses);
    }
    for statuses in strangers.join_all().await {
        add(&mut to_strangers, statuses);
    }
    for number in new_callers.join_all().await {
        *new_accepted_at.entry(number).or_insert(0) += 1;
    }
    println!(
        "{seconds} s: {} tokens of strangers, answered {to_strangers:?}; known tokens answered \
         {to_known:?}; new good tokens accepted at these tries {new_accepted_at:?}; {} calls; \
         memory grew by {} KiB",
        numbers.load(Ordering::Relaxed),
        endpoint.calls(),
        growth / 1024
    );
    let answered: Vec<_> = to_known.keys().copied().collect();
    assert_eq!(answered, [200], "{to_known:?}");
    assert!(!new_accepted_at.contains_key(&None), "{new_accepted_at:?}");
    assert!(!to_strangers.contains_key(&200), "{to_strangers:?}");
    assert!(growth < MAX_GROWTH, "{growth} bytes");
}
