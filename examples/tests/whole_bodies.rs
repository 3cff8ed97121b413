//! Whole MCP bodies to the layer in front of a real rmcp service, in a separate process: a body
//! that ends the process is a finding, and no panic handler would see it.
//!
//! | variable | meaning |
//! |---|---|
//! | `FUZZ_SECONDS` | how long bodies are sent; default: 1 s |
//! | `FUZZ_ROUND` | the round to begin with; default 0 |
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    missing_docs,
    reason = "a failure here is the test's failure, and its report is for people"
)]

#[path = "../../auth-core/fuzz/driver.rs"]
#[allow(dead_code, reason = "other test binaries use the rest")]
mod driver;

use std::process::{Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use auth_core::layer::{AuthLayer, AuthService};
use auth_core::policy::OperationPolicy;
use auth_core::provider::{ProtectedResourceMetadata, PublicUrl, ResourceServer};
use auth_core::support::async_trait;
use auth_core::token::{Scopes, VerifiedToken};
use auth_core::verifier::{TokenVerifier, VerifyError, VerifyRequest};

use examples::server::server_spec;
use examples::server::tools::Notes;
use http::Request;
use http_body_util::{BodyExt, Full};
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use tower::{Layer, ServiceExt};

/// The variable that selects the job of the child process.
const CHILD: &str = "WHOLE_BODIES_CHILD";

/// Takes every token.
#[derive(Debug)]
struct Anyone;

#[async_trait]
impl TokenVerifier for Anyone {
    async fn verify(&self, request: VerifyRequest<'_>) -> Result<VerifiedToken, VerifyError> {
        let expires_at = request.now() + Duration::from_secs(600);
        let scopes = Scopes::granted(["notes:read", "notes:write"]);
        Ok(
            VerifiedToken::assertion("https://id.example.com", "usr_1", expires_at)
                .with_scopes(scopes),
        )
    }
}

type Service = AuthService<StreamableHttpService<Notes, LocalSessionManager>>;

/// The notes behind the layer, or behind one that looks at no body.
fn service(checks: bool) -> Service {
    let resource = PublicUrl::parse("http://localhost/mcp").unwrap();
    let metadata = ProtectedResourceMetadata::new(resource, ["https://id.example.com"]);
    let notes = server_spec::notes().unwrap();
    let server = notes.server;
    let rmcp = StreamableHttpService::new(
        move || Ok(server()),
        Arc::new(LocalSessionManager::default()),
        StreamableHttpServerConfig::default(),
    );
    let layer = AuthLayer::builder(ResourceServer::new(Anyone, metadata));
    let layer = if checks {
        // Headers that are believed must not be a way around the check.
        let operations = OperationPolicy::builder().inner_service_compares_headers();
        layer.operations(operations.build().unwrap()).check_bodies()
    } else {
        layer
    };
    layer.build().unwrap().layer(rmcp)
}

async fn post(service: &Service, body: Vec<u8>, new: bool) -> u16 {
    let mut request = Request::post("/mcp")
        .header("host", "localhost")
        .header("authorization", "Bearer a")
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream");
    if new {
        request = request
            .header("mcp-protocol-version", "2026-07-28")
            .header("mcp-method", "tools/call")
            .header("mcp-name", "echo");
    }
    let request = request.body(Full::from(body)).unwrap();
    let service = service.clone();
    let answer = async {
        let response = service.oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let _ = response.into_body().collect().await;
        status
    };
    // A stream of an answer may stay open.
    tokio::time::timeout(Duration::from_millis(200), answer)
        .await
        .unwrap_or_default()
}

/// A call whose arguments hold a text that holds a text, each nested as deeply as a parser allows.
fn hidden(rounds: usize) -> Vec<u8> {
    let nest = |inside: &str| format!("{}{inside}{}", "[".repeat(110), "]".repeat(110));
    let text = (0..rounds).fold("1".to_owned(), |inside, _| {
        let hidden = inside.replace('\\', r"\u005c").replace('"', r"\u0022");
        nest(&format!(
            r#"{{"$serde_json::private::RawValue":"{hidden}"}}"#
        ))
    });
    call(&text)
}

/// A call of the revision without sessions.
fn call(message: &str) -> Vec<u8> {
    let meta = r#""_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"x","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}}"#;
    format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{{meta},"name":"echo","arguments":{{"message":{message}}}}}}}"#
    )
    .into_bytes()
}

