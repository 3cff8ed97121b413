//! Strangers send the worst that is known as fast as they can while callers send good requests: for a
//! JWT verifier and for introspection, over loopback. Counted by success, not timed.
//!
//! `just mixed-load` runs it optimized for a minute each; `MIXED_LOAD_SECONDS` is how long, default
//! 1 s.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    missing_docs,
    reason = "a failure here is the test's failure, and its report is for people"
)]

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use auth_core::audit::{JsonLines, Queued};
use auth_core::layer::AuthLayer;
use auth_core::policy::{OperationPolicy, RequireScopes};
use auth_core::provider::{AuthProvider, ProtectedResourceMetadata, PublicUrl, ResourceServer};
use auth_core::token::Scopes;
use auth_scalekit::ScalekitProvider;
use auth_scalekit::introspection::{ClientAuthentication, IntrospectionVerifier};
use auth_testkit::{Client, MockScalekit};
use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use examples::server::{Listening, serve, server_spec};
use reqwest::{Client as Http, RequestBuilder};
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

const SECRET: &str = "not a secret of anybody";

/// By how much the memory of the process may grow, strangers and callers included.
const MAX_GROWTH: u64 = 16 * 1024 * 1024;

fn duration() -> Duration {
    let seconds = std::env::var("MIXED_LOAD_SECONDS").ok();
    let seconds = seconds.and_then(|seconds| seconds.parse().ok());
    Duration::from_secs_f64(seconds.unwrap_or(1.0))
}

/// The notes with something public, and an audit file.
async fn start(listening: Listening, provider: impl AuthProvider, audit: &Path) -> JoinSet<()> {
    let notes = server_spec::notes().unwrap();
    let server = notes.server;
    let config = StreamableHttpServerConfig::default();
    let sessions = Arc::new(LocalSessionManager::default());
    let rmcp = StreamableHttpService::new(move || Ok(server()), sessions, config);
    let operations = OperationPolicy::builder()
        .tool("notes_add", RequireScopes::new(["notes:write"]).unwrap())
        .public_tool("echo")
        .build()
        .unwrap();
    let file = JsonLines::builder(audit)
        .max_bytes(64 * 1024 * 1024)
        .open()
        .unwrap();
    let layer = AuthLayer::builder(provider)
        .operations(operations)
        .check_bodies()
        .audit(Queued::new(file, 10_000).unwrap())
        .build()
        .unwrap();
    let router = Router::new().route_service("/mcp", rmcp);
    let guarded = auth_core::axum::protect(router, &layer);
    let app = Router::new().fallback_service(guarded.into_service());
    let mut serving = JoinSet::new();
    serving.spawn(async move { serve(listening, app, std::future::pending()).await.unwrap() });
    serving
}

fn call(tool: &str, arguments: &Value) -> String {
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": {"name": "x", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let params = json!({"_meta": meta, "name": tool, "arguments": arguments});
    json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}).to_string()
}

fn post(http: &Http, url: &str, tool: &str) -> RequestBuilder {
    http.post(url)
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream")
        .header("mcp-protocol-version", "2026-07-28")
        .header("mcp-method", "tools/call")
        .header("mcp-name", tool)
}