fn seeds() -> Vec<Vec<u8>> {
    let plain = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"message":"hi"}}}"#;
    let list = r#"{"jsonrpc":"2.0","id":"a","method":"tools/list","params":{"_meta":{"x":[1,2.5,{"y":null}]}}}"#;
    let initialize = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"x","version":"1"}}}"#;
    let batch = format!("[{plain},{list}]");
    let deep = plain.replace(
        "\"hi\"",
        &format!("{}1{}", "[".repeat(120), "]".repeat(120)),
    );
    [plain, list, initialize, &batch, &deep]
        .iter()
        .map(|text| text.as_bytes().to_vec())
        .chain([call("\"hi\""), hidden(1), hidden(3), hidden(40)])
        .collect()
}

/// The child process. The tests below run it; by itself it does nothing.
#[tokio::test]
async fn child() {
    let number = |name: &str| std::env::var(name).ok()?.parse::<u64>().ok();
    match std::env::var(CHILD).as_deref() {
        Ok("unchecked") => {
            println!("answered {}", post(&service(false), hidden(40), true).await);
        }
        Ok("hidden") => {
            let service = service(true);
            for rounds in [1, 2, 10, 40] {
                for new in [false, true] {
                    assert_eq!(post(&service, hidden(rounds), new).await, 400);
                }
            }
            assert_eq!(
                post(&service, call("\"hi\""), true).await,
                200,
                "the control"
            );
        }
        Ok("fuzz") => {
            let service = service(true);
            let seeds = seeds();
            let seconds = number("FUZZ_SECONDS").unwrap_or(1);
            let first = number("FUZZ_ROUND").unwrap_or(0);
            let (begun, mut round) = (Instant::now(), first);
            while begun.elapsed() < Duration::from_secs(seconds) {
                // So that the last line names the round that ended the process.
                println!("round {round}");
                let body = driver::input(&seeds, round);
                post(&service, body, round % 2 == 0).await;
                round += 1;
            }
            println!("{} bodies in {seconds} s", round - first);
        }
        _ => {}
    }
}

/// Runs the child; how it ended, and the last line that it printed.
fn run(what: &str) -> (ExitStatus, String) {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child", "--nocapture", "--test-threads=1"])
        .env(CHILD, what)
        // As in a server: a thread of tokio has 2 MiB.
        .env("RUST_MIN_STACK", "2097152")
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let mut lines = text.lines().filter(|line| {
        line.starts_with("round ") || line.starts_with("answered ") || line.contains(" bodies in ")
    });
    let last = lines.next_back().unwrap_or_default().to_owned();
    (output.status, last)
}

/// What the check is for: this build has serde_json's `raw_value` on, as every build does that has
/// axum's `json`.
#[cfg(unix)]
#[test]
fn without_the_check_one_body_ends_the_process() {
    use std::os::unix::process::ExitStatusExt;
    let (status, last) = run("unchecked");
    assert!(status.signal().is_some(), "it survived: {last}");
}

#[test]
fn with_the_check_the_same_body_is_refused() {
    let (status, _) = run("hidden");
    assert!(status.success(), "{status}");
}

#[test]
fn no_body_ends_the_process() {
    let (status, last) = run("fuzz");
    assert!(status.success(), "{status} at {last}; see FUZZ_ROUND");
    assert!(last.contains(" bodies in "), "{last}");
    println!("{last}");
}