/// A text that hides a text, each nested as deeply as a parser allows.
fn hidden() -> String {
    (0..40).fold("1".to_owned(), |inside, _| {
        let hidden = inside.replace('\\', r"\u005c").replace('"', r"\u0022");
        let member = format!(r#"{{"$serde_json::private::RawValue":"{hidden}"}}"#);
        format!("{}{member}{}", "[".repeat(110), "]".repeat(110))
    })
}

/// What strangers send, one kind after another.
fn hostile(http: &Http, url: &str, number: u64, scalekit: &MockScalekit) -> RequestBuilder {
    let echo = || post(http, url, "echo");
    let body = |arguments: &str| call("echo", &json!(7)).replace("\"arguments\":7", arguments);
    let hostile = |text: &str| body(&format!("\"arguments\":{text}"));
    match number % 11 {
        // A body that would exhaust the stack of a parser, where a tool is public.
        0 => echo().body(hostile(&hidden())),
        1 => echo().body(hostile(&"[".repeat(60_000))),
        // As long as a stranger's may be, and longer.
        2 => echo().body(hostile(&format!("\"{}\"", "x".repeat(60_000)))),
        3 => echo().body(hostile(&format!("\"{}\"", "x".repeat(200_000)))),
        // No token at all.
        4 => post(http, url, "notes_add").body(call("notes_add", &json!({"text": "x"}))),
        // A token that firewalls before an issuer dislike, and others that are none.
        5 => post(http, url, "notes_add").bearer_auth("../../../../etc/passwd"),
        6 => post(http, url, "notes_add").bearer_auth(format!("garbage-{number}")),
        7 => post(http, url, "notes_add").bearer_auth("x".repeat(60_000)),
        // A key that no key set has, so that it has to be looked for.
        8 => {
            let token = scalekit.token().header("kid", format!("k{number}")).sign();
            post(http, url, "notes_add").bearer_auth(token)
        }
        // Events of another session, and headers that contradict each other.
        9 => http
            .get(url)
            .header("last-event-id", "0/0")
            .header("mcp-protocol-version", "2026-07-28")
            .header("mcp-protocol-version", "2025-11-25"),
        // Names and pages that may not call.
        _ => echo()
            .header("origin", "https://evil.example")
            .body(hostile("{}")),
    }
}

/// Connections whose bodies begin and never end.
async fn hold_bodies(address: SocketAddr, count: usize) -> Vec<TcpStream> {
    let mut held = Vec::new();
    for _ in 0..count {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let head = format!(
            "POST /mcp HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\n\
             content-length: 65000\r\n\r\n{}",
            "x".repeat(60_000)
        );
        // A server that has enough of them closes them.
        let _ = stream.write_all(head.as_bytes()).await;
        held.push(stream);
    }
    held
}

/// The memory of this process, in bytes.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kilobytes.unwrap_or_default() * 1024
}

/// Runs both at once, and says what came of it.
async fn mixed(
    name: &str,
    url: &str,
    scalekit: &Arc<MockScalekit>,
    audit: &Path,
    server: JoinSet<()>,
) {
    let http = Http::builder().no_proxy().build().unwrap();
    let (sent, admitted) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let good = |scalekit: Arc<MockScalekit>, http: Http, url: String, admitted: Arc<AtomicU64>| async move {
        for round in 0.. {
            // Now and then a new token, as after a refresh.
            let token = scalekit
                .token()
                .scopes(["notes:read", "notes:write"])
                .sign();
            for _ in 0..20 {
                let note = json!({"text": format!("note {round}")});
                let request = post(&http, &url, "notes_add").bearer_auth(&token);
                let answer = request.body(call("notes_add", &note)).send().await.unwrap();
                let status = answer.status();
                let body = answer.text().await.unwrap();
                assert_eq!(status, 200, "a good request: {body}");
                admitted.fetch_add(1, Ordering::SeqCst);
            }
        }
    };
    // Warm: connections, caches, the allocator's own.
    let mut callers = JoinSet::new();
    for _ in 0..2 {
        callers.spawn(good(
            Arc::clone(scalekit),
            http.clone(),
            url.to_owned(),
            Arc::clone(&admitted),
        ));
    }
    let mut strangers = JoinSet::new();
    for stranger in 0..8_u64 {
        let (scalekit, http) = (Arc::clone(scalekit), http.clone());
        let (url, sent) = (url.to_owned(), Arc::clone(&sent));
        strangers.spawn(async move {
            for number in 0_u64.. {
                let number = number * 8 + stranger;
                let request = hostile(&http, &url, number, &scalekit);
                // A connection that the server ends is an answer too.
                if let Ok(answer) = request.send().await {
                    // The long one is for a public tool, and no more than long.
                    let allowed = number % 11 == 2 || answer.status() != 200;
                    assert!(allowed, "request {number} of a stranger was admitted");
                    assert_ne!(answer.status(), 500, "request {number} of a stranger");
                }
                sent.fetch_add(1, Ordering::SeqCst);
            }
        });
    }
    let address = url.trim_start_matches("http://").trim_end_matches("/mcp");
    let address = tokio::net::lookup_host(address)
        .await
        .unwrap()
        .next()
        .unwrap();
    let held = hold_bodies(address, 200).await;
    let begun = Instant::now();
    let warm = duration().mul_f64(0.25);
    tokio::time::sleep(warm).await;
    let before = resident();
    tokio::time::sleep(duration().saturating_sub(warm)).await;
    let grown = resident().saturating_sub(before);
    // A caller that failed has ended.
    assert!(
        callers.try_join_next().is_none(),
        "{name}: a caller was refused"
    );
    assert!(
        strangers.try_join_next().is_none(),
        "{name}: a stranger was admitted"
    );
    let seconds = begun.elapsed().as_secs_f64();
    callers.shutdown().await;
    strangers.shutdown().await;
    drop((held, server));
    // The queue is written when the layer is dropped, with the last connection.
    let admitted = admitted.load(Ordering::SeqCst);
    let mut written = 0;
    for _ in 0..500 {
        tokio::time::sleep(Duration::from_millis(20)).await;
        let lines = std::fs::read_to_string(audit).unwrap();
        let outcomes = lines
            .lines()
            .filter(|line| line.contains(r#""auth.decision":"admitted""#));
        written = outcomes.count() as u64;
        if written >= admitted {
            break;
        }
    }
    let sent = sent.load(Ordering::SeqCst);
    println!(
        "{name}: {sent} hostile and {admitted} good requests in {seconds:.0} s, all good ones \
         answered 200, {written} in the audit file, memory grew by {grown} bytes"
    );
    assert!(admitted > 0 && sent > 0, "{name}: {admitted} {sent}");
    // One may have been under way when the callers ended.
    assert!(
        (admitted..=admitted + 2).contains(&written),
        "{name}: {admitted} {written}"
    );
    assert!(grown < MAX_GROWTH, "{name}: memory grew by {grown} bytes");
}

/// The introspection endpoint behind a firewall that answers by itself what it dislikes; the URL of
/// both.
async fn firewalled(endpoint: String) -> String {
    let http = Http::builder().no_proxy().build().unwrap();
    let forward = async move |headers: HeaderMap, body: String| {
        if body.contains("..%2F") {
            let page = [("content-type", "text/html")];
            return (StatusCode::FORBIDDEN, page, "<h1>Forbidden</h1>".to_owned());
        }
        let request = http.post(&endpoint).body(body);
        let request = ["authorization", "content-type"]
            .iter()
            .fold(request, |request, name| {
                let value = headers.get(*name).cloned();
                value
                    .into_iter()
                    .fold(request, |request, value| request.header(*name, value))
            });
        let answer = request.send().await.unwrap();
        let json = [("content-type", "application/json")];
        (answer.status(), json, answer.text().await.unwrap())
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().route("/introspect", axum::routing::post(forward));
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    format!("http://{address}/introspect")
}

async fn listen() -> Listening {
    let any_port = PublicUrl::parse("http://127.0.0.1:0/mcp").unwrap();
    Listening::bind(&any_port, None).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn good_callers_of_a_jwt_verifier_are_served() {
    let folder = tempfile::tempdir().unwrap();
    let audit = folder.path().join("audit.jsonl");
    let listening = listen().await;
    let url = listening.url().to_owned();
    let scalekit = Arc::new(MockScalekit::builder().resource_url(&url).start().await);
    let provider =
        ScalekitProvider::builder(scalekit.environment_url(), scalekit.resource_id(), &url)
            .required_scopes(["notes:read"])
            .build()
            .unwrap();
    let server = start(listening, provider, &audit).await;
    mixed("jwt", &url, &scalekit, &audit, server).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn good_callers_of_introspection_are_served() {
    let folder = tempfile::tempdir().unwrap();
    let audit = folder.path().join("audit.jsonl");
    let listening = listen().await;
    let url = listening.url().to_owned();
    let scalekit = Arc::new(MockScalekit::builder().resource_url(&url).start().await);
    let client = scalekit.register_client(Client::confidential("m2m_7", SECRET));
    let verifier = IntrospectionVerifier::builder(
        scalekit.environment_url(),
        [scalekit.resource_id()],
        firewalled(format!("{}/oauth/introspect", scalekit.environment_url())).await,
    )
    .client_authentication(ClientAuthentication::Basic {
        id: client,
        secret: SECRET.into(),
    })
    .build()
    .unwrap();
    let resource = PublicUrl::parse(&url).unwrap();
    let metadata = ProtectedResourceMetadata::new(resource, [scalekit.issuer()]);
    let provider = ResourceServer::new(verifier, metadata)
        .with_required_scopes(Scopes::new(["notes:read"]).unwrap());
    let server = start(listening, provider, &audit).await;
    mixed("introspection", &url, &scalekit, &audit, server).await;
}
